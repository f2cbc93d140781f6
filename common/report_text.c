#include "report_text.h"

#include <stdio.h>

#include "columns.h"
#include "report_advice.h"
#include "report_format.h"

#define INDENT_LEN 12 /* before a sparkline */
#define AFTER_LEN 22  /* behind it */
#define LEVELS 8

size_t
report_text_steps(size_t width)
{
	const size_t room = width > INDENT_LEN + AFTER_LEN ? width - INDENT_LEN - AFTER_LEN : 0;

	return room < SERIES_MIN ? SERIES_MIN : room > SERIES_MAX ? SERIES_MAX : room;
}

static void
write_summary(const struct report *r, const struct report_text *how, struct output *out)
{
	static const unsigned percents[] = {50, 95, 99};
	char span[REPORT_FORMAT_SPAN_MAX], text[REPORT_FORMAT_MAX];
	const uint64_t *n = r->all.by_status;

	output_printf(out, "Deliveries, %s\n\n", report_format_span(r, how->now_ms, span));
	output_printf(out, "  %s in all", report_format_count(r->all.n, text));
	output_printf(out, ", %s finished", report_format_count(n[EXECUTION_FINISHED], text));
	output_printf(out, ", %s failed", report_format_count(n[EXECUTION_FAILED], text));
	output_printf(out, ", %s pending", report_format_count(n[EXECUTION_PENDING], text));
	if (n[EXECUTION_OTHER] > 0)
		output_printf(out, ", %s other", report_format_count(n[EXECUTION_OTHER], text));
	output_printf(out, "\n  success %s", report_format_success(&r->all, text));
	output_printf(out, ", retried %s", report_format_count(r->all.retried, text));
	output_printf(out, ", retries %s\n", report_format_count(r->all.retries, text));
	output_lit(out, "  finished within");
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		output_printf(out, "%s p%u %s", i > 0 ? "," : "", percents[i],
			report_format_latency(&r->all, percents[i], text));
	output_addc(out, '\n');
	if (r->undated > 0)
		output_printf(out, "  without a time, and so in no sparkline: %s\n",
			report_format_count(r->undated, text));
}

/* ---- over time ---- */

static void
write_level(uint64_t n, uint64_t max, bool is_utf8, struct output *out)
{
	static const char *const blocks[LEVELS + 1] = {"\u00b7", "\u2581", "\u2582", "\u2583",
		"\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
	const int levels = is_utf8 ? LEVELS : 9;
	/* rounded up: what has happened is seen */
	const int level = n == 0 ? 0 : (int)((double)n / (double)max * levels + 0.999999);

	if (is_utf8)
		output_add(out, blocks[level > LEVELS ? LEVELS : level],
			strlen(blocks[level > LEVELS ? LEVELS : level]));
	else
		output_addc(out, (char)('0' + (level > 9 ? 9 : level)));
}

static void
write_sparkline(const struct report *r, enum execution_status status, bool is_utf8,
	struct output *out)
{
	static const char *const names[] = {"finished", "failed", "pending", "other"};
	const struct series *s = &r->series;
	char text[REPORT_FORMAT_MAX];
	uint64_t max = 0;

	if (r->all.by_status[status] == 0)
		return;
	for (size_t i = 0; i < s->n; i++)
		max = s->step[i].n[status] > max ? s->step[i].n[status] : max;
	output_printf(out, "  %-*s", INDENT_LEN - 2, names[status]);
	for (size_t i = 0; i < s->n; i++)
		write_level(s->step[i].n[status], max, is_utf8, out);
	output_printf(out, "  %s at most\n", report_format_count(max, text));
}

static void
write_series(const struct report *r, bool is_utf8, struct output *out)
{
	const struct series *s = &r->series;
	char from[REPORT_FORMAT_MAX], to[REPORT_FORMAT_MAX];

	if (s->n == 0 || r->all.n == r->undated)
		return;
	output_printf(out, "\nOver time, a column is %s%s, from %s to %s UTC\n\n",
		strchr(series_length_name(s), ' ') == NULL ? "1 " : "", series_length_name(s),
		report_format_time(series_start(s, 0), from),
		report_format_time(series_start(s, s->n), to));
	for (int i = 0; i <= EXECUTION_OTHER; i++)
		write_sparkline(r, (enum execution_status)i, is_utf8, out);
}

/* ---- tables ---- */

/* A table of which the last ${nleft} columns are text, and the others numbers. */
static void
init_columns(struct columns *c, const char *const *names, size_t n, size_t nleft)
{
	columns_init(c, n);
	for (size_t i = 0; i < n; i++) {
		c->right[i] = i + nleft < n;
		columns_adds(c, names[i]);
	}
}

static int
write_columns(struct columns *c, struct output *out)
{
	int status;

	output_addc(out, '\n');
	status = columns_write(c, out);
	columns_release(c);
	return status;
}

static int
write_groups(const struct report_groups *groups, const char *title, struct output *out)
{
	const char *const names[] = {"DELIVERIES", "FINISHED", "FAILED", "PENDING", "RETRIES",
		"P50", "P95", "P99", title};
	char text[REPORT_FORMAT_MAX], name[REPORT_FORMAT_NAME_MAX];
	struct columns c;

	if (groups->n == 0)
		return 0;
	init_columns(&c, names, sizeof(names) / sizeof(names[0]), 1);
	for (size_t i = 0; i < groups->n; i++) {
		const struct report_numbers *x = &groups->v[i]->numbers;

		columns_adds(&c, report_format_count(x->n, text));
		columns_adds(&c, report_format_count(x->by_status[EXECUTION_FINISHED], text));
		columns_adds(&c, report_format_count(x->by_status[EXECUTION_FAILED], text));
		columns_adds(&c, report_format_count(x->by_status[EXECUTION_PENDING], text));
		columns_adds(&c, report_format_count(x->retries, text));
		columns_adds(&c, report_format_latency(x, 50, text));
		columns_adds(&c, report_format_latency(x, 95, text));
		columns_adds(&c, report_format_latency(x, 99, text));
		columns_adds(&c, report_format_name(groups->v[i], name));
	}
	return write_columns(&c, out);
}

static int
write_causes(const struct report_groups *causes, struct output *out)
{
	static const char *const names[] = {"DELIVERIES", "STATUS", "CAUSE", "WHAT TO DO"};
	char text[REPORT_FORMAT_MAX], name[REPORT_FORMAT_NAME_MAX];
	struct columns c;

	if (causes->n == 0)
		return 0;
	init_columns(&c, names, sizeof(names) / sizeof(names[0]), 3);
	for (size_t i = 0; i < causes->n; i++) {
		const struct report_group *cause = causes->v[i];

		columns_adds(&c, report_format_count(cause->numbers.n, text));
		columns_adds(&c, cause->is_rest ? "" : execution_status_name(cause->status));
		columns_adds(&c, report_format_name(cause, name));
		columns_adds(&c, report_advice(cause));
	}
	return write_columns(&c, out);
}

static int
write_failing(const struct report *r, struct output *out)
{
	static const char *const names[] = {"FAILED AT", "AUTOMATION", "EVENT ID", "ERROR"};
	char text[2 * REPORT_TEXT_MAX + 8];
	struct columns c;

	if (r->nfailing == 0)
		return 0;
	init_columns(&c, names, sizeof(names) / sizeof(names[0]), 4);
	for (size_t i = 0; i < r->nfailing; i++) {
		const struct report_failing *f = &r->failing[i];

		columns_adds(&c, f->has_time ? report_format_time(f->at_ms, text) : "");
		columns_adds(&c, f->automation);
		columns_adds(&c, f->event_id);
		snprintf(text, sizeof(text), "%s%s%s", f->cause,
			f->cause[0] != '\0' && f->text[0] != '\0' ? ": " : "", f->text);
		columns_adds(&c, text);
	}
	if (write_columns(&c, out) != 0)
		return -1;
	if (r->nfailing < r->all.by_status[EXECUTION_FAILED])
		output_printf(out,
			"and %s more: 'wb-automation history --status failed' shows all\n",
			report_format_count(r->all.by_status[EXECUTION_FAILED] - r->nfailing,
				text));
	return 0;
}

int
report_text_write(const struct report *r, const struct report_text *how, struct output *out)
{
	write_summary(r, how, out);
	write_series(r, how->is_utf8, out);
	if (write_groups(&r->endpoints, "ENDPOINT", out) != 0 ||
		write_groups(&r->automations, "AUTOMATION", out) != 0)
		return -1;
	return write_causes(&r->causes, out) != 0 || write_failing(r, out) != 0 ? -1 : 0;
}
