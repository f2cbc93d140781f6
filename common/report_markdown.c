#include "report_markdown.h"

#include <stdio.h>

#include "report_advice.h"
#include "report_format.h"

#define BAR 20 /* characters of the longest one */

/* How many backticks it takes to enclose ${text}: one more than stand together in it. */
static size_t
fence_of(const char *text)
{
	size_t most = 0, here = 0;

	for (; *text != '\0'; text++) {
		here = *text == '`' ? here + 1 : 0;
		most = here > most ? here : most;
	}
	return most + 1;
}

/*
 * Write ${text}, in which there are no control characters, as a code span in a cell. A pipe would
 * end the cell; behind a backslash, parsers do not agree on how it is spelled.
 */
static void
write_code(const char *text, struct output *out)
{
	const size_t fence = fence_of(text), len = strlen(text);
	/* a space at both ends is taken away again, and keeps backticks apart */
	const bool is_padded = len > 0 && (text[0] == '`' || text[len - 1] == '`' ||
						  text[0] == ' ' || text[len - 1] == ' ');

	if (len == 0)
		return;
	for (size_t i = 0; i < fence; i++)
		output_addc(out, '`');
	if (is_padded)
		output_addc(out, ' ');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '|' && i > 0 && text[i - 1] == '\\')
			output_lit(out, "\\x7c");
		else if (text[i] == '|')
			output_lit(out, "\\|");
		else
			output_addc(out, text[i]);
	}
	if (is_padded)
		output_addc(out, ' ');
	for (size_t i = 0; i < fence; i++)
		output_addc(out, '`');
}

static void
write_summary(const struct report *r, int64_t now_ms, struct output *out)
{
	const uint64_t *n = r->all.by_status;
	char text[REPORT_FORMAT_SPAN_MAX];

	output_printf(out, "## Deliveries\n\n%s\n\n", report_format_span(r, now_ms, text));
	output_lit(out,
		"| Deliveries | Finished | Failed | Pending | Success | Retried | Retries "
		"| p50 | p95 | p99 |\n"
		"| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	output_printf(out, "| %s |", report_format_count(r->all.n, text));
	output_printf(out, " %s |", report_format_count(n[EXECUTION_FINISHED], text));
	output_printf(out, " %s |", report_format_count(n[EXECUTION_FAILED], text));
	output_printf(out, " %s |", report_format_count(n[EXECUTION_PENDING], text));
	output_printf(out, " %s |", report_format_success(&r->all, text));
	output_printf(out, " %s |", report_format_count(r->all.retried, text));
	output_printf(out, " %s |", report_format_count(r->all.retries, text));
	output_printf(out, " %s |", report_format_latency(&r->all, 50, text));
	output_printf(out, " %s |", report_format_latency(&r->all, 95, text));
	output_printf(out, " %s |\n", report_format_latency(&r->all, 99, text));
	if (n[EXECUTION_OTHER] > 0)
		output_printf(out, "\nOf another status: %s\n",
			report_format_count(n[EXECUTION_OTHER], text));
	if (r->undated > 0)
		output_printf(out, "\nWithout a time: %s\n", report_format_count(r->undated, text));
}

/* ---- over time ---- */

static uint64_t
sum(const struct series_step *step)
{
	uint64_t n = 0;

	for (int i = 0; i <= EXECUTION_OTHER; i++)
		n += step->n[i];
	return n;
}

/* The characters of ${n} in a bar of which ${max} fill all; what has happened is seen. */
static void
write_bar(uint64_t n, uint64_t max, const char *character, struct output *out)
{
	const double exact = (double)n / (double)max * BAR;

	for (int i = 0; n > 0 && (i == 0 || i + 0.5 < exact); i++)
		output_add(out, character, strlen(character));
}

static void
write_series(const struct report *r, struct output *out)
{
	const struct series *s = &r->series;
	char text[REPORT_FORMAT_MAX];
	uint64_t max = 0;

	if (s->n == 0 || r->all.n == r->undated)
		return;
	for (size_t i = 0; i < s->n; i++)
		max = sum(&s->step[i]) > max ? sum(&s->step[i]) : max;
	output_printf(out,
		"\n### Over time\n\nA row is %s%s: finished \u2588, failed \u2593, pending \u2591\n\n",
		strchr(series_length_name(s), ' ') == NULL ? "1 " : "", series_length_name(s));
	output_lit(out, "| From (UTC) | Finished | Failed | Pending | |\n"
			"| --- | ---: | ---: | ---: | --- |\n");
	for (size_t i = 0; i < s->n; i++) {
		const uint64_t *n = s->step[i].n;

		output_printf(out, "| %s |", report_format_time(series_start(s, i), text));
		output_printf(out, " %s |", report_format_count(n[EXECUTION_FINISHED], text));
		output_printf(out, " %s |", report_format_count(n[EXECUTION_FAILED], text));
		output_printf(out, " %s | ", report_format_count(n[EXECUTION_PENDING], text));
		write_bar(n[EXECUTION_FINISHED], max, "\u2588", out);
		write_bar(n[EXECUTION_FAILED], max, "\u2593", out);
		write_bar(n[EXECUTION_PENDING], max, "\u2591", out);
		output_lit(out, " |\n");
	}
}

/* ---- tables ---- */

static void
write_groups(const struct report_groups *groups, const char *title, const char *column,
	struct output *out)
{
	char text[REPORT_FORMAT_MAX], name[REPORT_FORMAT_NAME_MAX];

	if (groups->n == 0)
		return;
	output_printf(out,
		"\n### %s\n\n| %s | Deliveries | Finished | Failed | Pending | Retries "
		"| p50 | p95 | p99 |\n"
		"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
		title, column);
	for (size_t i = 0; i < groups->n; i++) {
		const struct report_numbers *x = &groups->v[i]->numbers;

		output_lit(out, "| ");
		write_code(report_format_name(groups->v[i], name), out);
		output_printf(out, " | %s |", report_format_count(x->n, text));
		output_printf(out, " %s |",
			report_format_count(x->by_status[EXECUTION_FINISHED], text));
		output_printf(out, " %s |",
			report_format_count(x->by_status[EXECUTION_FAILED], text));
		output_printf(out, " %s |",
			report_format_count(x->by_status[EXECUTION_PENDING], text));
		output_printf(out, " %s |", report_format_count(x->retries, text));
		output_printf(out, " %s |", report_format_latency(x, 50, text));
		output_printf(out, " %s |", report_format_latency(x, 95, text));
		output_printf(out, " %s |\n", report_format_latency(x, 99, text));
	}
}

static void
write_causes(const struct report_groups *causes, struct output *out)
{
	char text[REPORT_FORMAT_MAX], name[REPORT_FORMAT_NAME_MAX];

	if (causes->n == 0)
		return;
	output_lit(out, "\n### Causes\n\n| Cause | Status | Deliveries | What to do |\n"
			"| --- | --- | ---: | --- |\n");
	for (size_t i = 0; i < causes->n; i++) {
		const struct report_group *cause = causes->v[i];

		output_lit(out, "| ");
		write_code(report_format_name(cause, name), out);
		output_printf(out, " | %s | %s | %s |\n",
			cause->is_rest ? "" : execution_status_name(cause->status),
			report_format_count(cause->numbers.n, text), report_advice(cause));
	}
}

static void
write_failing(const struct report *r, struct output *out)
{
	char text[2 * REPORT_TEXT_MAX + 8];

	if (r->nfailing == 0)
		return;
	output_lit(out, "\n### Failed\n\n| At (UTC) | Automation | Event | Error |\n"
			"| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < r->nfailing; i++) {
		const struct report_failing *f = &r->failing[i];

		output_printf(out, "| %s | ",
			f->has_time ? report_format_time(f->at_ms, text) : "");
		write_code(f->automation, out);
		output_lit(out, " | ");
		write_code(f->event_id, out);
		output_lit(out, " | ");
		snprintf(text, sizeof(text), "%s%s%s", f->cause,
			f->cause[0] != '\0' && f->text[0] != '\0' ? ": " : "", f->text);
		write_code(text, out);
		output_lit(out, " |\n");
	}
	if (r->nfailing < r->all.by_status[EXECUTION_FAILED])
		output_printf(out,
			"\nand %s more: `wb-automation history --status failed` shows all\n",
			report_format_count(r->all.by_status[EXECUTION_FAILED] - r->nfailing,
				text));
}

void
report_markdown_write(const struct report *r, int64_t now_ms, struct output *out)
{
	write_summary(r, now_ms, out);
	write_series(r, out);
	write_groups(&r->endpoints, "Endpoints", "Endpoint", out);
	write_groups(&r->automations, "Automations", "Automation", out);
	write_causes(&r->causes, out);
	write_failing(r, out);
}
