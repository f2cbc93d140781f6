/*
 * report_format - numbers, times and names of a report as people read them, whatever it is written
 * as. Pure.
 */
#ifndef WB_REPORT_FORMAT_H
#define WB_REPORT_FORMAT_H

#include "report.h"
#include "strbuf.h"

#define REPORT_FORMAT_MAX 32 /* bytes of a number or time, NUL included */
#define REPORT_FORMAT_SPAN_MAX 80
#define REPORT_FORMAT_NAME_MAX (REPORT_TEXT_MAX + 16)

/**
 * report_format_count(n, out):
 * "1,204". Returns ${out}, as all of these do.
 */
char *report_format_count(uint64_t n, char out[REPORT_FORMAT_MAX]);

/**
 * report_format_share(part, whole, out):
 * "97.3%", rounded down: 100% is all, and 0% nothing. "-" of nothing.
 */
char *report_format_share(uint64_t part, uint64_t whole, char out[REPORT_FORMAT_MAX]);

/**
 * report_format_success(numbers, out):
 * The share of the finished ones among those that have come to an end.
 */
char *report_format_success(const struct report_numbers *numbers, char out[REPORT_FORMAT_MAX]);

/**
 * report_format_ms(ms, out):
 * How long: "212 ms", "1.24 s", "12.5 s", "3.5 min", "2.0 h", "30.0 d".
 */
char *report_format_ms(uint64_t ms, char out[REPORT_FORMAT_MAX]);

/**
 * report_format_latency(numbers, percent, out):
 * The latency that so many of 100 finished deliveries did not exceed, or "-".
 */
char *report_format_latency(const struct report_numbers *numbers, unsigned percent,
	char out[REPORT_FORMAT_MAX]);

/**
 * report_format_exact(ms, out), report_format_time(ms, out):
 * "2026-11-24T11:17:08.123Z" and "2026-11-24 11:17", in UTC; of a time that RFC 3339 cannot say,
 * the nearest that it can.
 */
char *report_format_exact(int64_t ms, char out[REPORT_FORMAT_MAX]);
char *report_format_time(int64_t ms, char out[REPORT_FORMAT_MAX]);

/**
 * report_format_span(r, now_ms, out):
 * What times it is about: "2026-11-17 11:17 to 2026-11-24 11:17 UTC". ${now_ms} ends what is wanted
 * up to now.
 */
char *report_format_span(const struct report *r, int64_t now_ms, char out[REPORT_FORMAT_SPAN_MAX]);

/**
 * report_format_name(group, out):
 * What a group is called, also where the journal does not tell.
 */
char *report_format_name(const struct report_group *group, char out[REPORT_FORMAT_NAME_MAX]);

/**
 * report_format_command(sb, failing):
 * Append the command that shows all that the journal has of a delivery.
 */
void report_format_command(struct strbuf *sb, const struct report_failing *failing);

#endif
