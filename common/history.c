#include "history.h"

#include <string.h>

#include "columns.h"
#include "diag.h"
#include "idset.h"
#include "journal_back.h"
#include "json_find.h"
#include "json_text.h"

#define ROWS_MAX 1000        /* that are aligned together */
#define CELL_MAX (64 * 1024) /* bytes of a value, decoded: a line has no more */

static void
add_string(struct columns *c, const struct json_span *value)
{
	struct strbuf text;

	strbuf_init(&text, CELL_MAX);
	if (value->type == JSON_STRING)
		json_decode(&text, value);
	else if (value->type != JSON_NONE)
		strbuf_add(&text, value->p, value->len);
	c->text.failed |= strbuf_failed(&text);
	columns_add(c, text.buf != NULL ? text.buf : "", text.len);
	strbuf_release(&text);
}

/* Class and text of an error, and why a delivery is put off. */
static void
add_error(struct columns *c, const struct execution *x)
{
	const struct json_span *error = &x->member[EXECUTION_ERROR],
			       *reason = &x->member[EXECUTION_REASON];
	const struct json_span parts[] = {*reason, json_find(error, "class"),
		json_find(error, "text")};
	struct strbuf text;

	strbuf_init(&text, CELL_MAX);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].type != JSON_STRING)
			continue;
		if (text.len > 0)
			strbuf_lit(&text, ": ");
		json_decode(&text, &parts[i]);
	}
	c->text.failed |= strbuf_failed(&text);
	columns_add(c, text.buf != NULL ? text.buf : "", text.len);
	strbuf_release(&text);
}

static void
add_row(struct columns *c, const struct execution *x)
{
	const struct json_span *m = x->member;
	const bool is_job = m[EXECUTION_QUEUE].type != JSON_NONE;

	add_string(c, &m[EXECUTION_AT]);
	if (x->status == EXECUTION_OTHER)
		add_string(c, &m[EXECUTION_STATUS]);
	else
		columns_adds(c, execution_status_name(x->status));
	add_string(c, &m[EXECUTION_AUTOMATION]);
	add_string(c, &m[EXECUTION_EVENT_TYPE]);
	add_string(c, &m[EXECUTION_ARTIFACT]);
	add_string(c, &m[EXECUTION_EVENT_ID]);
	columns_adds(c, is_job ? "launch" : "webhook");
	add_string(c, &m[is_job ? EXECUTION_QUEUE : EXECUTION_URL]);
	add_string(c, &m[EXECUTION_ITEM]);
	add_string(c, &m[EXECUTION_HTTP_STATUS]);
	add_error(c, x);
}

static void
add_head(struct columns *c)
{
	static const char *const names[] = {"TIME", "STATUS", "AUTOMATION", "EVENT", "ARTIFACT",
		"EVENT ID", "ACTION", "TARGET", "QUEUE ITEM", "HTTP", "ERROR"};
	const size_t n = sizeof(names) / sizeof(names[0]);

	columns_init(c, n);
	for (size_t i = 0; i < n; i++)
		columns_adds(c, names[i]);
}

/* Whether the line at hand is wanted. Returns -1 when memory runs out. */
static int
is_wanted(const struct history *h, const struct execution *x, struct idset *seen)
{
	const struct json_span *id = &x->member[EXECUTION_ID];
	int is_new;

	/* All lines of a delivery are of one automation. */
	if (h->automation != NULL &&
		!json_equal(&x->member[EXECUTION_AUTOMATION], h->automation, strlen(h->automation)))
		return 0;
	if ((is_new = idset_add(seen, id->p, id->len)) <= 0)
		return is_new;
	return !h->has_status || x->status == h->status;
}

int
history_write(const struct history *h, struct output *out)
{
	struct columns columns;
	struct idset seen;
	struct journal_back r;
	uint64_t n = 0;
	int wanted = 0;

	journal_back_open(&r, h->journal);
	idset_init(&seen);
	add_head(&columns);
	while (wanted >= 0 && (h->limit == 0 || n < h->limit) && out->error == 0 &&
		journal_back_next(&r)) {
		if ((wanted = is_wanted(h, &r.at_hand, &seen)) <= 0)
			continue;
		n++;
		if (h->json) {
			output_add(out, r.in.line, r.in.len);
			output_addc(out, '\n');
		} else {
			add_row(&columns, &r.at_hand);
			if (columns_rows(&columns) >= ROWS_MAX)
				wanted = columns_write(&columns, out);
		}
	}
	if (wanted >= 0 && !h->json && r.status != EXIT_IO)
		wanted = columns_write(&columns, out);
	if (wanted < 0) {
		diag("out of memory");
		r.status = EXIT_IO;
	}
	columns_release(&columns);
	idset_release(&seen);
	journal_back_close(&r);
	return r.status;
}

/* The number of the automation that ${x} is of, or -1; -2 when memory ran out. */
static int64_t
find_automation(const struct config *config, const struct json_span *name, struct strbuf *scratch)
{
	const struct config_automation *first, *found;
	size_t n;

	if (name->type != JSON_STRING)
		return -1;
	strbuf_reset(scratch);
	json_decode(scratch, name);
	if (strbuf_failed(scratch))
		return -2;
	first = config_automations(config, &n);
	found = config_find(config, scratch->len > 0 ? scratch->buf : "", scratch->len);
	return found != NULL ? found - first : -1;
}

int
history_last(const char *journal, const struct config *config, struct history_last *last)
{
	struct strbuf scratch;
	struct journal_back r;
	size_t missing;

	strbuf_init(&scratch, CELL_MAX);
	config_automations(config, &missing);
	journal_back_open(&r, journal);
	while (missing > 0 && journal_back_next(&r)) {
		const struct json_span *at = &r.at_hand.member[EXECUTION_AT];
		int64_t i =
			find_automation(config, &r.at_hand.member[EXECUTION_AUTOMATION], &scratch);

		if (i == -2) {
			diag("out of memory");
			r.status = EXIT_IO;
		}
		if (i < 0 || last[i].at[0] != '\0' || at->type != JSON_STRING)
			continue;
		diag_scrub(last[i].at, sizeof(last[i].at), at->p, at->len);
		last[i].status = r.at_hand.status;
		missing--;
	}
	strbuf_release(&scratch);
	journal_back_close(&r);
	return r.status;
}
