#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "json_find.h"
#include "json_text.h"
#include "strbuf.h"

#define DECODED_MAX (64 * 1024) /* bytes of a text: a line has no more */
#define DIGITS_MAX 15

void
report_init(struct report *r, size_t steps, size_t failing)
{
	*r = (struct report){.failing_max = failing};
	series_init(&r->series, steps);
	table_init(&r->endpoints.table);
	table_init(&r->automations.table);
	table_init(&r->causes.table);
	arena_init(&r->arena);
	siphash_make_key(&r->key);
	if (failing > 0 && (r->failing = calloc(failing, sizeof(*r->failing))) == NULL)
		r->failed = true;
}

void
report_release(struct report *r)
{
	table_release(&r->endpoints.table);
	table_release(&r->automations.table);
	table_release(&r->causes.table);
	arena_release(&r->arena);
	free(r->failing);
}

void
report_cover(struct report *r, int64_t ms)
{
	series_at(&r->series, ms);
}

/* ---- texts and numbers of a line ---- */

/* Append the string, or nothing if there is none. */
static void
add_string(struct strbuf *sb, const struct json_span *string)
{
	if (string->type == JSON_STRING)
		json_decode(sb, string);
}

/* A whole number in *${n}; false if it is none, or unreasonably large. */
static bool
read_number(const struct json_span *number, uint64_t *n)
{
	*n = 0;
	if (number->type != JSON_NUMBER || number->len > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < number->len; i++) {
		if (number->p[i] < '0' || number->p[i] > '9')
			return false;
		*n = *n * 10 + (uint64_t)(number->p[i] - '0');
	}
	return true;
}

/* A copy of ${sb}, harmless and perhaps cut; "" when memory runs out, or has. */
static const char *
keep(struct report *r, const struct strbuf *sb)
{
	char text[REPORT_TEXT_MAX];
	const char *kept = NULL;

	if (!strbuf_failed(sb)) {
		diag_scrub(text, sizeof(text), sb->len > 0 ? sb->buf : "", sb->len);
		kept = arena_copy(&r->arena, text, strlen(text));
	}
	r->failed |= kept == NULL;
	return kept != NULL ? kept : "";
}

static const char *
keep_string(struct report *r, const struct json_span *string)
{
	struct strbuf text;
	const char *kept;

	strbuf_init(&text, DECODED_MAX);
	add_string(&text, string);
	kept = keep(r, &text);
	strbuf_release(&text);
	return kept;
}

/* Why it is as it is, in a word or two: the class of its error, the status of the answer. */
static void
add_cause(struct strbuf *sb, const struct execution *x)
{
	const struct json_span *reason = &x->member[EXECUTION_REASON],
			       *http = &x->member[EXECUTION_HTTP_STATUS],
			       class = json_find(&x->member[EXECUTION_ERROR], "class");
	uint64_t n;

	if (x->status == EXECUTION_OTHER) {
		add_string(sb, &x->member[EXECUTION_STATUS]);
	} else if (x->status == EXECUTION_PENDING) {
		if (reason->type == JSON_STRING)
			json_decode(sb, reason);
		else
			strbuf_lit(sb, "attempted");
	} else {
		add_string(sb, &class);
		if (json_equal(&class, "http", 4) && read_number(http, &n)) {
			strbuf_addc(sb, ' ');
			strbuf_addu(sb, n);
		}
	}
}

/* ---- counting ---- */

static void
count(struct report_numbers *numbers, const struct execution *x)
{
	uint64_t attempts, ms;

	numbers->n++;
	numbers->by_status[x->status]++;
	if (read_number(&x->member[EXECUTION_ATTEMPTS], &attempts) && attempts > 1) {
		numbers->retried++;
		numbers->retries += attempts - 1;
	}
	if (x->status == EXECUTION_FINISHED && read_number(&x->member[EXECUTION_DURATION], &ms))
		quantiles_add(&numbers->latency, ms);
}

/* A new group, or the one of all the rest if there are too many; NULL when memory runs out. */
static struct report_group *
add_group(struct report *r, struct report_groups *groups, const struct strbuf *name, uint64_t key)
{
	const bool is_rest = groups->n >= REPORT_GROUPS_MAX;
	struct report_group *g;

	if (groups->n > REPORT_GROUPS_MAX)
		return groups->v[REPORT_GROUPS_MAX];
	if ((g = arena_alloc(&r->arena, sizeof(*g))) == NULL)
		return NULL;
	g->is_rest = is_rest;
	g->node.key = key;
	g->name = is_rest ? "" : keep(r, name);
	if (!is_rest && table_add(&groups->table, &g->node) != 0)
		return NULL;
	groups->v[groups->n++] = g;
	return g;
}

/* Count in the group that is called ${name}; ${kind} tells apart what has one name. */
static void
count_in(struct report *r, struct report_groups *groups, const struct strbuf *name, int kind,
	const struct execution *x)
{
	const char first = (char)kind;
	struct report_group *g;
	struct siphash hash;
	uint64_t key;

	siphash_init(&hash, &r->key);
	siphash_add(&hash, &first, 1);
	siphash_add(&hash, name->len > 0 ? name->buf : "", name->len);
	key = siphash_end(&hash);
	g = (struct report_group *)table_find(&groups->table, key);
	if (g == NULL && (g = add_group(r, groups, name, key)) == NULL) {
		r->failed = true;
		return;
	}
	if (g->numbers.n == 0) {
		g->status = x->status;
		g->is_queue = groups == &r->endpoints && kind != 0;
	}
	count(&g->numbers, x);
}

/* Where it went, and whether that is a queue. */
static const struct json_span *
target_of(const struct execution *x, bool *is_queue)
{
	*is_queue = x->member[EXECUTION_QUEUE].type == JSON_STRING;
	return &x->member[*is_queue ? EXECUTION_QUEUE : EXECUTION_URL];
}

static void
count_groups(struct report *r, const struct execution *x)
{
	struct strbuf name;
	bool is_queue;

	strbuf_init(&name, DECODED_MAX);
	add_string(&name, target_of(x, &is_queue));
	count_in(r, &r->endpoints, &name, is_queue, x);
	r->failed |= strbuf_failed(&name);
	strbuf_reset(&name);
	add_string(&name, &x->member[EXECUTION_AUTOMATION]);
	count_in(r, &r->automations, &name, 0, x);
	r->failed |= strbuf_failed(&name);
	if (x->status != EXECUTION_FINISHED) {
		strbuf_reset(&name);
		add_cause(&name, x);
		count_in(r, &r->causes, &name, (int)x->status, x);
		r->failed |= strbuf_failed(&name);
	}
	strbuf_release(&name);
}

static void
keep_failing(struct report *r, const struct execution *x, const int64_t *at_ms, const char *journal)
{
	struct report_failing *f = &r->failing[r->nfailing++];
	const struct json_span text = json_find(&x->member[EXECUTION_ERROR], "text");
	struct strbuf cause;

	strbuf_init(&cause, DECODED_MAX);
	add_cause(&cause, x);
	f->cause = keep(r, &cause);
	strbuf_release(&cause);
	f->journal = journal;
	f->id = keep_string(r, &x->member[EXECUTION_ID]);
	f->automation = keep_string(r, &x->member[EXECUTION_AUTOMATION]);
	f->event_id = keep_string(r, &x->member[EXECUTION_EVENT_ID]);
	f->event_type = keep_string(r, &x->member[EXECUTION_EVENT_TYPE]);
	f->artifact = keep_string(r, &x->member[EXECUTION_ARTIFACT]);
	f->target = keep_string(r, target_of(x, &f->is_queue));
	f->text = keep_string(r, &text);
	read_number(&x->member[EXECUTION_ATTEMPTS], &f->attempts);
	f->has_time = at_ms != NULL;
	f->at_ms = at_ms != NULL ? *at_ms : 0;
}

static bool
is_wanted(const struct report *r, const int64_t *at_ms)
{
	if (at_ms == NULL)
		return !r->has_since && !r->has_until;
	return (!r->has_since || *at_ms >= r->since_ms) && (!r->has_until || *at_ms < r->until_ms);
}

void
report_add(struct report *r, const struct execution *x, const int64_t *at_ms, const char *journal)
{
	if (r->failed || !is_wanted(r, at_ms))
		return;
	count(&r->all, x);
	if (at_ms == NULL) {
		r->undated++;
	} else {
		const bool is_first = r->all.n - r->undated == 1;

		r->first_ms = is_first || *at_ms < r->first_ms ? *at_ms : r->first_ms;
		r->last_ms = is_first || *at_ms > r->last_ms ? *at_ms : r->last_ms;
		series_at(&r->series, *at_ms)->n[x->status]++;
	}
	count_groups(r, x);
	if (x->status == EXECUTION_FAILED && r->nfailing < r->failing_max)
		keep_failing(r, x, at_ms, journal);
}

/* ---- the end ---- */

static int
compare(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static int
compare_groups(const void *a, const void *b)
{
	const struct report_group *x = *(struct report_group *const *)a,
				  *y = *(struct report_group *const *)b;
	const int failed = compare(x->numbers.by_status[EXECUTION_FAILED],
			  y->numbers.by_status[EXECUTION_FAILED]),
		  all = compare(x->numbers.n, y->numbers.n);

	if (x->is_rest != y->is_rest)
		return x->is_rest ? 1 : -1;
	return failed != 0 ? failed : all != 0 ? all : strcmp(x->name, y->name);
}

int
report_end(struct report *r)
{
	struct report_groups *const all[] = {&r->endpoints, &r->automations, &r->causes};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		qsort(all[i]->v, all[i]->n, sizeof(all[i]->v[0]), compare_groups);
	return r->failed ? -1 : 0;
}
