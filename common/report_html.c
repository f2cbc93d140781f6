#include "report_html.h"

#include <stdio.h>

#include "html.h"
#include "report_chart.h"
#include "report_css.h"
#include "report_format.h"
#include "report_tables.h"

#define JOURNALS_SHOWN 8

/* What is most worth knowing, in a sentence without a full stop. */
static void
write_verdict(const struct report *r, struct output *out)
{
	const uint64_t failed = r->all.by_status[EXECUTION_FAILED], n = r->all.n;
	const char *deliveries = n == 1 ? "delivery" : "deliveries";
	char count[REPORT_FORMAT_MAX], of[REPORT_FORMAT_MAX];

	report_format_count(n, of);
	if (n == 0)
		output_lit(out, "No deliveries");
	else if (failed > 0)
		output_printf(out, "%s of %s %s failed", report_format_count(failed, count), of,
			deliveries);
	else if (r->all.by_status[EXECUTION_FINISHED] == n)
		output_printf(out, n == 1 ? "%s %s, finished" : "%s %s, all finished", of,
			deliveries);
	else
		output_printf(out, "%s %s, none failed", of, deliveries);
}

static void
write_head(const struct report *r, struct output *out)
{
	output_lit(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	write_verdict(r, out);
	output_lit(out, "</title>\n<style>\n");
	output_add(out, report_css, report_css_len);
	output_lit(out, "</style>\n</head>\n<body>\n");
}

static void
write_header(const struct report *r, const struct report_html *how, struct output *out)
{
	char span[REPORT_FORMAT_SPAN_MAX];

	output_lit(out, "<header>\n<h1>");
	write_verdict(r, out);
	output_printf(out, "</h1>\n<p class=\"soft\">%s, from ",
		report_format_span(r, how->now_ms, span));
	for (size_t i = 0; i < how->njournals && i < JOURNALS_SHOWN; i++) {
		output_printf(out, "%s<code>", i > 0 ? ", " : "");
		html_text(out, how->journals[i]);
		output_lit(out, "</code>");
	}
	if (how->njournals > JOURNALS_SHOWN)
		output_printf(out, " and %zu more", how->njournals - JOURNALS_SHOWN);
	output_lit(out, "</p>\n</header>\n<main>\n");
}

/* ---- the cards ---- */

static void
write_card(const char *name, const char *class, const char *value, struct output *out)
{
	output_printf(out, "<div><dt>%s</dt><dd class=\"big%s%s\">%s</dd>", name,
		class[0] != '\0' ? " " : "", class, value);
}

static void
write_more(struct output *out, const char *text)
{
	output_printf(out, "<dd class=\"more\">%s</dd></div>\n", text);
}

static void
write_cards(const struct report *r, struct output *out)
{
	const uint64_t *n = r->all.by_status;
	char text[REPORT_FORMAT_MAX], other[REPORT_FORMAT_MAX], more[160];

	output_lit(out, "<dl class=\"cards\">\n");
	write_card("Deliveries", "", report_format_count(r->all.n, text), out);
	snprintf(more, sizeof(more), "to %zu %s", r->endpoints.n,
		r->endpoints.n == 1 ? "endpoint" : "endpoints");
	write_more(out, more);
	write_card("Success", "", report_format_success(&r->all, text), out);
	snprintf(more, sizeof(more), "%s finished",
		report_format_count(n[EXECUTION_FINISHED], text));
	write_more(out, more);
	write_card("Failed", n[EXECUTION_FAILED] > 0 ? "failed" : "",
		report_format_count(n[EXECUTION_FAILED], text), out);
	write_more(out, "given up");
	write_card("Pending", n[EXECUTION_PENDING] > 0 ? "pending" : "",
		report_format_count(n[EXECUTION_PENDING], text), out);
	write_more(out, "for the next run");
	write_card("Retried", "", report_format_count(r->all.retried, text), out);
	snprintf(more, sizeof(more), "%s %s", report_format_count(r->all.retries, text),
		r->all.retries == 1 ? "retry" : "retries");
	write_more(out, more);
	write_card("Latency, p50", "", report_format_latency(&r->all, 50, text), out);
	snprintf(more, sizeof(more),
		"<span class=\"nowrap\">p95 %s,</span> <span class=\"nowrap\">p99 %s</span>",
		report_format_latency(&r->all, 95, text),
		report_format_latency(&r->all, 99, other));
	write_more(out, more);
	output_lit(out, "</dl>\n");
}

/* ---- sections ---- */

static void
write_series(const struct report *r, struct output *out)
{
	const char *length = series_length_name(&r->series);

	output_lit(out, "<h2>Over time</h2>\n<figure class=\"panel\">\n");
	report_chart_legend(r, out);
	report_chart_write(r, out);
	output_printf(out, "<figcaption>A bar is %s%s. Times are UTC.</figcaption>\n</figure>\n",
		strchr(length, ' ') == NULL ? "1 " : "", length);
	output_lit(out, "<details><summary>The numbers as a table</summary>\n");
	report_tables_series(&r->series, out);
	output_lit(out, "</details>\n");
}

static int
write_failing(const struct report *r, struct output *out)
{
	const uint64_t failed = r->all.by_status[EXECUTION_FAILED];
	char text[REPORT_FORMAT_MAX];

	if (r->nfailing == 0)
		return 0;
	output_lit(out, "<h2>What has failed</h2>\n<p class=\"soft\">");
	if (r->nfailing < failed)
		output_printf(out,
			"The newest %zu of %s; <code>wb-automation history --status failed</code> shows all.",
			r->nfailing, report_format_count(failed, text));
	else
		output_lit(out, "The newest first.");
	output_lit(out, " The commands show all that the journal tells.</p>\n");
	return report_tables_failing(r, out);
}

static void
write_footer(const struct report *r, const struct report_html *how, struct output *out)
{
	char text[REPORT_FORMAT_MAX];

	output_lit(out,
		"</main>\n<footer>\n<p>Latency is the time from the first attempt to the end of deliveries that finished, "
		"waits between attempts included; half of them took no longer than p50. Percentiles are off by at most 1.6%.</p>\n");
	if (r->undated > 0)
		output_printf(out,
			"<p>%s of the deliveries have no time, and are not among the bars.</p>\n",
			report_format_count(r->undated, text));
	output_printf(out,
		"<p>Made by wb-automation %s at %s UTC.</p>\n</footer>\n</body>\n</html>\n",
		WB_VERSION, report_format_time(how->now_ms, text));
}

int
report_html_write(const struct report *r, const struct report_html *how, struct output *out)
{
	int status;

	write_head(r, out);
	write_header(r, how, out);
	if (r->all.n > 0)
		write_cards(r, out);
	if (r->all.n > r->undated)
		write_series(r, out);
	if (r->endpoints.n > 0) {
		output_lit(out,
			"<h2>Endpoints</h2>\n<p class=\"soft\">Those with failures first. The bars at the right reach from p50 to p99, with a mark at p95; a distance is a factor.</p>\n");
		report_tables_groups(&r->endpoints, "Endpoint", out);
		output_lit(out, "<h2>Automations</h2>\n");
		report_tables_groups(&r->automations, "Automation", out);
	}
	if (r->causes.n > 0) {
		output_lit(out, "<h2>Causes</h2>\n");
		report_tables_causes(&r->causes, out);
	}
	status = write_failing(r, out);
	write_footer(r, how, out);
	return status;
}
