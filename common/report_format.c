#include "report_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "shell.h"
#include "timestamp.h"

#define LAST_MS 253402300799999 /* 9999-12-31T23:59:59.999Z */

char *
report_format_count(uint64_t n, char out[REPORT_FORMAT_MAX])
{
	char digits[REPORT_FORMAT_MAX];
	const size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *p = out;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}

char *
report_format_share(uint64_t part, uint64_t whole, char out[REPORT_FORMAT_MAX])
{
	/* of a number that is too large to be multiplied, the last digits do not matter */
	const uint64_t scale = whole > UINT64_MAX / 1000 ? 1000 : 1,
		       permille = whole == 0 ? 0 : part / scale * 1000 / (whole / scale);

	if (whole == 0)
		snprintf(out, REPORT_FORMAT_MAX, "-");
	else if (part == 0 || part == whole)
		snprintf(out, REPORT_FORMAT_MAX, "%d%%", part == 0 ? 0 : 100);
	else if (permille == 0)
		snprintf(out, REPORT_FORMAT_MAX, "<0.1%%");
	else
		snprintf(out, REPORT_FORMAT_MAX, "%" PRIu64 ".%" PRIu64 "%%", permille / 10,
			permille % 10);
	return out;
}

char *
report_format_success(const struct report_numbers *numbers, char out[REPORT_FORMAT_MAX])
{
	const uint64_t finished = numbers->by_status[EXECUTION_FINISHED];

	return report_format_share(finished, finished + numbers->by_status[EXECUTION_FAILED], out);
}

char *
report_format_ms(uint64_t ms, char out[REPORT_FORMAT_MAX])
{
	static const struct {
		uint64_t ms, below;
		int digits;
		const char *name;
	} units[] = {
		{1000, 9995, 2, "s"},
		{1000, 59950, 1, "s"},
		{60000, 3597000, 1, "min"},
		{3600000, 86220000, 1, "h"},
		{86400000, UINT64_MAX, 1, "d"},
	};
	size_t i = 0;

	if (ms < 1000) {
		snprintf(out, REPORT_FORMAT_MAX, "%" PRIu64 " ms", ms);
		return out;
	}
	while (ms >= units[i].below && units[i].below != UINT64_MAX)
		i++;
	snprintf(out, REPORT_FORMAT_MAX, "%.*f %s", units[i].digits,
		(double)ms / (double)units[i].ms, units[i].name);
	return out;
}

char *
report_format_latency(const struct report_numbers *numbers, unsigned percent,
	char out[REPORT_FORMAT_MAX])
{
	if (numbers->latency.n > 0)
		return report_format_ms(quantiles_at(&numbers->latency, percent), out);
	snprintf(out, REPORT_FORMAT_MAX, "-");
	return out;
}

char *
report_format_exact(int64_t ms, char out[REPORT_FORMAT_MAX])
{
	char text[TIMESTAMP_MAX];

	timestamp_format(ms < 0 ? 0 : ms > LAST_MS ? LAST_MS : ms, text);
	snprintf(out, REPORT_FORMAT_MAX, "%.*s", REPORT_FORMAT_MAX - 1, text);
	return out;
}

char *
report_format_time(int64_t ms, char out[REPORT_FORMAT_MAX])
{
	char text[REPORT_FORMAT_MAX];

	report_format_exact(ms, text);
	snprintf(out, REPORT_FORMAT_MAX, "%.10s %.5s", text, text + strlen("2026-11-24T"));
	return out;
}

char *
report_format_span(const struct report *r, int64_t now_ms, char out[REPORT_FORMAT_SPAN_MAX])
{
	const bool has_times = r->all.n > r->undated;
	int64_t from_ms = r->has_since ? r->since_ms : r->first_ms,
		to_ms = r->has_until   ? r->until_ms
			: r->has_since ? now_ms
				       : r->last_ms;
	char from[REPORT_FORMAT_MAX], to[REPORT_FORMAT_MAX];

	if (has_times && r->last_ms > to_ms)
		to_ms = r->last_ms;
	report_format_time(from_ms, from);
	report_format_time(to_ms, to);
	if (!has_times && !r->has_since && !r->has_until)
		snprintf(out, REPORT_FORMAT_SPAN_MAX, "no times");
	else if (!has_times && !r->has_since)
		snprintf(out, REPORT_FORMAT_SPAN_MAX, "until %s UTC", to);
	else
		snprintf(out, REPORT_FORMAT_SPAN_MAX, "%s to %s UTC", from, to);
	return out;
}

char *
report_format_name(const struct report_group *group, char out[REPORT_FORMAT_NAME_MAX])
{
	if (group->is_rest)
		snprintf(out, REPORT_FORMAT_NAME_MAX, "(all others)");
	else if (group->name[0] == '\0')
		snprintf(out, REPORT_FORMAT_NAME_MAX, "(not told)");
	else
		snprintf(out, REPORT_FORMAT_NAME_MAX, "%s%s", group->is_queue ? "queue " : "",
			group->name);
	return out;
}

void
report_format_command(struct strbuf *sb, const struct report_failing *failing)
{
	strbuf_lit(sb, "wb-automation history --json --journal ");
	shell_quote(sb, failing->journal, strlen(failing->journal));
	strbuf_lit(sb, " | jq 'select(.delivery_id == \"");
	strbuf_adds(sb, failing->id);
	strbuf_lit(sb, "\")'");
}
