#include "report_tables.h"

#include <math.h>

#include "html.h"
#include "report_advice.h"
#include "report_format.h"

#define COMMAND_MAX 32768
#define SEEN 4 /* percent of a bar, of what has happened at all */

static void
open_table(const char *label, struct output *out)
{
	output_printf(out,
		"<section class=\"scroll\" tabindex=\"0\" aria-label=\"%s, table\">\n<table>\n",
		label);
}

static void
close_table(struct output *out)
{
	output_lit(out, "</tbody>\n</table>\n</section>\n");
}

static void
write_head(const char *const *numbers, size_t n, struct output *out)
{
	for (size_t i = 0; i < n; i++)
		output_printf(out, "<th scope=\"col\" class=\"number\">%s</th>", numbers[i]);
}

static void
write_count(uint64_t n, const char *class, struct output *out)
{
	char text[REPORT_FORMAT_MAX];

	if (n == 0)
		class = "none";
	output_printf(out, "<td class=\"number%s%s%s\">%s</td>", class[0] != '\0' ? " " : "", class,
		n > 0 && class[0] != '\0' ? " some" : "", report_format_count(n, text));
}

static void
write_time(int64_t ms, struct output *out)
{
	char exact[REPORT_FORMAT_MAX], text[REPORT_FORMAT_MAX];

	output_printf(out, "<time datetime=\"%s\">%s</time>", report_format_exact(ms, exact),
		report_format_time(ms, text));
}

void
report_tables_series(const struct series *s, struct output *out)
{
	static const char *const names[] = {"Finished", "Failed", "Pending"};

	open_table("Deliveries over time", out);
	output_lit(out, "<thead><tr><th scope=\"col\">From (UTC)</th>");
	write_head(names, sizeof(names) / sizeof(names[0]), out);
	output_lit(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < s->n; i++) {
		const uint64_t *n = s->step[i].n;

		output_lit(out, "<tr><th scope=\"row\">");
		write_time(series_start(s, i), out);
		output_lit(out, "</th>");
		write_count(n[EXECUTION_FINISHED], "", out);
		write_count(n[EXECUTION_FAILED], "failed", out);
		write_count(n[EXECUTION_PENDING], "pending", out);
		output_lit(out, "</tr>\n");
	}
	close_table(out);
}

/* ---- endpoints and automations ---- */

/* The least and greatest latency of what a table shows. */
struct scale {
	double from, to;
};

static struct scale
find_scale(const struct report_groups *groups)
{
	uint64_t least = UINT64_MAX, most = 1;

	for (size_t i = 0; i < groups->n; i++) {
		const struct quantiles *q = &groups->v[i]->numbers.latency;

		if (q->n == 0)
			continue;
		if (quantiles_at(q, 50) < least)
			least = quantiles_at(q, 50);
		if (quantiles_at(q, 99) > most)
			most = quantiles_at(q, 99);
	}
	least = least < 1 || least == UINT64_MAX ? 1 : least;
	/* a decade at least: what differs little is to look so */
	return (struct scale){log10((double)least),
		fmax(log10((double)most), log10((double)least) + 1)};
}

/* Where a latency stands in the picture of a row, in percent: a factor is a distance. */
static double
position(const struct scale *scale, uint64_t ms)
{
	return 4 +
	       92 * (log10((double)(ms < 1 ? 1 : ms)) - scale->from) / (scale->to - scale->from);
}

/* From the median to the 99th percentile, with a mark at the 95th. */
static void
write_range(const struct quantiles *q, const struct scale *scale, struct output *out)
{
	const double p50 = position(scale, quantiles_at(q, 50)),
		     p95 = position(scale, quantiles_at(q, 95)),
		     p99 = position(scale, quantiles_at(q, 99));

	output_lit(out,
		"<td><svg class=\"range\" aria-hidden=\"true\"><line class=\"line\" x2=\"100%\" y1=\"11\" y2=\"11\"/>");
	if (q->n > 0)
		output_printf(out,
			"<line class=\"from\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"11\" y2=\"11\"/>"
			"<line class=\"mark\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"4\" y2=\"18\"/>",
			p50, fmax(p99, p50 + 2), p95, p95);
	output_lit(out, "</svg></td>");
}

/* How many of those that have come to an end have finished. */
static void
write_success(const struct report_numbers *x, struct output *out)
{
	const uint64_t finished = x->by_status[EXECUTION_FINISHED],
		       failed = x->by_status[EXECUTION_FAILED];
	const double share =
		finished + failed == 0 ? 0 : 100.0 * (double)finished / (double)(finished + failed);
	char text[REPORT_FORMAT_MAX];

	output_printf(out, "<td class=\"number\">%s", report_format_success(x, text));
	if (finished + failed > 0)
		output_printf(out,
			"<svg class=\"bar\" aria-hidden=\"true\"><rect class=\"solid finished\" width=\"%.2f%%\" height=\"6\"/>"
			"<rect class=\"solid failed\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"6\"/></svg>",
			share, share, 100 - share);
	output_lit(out, "</td>");
}

static void
write_group(const struct report_group *g, const struct scale *scale, struct output *out)
{
	static const unsigned percents[] = {50, 95, 99};
	char name[REPORT_FORMAT_NAME_MAX], text[REPORT_FORMAT_MAX];
	const struct report_numbers *x = &g->numbers;

	output_lit(out, "<tr><th scope=\"row\"><code>");
	html_path(out, report_format_name(g, name));
	output_lit(out, "</code></th>");
	write_count(x->n, "", out);
	write_count(x->by_status[EXECUTION_FAILED], "failed", out);
	write_success(x, out);
	write_count(x->by_status[EXECUTION_PENDING], "pending", out);
	write_count(x->retries, "", out);
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		output_printf(out, "<td class=\"number\">%s</td>",
			report_format_latency(x, percents[i], text));
	write_range(&x->latency, scale, out);
	output_lit(out, "</tr>\n");
}

void
report_tables_groups(const struct report_groups *groups, const char *name, struct output *out)
{
	static const char *const names[] = {"Deliveries", "Failed", "Success", "Pending", "Retries",
		"p50", "p95", "p99"};
	const struct scale scale = find_scale(groups);

	output_printf(out,
		"<section class=\"scroll\" tabindex=\"0\" aria-label=\"%ss, table\">\n<table class=\"groups\">\n",
		name);
	output_printf(out, "<thead><tr><th scope=\"col\">%s</th>", name);
	write_head(names, sizeof(names) / sizeof(names[0]), out);
	output_lit(out, "<th scope=\"col\">p50 to p99</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < groups->n; i++)
		write_group(groups->v[i], &scale, out);
	close_table(out);
}

/* ---- what has failed ---- */

void
report_tables_causes(const struct report_groups *causes, struct output *out)
{
	char name[REPORT_FORMAT_NAME_MAX], text[REPORT_FORMAT_MAX];

	open_table("Causes", out);
	output_lit(out,
		"<thead><tr><th scope=\"col\">Cause</th>"
		"<th scope=\"col\" class=\"number\">Deliveries</th><th scope=\"col\">What to do</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < causes->n; i++) {
		const struct report_group *cause = causes->v[i];

		output_lit(out, "<tr><th scope=\"row\"><code>");
		html_text(out, report_format_name(cause, name));
		output_printf(out,
			"</code><span class=\"sub\">%s</span></th><td class=\"number\">%s</td><td class=\"wrap\">",
			cause->is_rest ? "" : execution_status_name(cause->status),
			report_format_count(cause->numbers.n, text));
		html_text(out, report_advice(cause));
		output_lit(out, "</td></tr>\n");
	}
	close_table(out);
}

/* A line of the facts about a delivery, unless nothing is known. */
static void
write_fact(const char *name, const char *text, const char *more, struct output *out)
{
	if (text[0] == '\0' && more[0] == '\0')
		return;
	output_printf(out, "<div><dt>%s</dt><dd><code>", name);
	html_path(out, text);
	if (text[0] != '\0' && more[0] != '\0')
		output_lit(out, "</code> <code>");
	html_text(out, more);
	output_lit(out, "</code></dd></div>\n");
}

static int
write_command(const struct report_failing *f, struct output *out)
{
	struct strbuf command;
	const char *text;

	strbuf_init(&command, COMMAND_MAX);
	report_format_command(&command, f);
	if ((text = strbuf_str(&command)) != NULL) {
		output_lit(out,
			"<details><summary>Look further</summary>\n<pre tabindex=\"0\"><code>");
		html_text(out, text);
		output_lit(out, "</code></pre>\n</details>\n");
	}
	strbuf_release(&command);
	return text != NULL ? 0 : -1;
}

static int
write_failing(const struct report_failing *f, struct output *out)
{
	char text[REPORT_FORMAT_MAX];

	output_lit(out, "<li>\n<div class=\"title\"><h3>");
	html_text(out, f->automation[0] != '\0' ? f->automation : "(not told)");
	output_lit(out, "</h3><p>");
	if (f->has_time) {
		write_time(f->at_ms, out);
		output_lit(out, " UTC");
	}
	if (f->attempts > 0)
		output_printf(out, "%s%s attempt%s", f->has_time ? ", " : "",
			report_format_count(f->attempts, text), f->attempts == 1 ? "" : "s");
	output_lit(out, "</p></div>\n<p class=\"error\"><strong>Failed: ");
	html_text(out, f->cause[0] != '\0' ? f->cause : "no error is told");
	output_lit(out, "</strong> ");
	html_text(out, f->text);
	output_lit(out, "</p>\n<dl class=\"facts\">\n");
	write_fact("Event", f->event_type, f->event_id, out);
	write_fact("Version", f->artifact, "", out);
	write_fact(f->is_queue ? "Queue" : "Endpoint", f->target, "", out);
	output_lit(out, "</dl>\n");
	if (write_command(f, out) != 0)
		return -1;
	output_lit(out, "</li>\n");
	return 0;
}

int
report_tables_failing(const struct report *r, struct output *out)
{
	output_lit(out, "<ol class=\"failures\">\n");
	for (size_t i = 0; i < r->nfailing; i++)
		if (write_failing(&r->failing[i], out) != 0)
			return -1;
	output_lit(out, "</ol>\n");
	return 0;
}
