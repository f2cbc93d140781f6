#include "report_chart.h"

#include <inttypes.h>
#include <string.h>

#include "report_format.h"

#define TOP 8      /* pixels above the highest value */
#define HEIGHT 180 /* pixels of the highest value */
#define BASE (TOP + HEIGHT)
#define SEEN 3      /* pixels of the least that has happened */
#define FEW 12      /* bars */
#define MARKS 8     /* times that are written below */
#define LINES 4     /* values that are written beside */
#define MARK_MAX 95 /* no time is written farther to the right, in percent: it would not fit, */
#define MARK_MAX_SMALL 86 /* and on a small screen */
#define DAY_MS ((int64_t)86400000)

static const char *const names[] = {
	[EXECUTION_FINISHED] = "finished",
	[EXECUTION_FAILED] = "failed",
	[EXECUTION_PENDING] = "pending",
	[EXECUTION_OTHER] = "other",
};

/* From the ground up: what needs attention is on top. */
static const enum execution_status layers[] = {EXECUTION_FINISHED, EXECUTION_PENDING,
	EXECUTION_OTHER, EXECUTION_FAILED};
#define LAYERS (sizeof(layers) / sizeof(layers[0]))

void
report_chart_legend(const struct report *r, struct output *out)
{
	char count[REPORT_FORMAT_MAX];

	output_lit(out, "<ul class=\"legend\">\n");
	for (int i = 0; i <= EXECUTION_OTHER; i++)
		if (r->all.by_status[i] > 0)
			output_printf(out,
				"<li><svg aria-hidden=\"true\"><rect class=\"%s\" width=\"14\" height=\"14\" rx=\"2\"/></svg>%s: %s</li>\n",
				names[i], names[i],
				report_format_count(r->all.by_status[i], count));
	output_lit(out, "</ul>\n");
}

static uint64_t
sum(const struct series_step *step)
{
	uint64_t n = 0;

	for (size_t i = 0; i < LAYERS; i++)
		n += step->n[layers[i]];
	return n;
}

/* The distance of lines, 1, 2 or 5 times a power of 10, of which few are needed for ${max}. */
static uint64_t
line_distance(uint64_t max)
{
	static const uint64_t steps[] = {1, 2, 5};
	uint64_t power = 1;

	for (;; power *= 10)
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			if ((max - 1) / (steps[i] * power) < LINES)
				return steps[i] * power;
}

static void
write_patterns(struct output *out)
{
	output_lit(out,
		"<defs>\n"
		"<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
		"<rect class=\"solid failed\" width=\"6\" height=\"6\"/><path class=\"gap\" d=\"M0 0V6\" stroke-width=\"2\"/></pattern>\n"
		"<pattern id=\"dots\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
		"<rect class=\"solid pending\" width=\"5\" height=\"5\"/><circle class=\"speck\" cx=\"2.5\" cy=\"2.5\" r=\"1.1\"/></pattern>\n"
		"</defs>\n");
}

/* A value of a line, short: "5,000", "20k", "1.5M". */
static void
write_value(uint64_t value, struct output *out)
{
	char count[REPORT_FORMAT_MAX];

	if (value >= 1000000 && value % 100000 == 0)
		output_printf(out, value % 1000000 == 0 ? "%.0fM" : "%.1fM", (double)value / 1e6);
	else if (value >= 10000 && value % 1000 == 0)
		output_printf(out, "%" PRIu64 "k", value / 1000);
	else
		output_printf(out, "%s", report_format_count(value, count));
}

/* Lines with the values that they stand for, up to ${top}. */
static void
write_lines(uint64_t distance, uint64_t top, struct output *out)
{
	for (uint64_t value = distance; value <= top; value += distance) {
		const double y = BASE - (double)value / (double)top * HEIGHT;

		output_printf(out,
			"<line class=\"grid\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"-8\" y=\"%.1f\" text-anchor=\"end\">",
			y, y, y + 4);
		write_value(value, out);
		output_lit(out, "</text>\n");
	}
}

/* How wide a bar is with its gap, in percent: where there are few, not all that there is. */
static double
bar_width(const struct series *s)
{
	return 100.0 / (double)(s->n > FEW ? s->n : FEW);
}

/* What a bar tells whoever points at it. */
static void
write_title(const struct report *r, size_t i, struct output *out)
{
	const struct series *s = &r->series;
	char from[REPORT_FORMAT_MAX], to[REPORT_FORMAT_MAX], count[REPORT_FORMAT_MAX];
	const char *between = ": ";

	output_printf(out, "<title>%s to %s", report_format_time(series_start(s, i), from),
		report_format_time(series_start(s, i + 1), to));
	for (size_t k = 0; k < LAYERS; k++) {
		const uint64_t n = s->step[i].n[layers[k]];

		if (n == 0)
			continue;
		output_printf(out, "%s%s %s", between, report_format_count(n, count),
			names[layers[k]]);
		between = ", ";
	}
	output_printf(out, "%s</title>", between[0] == ':' ? ": none" : "");
}

static void
write_bar(const struct report *r, size_t i, uint64_t top, struct output *out)
{
	const struct series_step *step = &r->series.step[i];
	const double width = bar_width(&r->series), x = width * (double)i;
	double y = BASE;

	output_lit(out, "<g>");
	write_title(r, i, out);
	output_printf(out,
		"<rect class=\"hit\" x=\"%.3f%%\" y=\"%d\" width=\"%.3f%%\" height=\"%d\"/>", x,
		TOP, width, HEIGHT);
	for (size_t k = 0; k < LAYERS; k++) {
		const uint64_t n = step->n[layers[k]];
		double height = (double)n / (double)top * HEIGHT;

		if (n == 0)
			continue;
		height = height < SEEN ? SEEN : height;
		y -= height;
		output_printf(out,
			"<rect class=\"%s\" x=\"%.3f%%\" y=\"%.2f\" width=\"%.3f%%\" height=\"%.2f\"/>",
			names[layers[k]], x + width * 0.09, y, width * 0.82, height);
	}
	output_lit(out, "</g>\n");
}

/* The time at a mark: of a day its time, at midnight and beyond the date. */
static void
write_mark_text(int64_t ms, int64_t mark_ms, struct output *out)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec"};
	char text[REPORT_FORMAT_MAX];
	int month;

	report_format_time(ms, text);
	month = (text[5] - '0') * 10 + text[6] - '0';
	if (mark_ms < DAY_MS && ms % DAY_MS != 0)
		output_add(out, text + strlen("2026-11-24 "), strlen("11:17"));
	else if (mark_ms > 28 * DAY_MS)
		output_add(out, text, strlen("2026-11"));
	else
		output_printf(out, "%d %s", (text[8] - '0') * 10 + text[9] - '0',
			months[month - 1]);
}

static void
write_marks(const struct series *s, struct output *out)
{
	const int64_t mark_ms = series_mark_ms(s, MARKS);
	unsigned written = 0;

	for (size_t i = 0; i < s->n; i++) {
		const double x = bar_width(s) * (double)i;

		if (!series_is_mark(s, i, mark_ms) || x > MARK_MAX || series_start(s, i) < 0)
			continue;
		output_printf(out,
			"<g%s><line class=\"axis\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%d\" y2=\"%d\"/>"
			"<text x=\"%.3f%%\" dx=\"4\" y=\"%d\">",
			written++ % 2 == 0 && x <= MARK_MAX_SMALL ? "" : " class=\"wide\"", x, x,
			BASE, BASE + 12, x, BASE + 16);
		write_mark_text(series_start(s, i), mark_ms, out);
		output_lit(out, "</text></g>\n");
	}
}

/* The same in words. */
static void
write_description(const struct report *r, uint64_t max, size_t i, struct output *out)
{
	const struct series *s = &r->series;
	char text[REPORT_FORMAT_MAX];

	output_printf(out,
		"<title id=\"chart-title\">Deliveries over time, by status</title>\n<desc id=\"chart-text\">%zu bars, ",
		s->n);
	output_printf(out, "from %s ", report_format_time(series_start(s, 0), text));
	output_printf(out, "to %s UTC. ", report_format_time(series_start(s, s->n), text));
	output_printf(out, "The highest begins at %s ",
		report_format_time(series_start(s, i), text));
	output_printf(out, "and has %s deliveries. The numbers are in the table below.</desc>\n",
		report_format_count(max, text));
}

void
report_chart_write(const struct report *r, struct output *out)
{
	const struct series *s = &r->series;
	uint64_t max = 0, distance, top;
	size_t highest = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (sum(&s->step[i]) > max) {
			max = sum(&s->step[i]);
			highest = i;
		}
	}
	distance = line_distance(max > 0 ? max : 1);
	top = max > 0 ? (max + distance - 1) / distance * distance : distance;
	output_lit(out,
		"<svg class=\"chart\" role=\"img\" aria-labelledby=\"chart-title\" aria-describedby=\"chart-text\">\n");
	write_description(r, max, highest, out);
	write_patterns(out);
	write_lines(distance, top, out);
	for (size_t i = 0; i < s->n; i++)
		write_bar(r, i, top, out);
	output_printf(out, "<line class=\"axis\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>\n", BASE, BASE);
	write_marks(s, out);
	output_lit(out, "</svg>\n");
}
