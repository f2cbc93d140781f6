#include "regexes.h"

#include <oniguruma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define KEPT 256          /* recent texts, a power of two */
#define KEPT_TEXT_MAX 256 /* bytes; longer texts are searched every time */
#define STEPS_MAX 1000000 /* of one search: about 10 ms */

/* A recent text and what it matched. */
struct kept {
	char *text; /* owned; NULL: free */
	size_t len, n;
	size_t asked;  /* how many expressions there were */
	uint32_t *ids; /* owned */
};

struct regexes {
	struct names names; /* of expressions: their numbers */
	regex_t **list;
	size_t size;
	struct kept kept[KEPT];
	uint32_t *scratch;
	int64_t gave_up; /* one that did since it was last asked for, or -1 */
};

struct regexes *
regexes_new(void)
{
	struct regexes *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->gave_up = -1;
	return r;
}

void
regexes_free(struct regexes *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->names.n; i++)
		onig_free(r->list[i]);
	for (size_t i = 0; i < KEPT; i++) {
		free(r->kept[i].text);
		free(r->kept[i].ids);
	}
	if (r->size != 0)
		onig_end();
	names_release(&r->names);
	free(r->list);
	free(r->scratch);
	free(r);
}

static int
make_room(struct regexes *r)
{
	size_t size = r->size == 0 ? 8 : r->size * 2;
	OnigEncoding utf8 = ONIG_ENCODING_UTF8;
	regex_t **list;
	uint32_t *scratch;

	if (r->names.n < r->size)
		return 0;
	if (r->size == 0 && onig_initialize(&utf8, 1) != ONIG_NORMAL)
		return -1;
	if ((list = realloc(r->list, size * sizeof(regex_t *))) == NULL)
		return -1;
	r->list = list;
	if ((scratch = realloc(r->scratch, size * sizeof(*scratch))) == NULL)
		return -1;
	r->scratch = scratch;
	r->size = size;
	return 0;
}

int64_t
regexes_add(struct regexes *r, const char *p, size_t len, char error[REGEXES_ERROR_MAX])
{
	int64_t id = names_find(&r->names, p, len);
	const OnigUChar *text = (const OnigUChar *)p;
	OnigErrorInfo info;
	regex_t *regex;
	int status;

	if (id >= 0)
		return id;
	snprintf(error, REGEXES_ERROR_MAX, "out of memory");
	if (make_room(r) != 0)
		return -1;
	status = onig_new(&regex, text, text + len, ONIG_OPTION_DEFAULT, ONIG_ENCODING_UTF8,
		ONIG_SYNTAX_PERL_NG, &info);
	if (status != ONIG_NORMAL) {
		OnigUChar why[ONIG_MAX_ERROR_MESSAGE_LEN];

		onig_error_code_to_str(why, status, &info);
		snprintf(error, REGEXES_ERROR_MAX, "%s", (const char *)why);
		return -1;
	}
	if ((id = names_add(&r->names, p, len)) < 0)
		onig_free(regex);
	else
		r->list[id] = regex;
	return id;
}

size_t
regexes_count(const struct regexes *r)
{
	return r->names.n;
}

int
regexes_matches(const struct regexes *r, int64_t id, const char *p, size_t len)
{
	const OnigUChar *text = (const OnigUChar *)p;
	OnigMatchParam *limits = onig_new_match_param();
	int found;

	if (limits == NULL)
		return -1;
	onig_initialize_match_param(limits);
	onig_set_retry_limit_in_match_of_match_param(limits, STEPS_MAX);
	onig_set_retry_limit_in_search_of_match_param(limits, STEPS_MAX);
	found = onig_search_with_param(r->list[id], text, text + len, text, text + len, NULL,
		ONIG_OPTION_NONE, limits);
	onig_free_match_param(limits);
	if (found >= 0 || found == ONIG_MISMATCH)
		return found >= 0;
	return found == ONIGERR_MEMORY ? -1 : REGEXES_GAVE_UP;
}

int64_t
regexes_gave_up(struct regexes *r)
{
	const int64_t gave_up = r->gave_up;

	r->gave_up = -1;
	return gave_up;
}

/* Keep an answer for the next time. What cannot be kept is just searched again. */
static void
keep(const struct regexes *r, struct kept *k, const char *p, size_t len, size_t n)
{
	const uint32_t *ids = r->scratch;

	free(k->text);
	free(k->ids);
	*k = (struct kept){.text = malloc(len + 1),
		.ids = malloc((n + 1) * sizeof(*ids)),
		.len = len,
		.n = n,
		.asked = r->names.n};
	if (k->text == NULL || k->ids == NULL) {
		free(k->text);
		free(k->ids);
		*k = (struct kept){0};
		return;
	}
	memcpy(k->text, p, len);
	if (n != 0)
		memcpy(k->ids, ids, n * sizeof(*ids));
}

int64_t
regexes_search(struct regexes *r, const char *p, size_t len, const uint32_t **ids)
{
	struct kept *k = &r->kept[hash_bytes(p, len) & (KEPT - 1)];
	int64_t gave_up = -1;
	size_t n = 0;

	if (k->text != NULL && k->asked == r->names.n && k->len == len &&
		memcmp(k->text, p, len) == 0) {
		*ids = k->ids;
		return (int64_t)k->n;
	}
	for (size_t id = 0; id < r->names.n; id++) {
		int matches = regexes_matches(r, (int64_t)id, p, len);

		if (matches < 0)
			return -1;
		if (matches == 1)
			r->scratch[n++] = (uint32_t)id;
		if (matches == REGEXES_GAVE_UP)
			gave_up = (int64_t)id;
	}
	*ids = r->scratch;
	if (gave_up >= 0)
		r->gave_up = gave_up;
	/* An answer that is not whole is not kept, so that it is told of every time. */
	if (len <= KEPT_TEXT_MAX && gave_up < 0)
		keep(r, k, p, len, n);
	return (int64_t)n;
}
