/*
 * timestamp - RFC 3339 times. Pure but for timestamp_now_ms.
 */
#ifndef WB_TIMESTAMP_H
#define WB_TIMESTAMP_H

#include <stddef.h>
#include <stdint.h>

#define TIMESTAMP_MAX 40 /* bytes of a time as text, NUL included */

/**
 * timestamp_now_ms():
 * Milliseconds since 1970, UTC, by the system's clock.
 */
int64_t timestamp_now_ms(void);

/**
 * timestamp_format(ms, out):
 * Write ${ms} since 1970 as "2026-11-24T02:25:00.123Z", without a fraction if it is
 * zero. Returns ${out}.
 */
char *timestamp_format(int64_t ms, char out[TIMESTAMP_MAX]);

/**
 * timestamp_format_ms(ms, out):
 * The same, always with milliseconds, so that such times sort as text.
 */
char *timestamp_format_ms(int64_t ms, char out[TIMESTAMP_MAX]);

/**
 * timestamp_parse(text, len, ms):
 * Read an RFC 3339 time with any offset; one without an offset is UTC, a space may stand for the T,
 * fractions are cut to milliseconds, a leap second counts as the second before. Returns 0, or -1 if
 * it is none or not within the years 1970 to 9999.
 */
int timestamp_parse(const char *text, size_t len, int64_t *ms);

/**
 * timestamp_parse_http(text, ms):
 * Read a time in any of the three forms that HTTP has for dates [RFC 9110, 5.6.7]. Returns 0, or -1
 * if it is none.
 */
int timestamp_parse_http(const char *text, int64_t *ms);

#endif
