#include "journals.h"

#include <stdlib.h>

#include "diag.h"
#include "timestamp.h"

/* Go to the line before in one of them. */
static void
advance(struct journals_part *part)
{
	const struct json_span *at = &part->in.at_hand.member[EXECUTION_AT];

	part->has_line = journal_back_next(&part->in);
	if (!part->has_line)
		return;
	part->has_time = at->type == JSON_STRING;
	if (part->has_time) {
		int64_t ms;

		part->has_time = timestamp_parse(at->p, at->len, &ms) == 0;
		part->at_ms = part->has_time ? ms : part->at_ms;
	}
}

void
journals_open(struct journals *j, const char *const *names, size_t n)
{
	*j = (struct journals){.parts = calloc(n + 1, sizeof(*j->parts))};
	idset_init(&j->seen);
	if (j->parts == NULL) {
		diag("out of memory");
		j->failed = true;
		return;
	}
	for (; j->n < n; j->n++) {
		struct journals_part *part = &j->parts[j->n];

		part->at_ms = INT64_MAX;
		journal_back_open(&part->in, names[j->n]);
		advance(part);
	}
}

void
journals_close(struct journals *j)
{
	for (size_t i = 0; i < j->n; i++)
		journal_back_close(&j->parts[i].in);
	free(j->parts);
	idset_release(&j->seen);
}

/* The one with the newest line, the first of several; NULL if no line is left. */
static struct journals_part *
newest(struct journals *j)
{
	struct journals_part *found = NULL;

	for (size_t i = 0; i < j->n; i++) {
		struct journals_part *part = &j->parts[i];

		if (part->has_line && (found == NULL || part->at_ms > found->at_ms))
			found = part;
	}
	return found;
}

const struct journals_part *
journals_next(struct journals *j)
{
	if (j->taken != NULL)
		advance(j->taken);
	while (!j->failed && (j->taken = newest(j)) != NULL) {
		const struct json_span *id = &j->taken->in.at_hand.member[EXECUTION_ID];
		const int is_new = idset_add(&j->seen, id->p, id->len);

		if (is_new > 0)
			return j->taken;
		if (is_new < 0) {
			diag("out of memory");
			j->failed = true;
		} else {
			advance(j->taken);
		}
	}
	return NULL;
}

int
journals_status(const struct journals *j)
{
	int status = j->failed ? EXIT_IO : EXIT_DONE;

	for (size_t i = 0; i < j->n; i++)
		if (j->parts[i].in.status > status)
			status = j->parts[i].in.status;
	return status;
}
