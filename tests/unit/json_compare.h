/*
 * json_compare - one text, read in five ways: by the scanner at once, by its calls one by one, by
 * the scanner compiled without SSE2, by the grammar of RFC 8259, and by libjq.
 */
#ifndef WB_UNIT_JSON_COMPARE_H
#define WB_UNIT_JSON_COMPARE_H

#include <jv.h>

#include "guard.h"
#include "json_portable.h"
#include "unit.h"

/* ---- the grammar, letter by letter ---- */

static inline const char *
rfc_space(const char *p, const char *end)
{
	while (p < end && (*p == 0x20 || *p == 0x09 || *p == 0x0a || *p == 0x0d))
		p++;
	return p;
}

/* The length of the well-formed sequence at ${p} [Unicode 15, table 3-7], or 0. */
static inline size_t
rfc_utf8(const char *p, const char *end)
{
	static const struct {
		unsigned char first, last, second_first, second_last;
		size_t len;
	} rows[] = {
		{0x00, 0x7f, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	const unsigned char *b = (const unsigned char *)p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (b[0] < rows[i].first || b[0] > rows[i].last)
			continue;
		if ((size_t)(end - p) < rows[i].len)
			return 0;
		if (rows[i].len > 1 && (b[1] < rows[i].second_first || b[1] > rows[i].second_last))
			return 0;
		for (size_t j = 2; j < rows[i].len; j++)
			if (b[j] < 0x80 || b[j] > 0xbf)
				return 0;
		return rows[i].len;
	}
	return 0;
}

/* Past the string at ${p}, or NULL. */
static inline const char *
rfc_string(const char *p, const char *end)
{
	if (p >= end || *p++ != '"')
		return NULL;
	while (p < end && *p != '"') {
		if (*p == '\\') {
			if (++p >= end || strchr("\"\\/bfnrtu", *p) == NULL || *p == '\0')
				return NULL;
			if (*p++ != 'u')
				continue;
			for (int i = 0; i < 4; i++, p++)
				if (p >= end || *p == '\0' ||
					strchr("0123456789abcdefABCDEF", *p) == NULL)
					return NULL;
		} else {
			size_t n = rfc_utf8(p, end);

			if (n == 0 || (unsigned char)*p < 0x20)
				return NULL;
			p += n;
		}
	}
	return p < end ? p + 1 : NULL;
}

static inline const char *
rfc_digits(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > start ? p : NULL;
}

static inline const char *
rfc_number(const char *p, const char *end)
{
	if (p < end && *p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else if ((p = rfc_digits(p, end)) == NULL)
		return NULL;
	if (p < end && *p == '.' && (p = rfc_digits(p + 1, end)) == NULL)
		return NULL;
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = rfc_digits(p, end);
	}
	return p;
}

/* Past the value at ${p} and the space around it, or NULL; at most ${depth} levels. */
static inline const char *
rfc_value(const char *p, const char *end, int depth)
{
	char close;

	if ((p = rfc_space(p, end)) >= end)
		return NULL;
	if (*p == '"') {
		p = rfc_string(p, end);
	} else if (*p == '[' || *p == '{') {
		close = *p == '[' ? ']' : '}';
		if (depth == 0)
			return NULL;
		p = rfc_space(p + 1, end);
		if (p < end && *p == close)
			return rfc_space(p + 1, end);
		for (;;) {
			if (close == '}' && ((p = rfc_string(rfc_space(p, end), end)) == NULL ||
						    (p = rfc_space(p, end)) >= end || *p++ != ':'))
				return NULL;
			if ((p = rfc_value(p, end, depth - 1)) == NULL || p >= end)
				return NULL;
			if (*p++ == close)
				break;
			if (p[-1] != ',')
				return NULL;
		}
	} else if (end - p >= 4 && (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0)) {
		p += 4;
	} else if (end - p >= 5 && memcmp(p, "false", 5) == 0) {
		p += 5;
	} else {
		p = rfc_number(p, end);
	}
	return p != NULL ? rfc_space(p, end) : NULL;
}

static inline bool
rfc_accepts(const char *text, size_t len)
{
	return rfc_value(text, text + len, JSON_DEPTH_MAX) == text + len;
}

/* ---- libjq ---- */

/*
 * libjq 1.6 forgets a string behind which another one stands, as in ["a""b"].
 * LeakSanitizer asks this function.
 */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libjq";
}

static inline bool
jq_accepts(const char *text, size_t len)
{
	jv value = jv_parse_sized(text, (int)len);
	bool valid = jv_is_valid(value);

	jv_free(value);
	return valid;
}

static inline bool
nests_deeper(const char *text, size_t len, int than)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			in_string = !in_string;
		else if (in_string && text[i] == '\\')
			i++;
		else if (!in_string && (text[i] == '[' || text[i] == '{') && ++depth > than)
			return true;
		else if (!in_string && (text[i] == ']' || text[i] == '}'))
			depth--;
	}
	return false;
}

/* Whether a valid text has an escape of a high surrogate without one of a low surrogate behind it.
 */
static inline bool
has_lone_high(const char *text, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		if (text[i] != '\\')
			continue;
		if (text[i + 1] == 'u' && strchr("dD", text[i + 2]) != NULL &&
			strchr("89abAB", text[i + 3]) != NULL) {
			if (i + 9 >= len || text[i + 6] != '\\' || text[i + 7] != 'u' ||
				strchr("dD", text[i + 8]) == NULL ||
				strchr("cdefCDEF", text[i + 9]) == NULL)
				return true;
			i += 6;
		}
		i++;
	}
	return false;
}

/* Whether the word at ${p} is a number to strtod(3), which is close to what libjq uses. */
static inline bool
is_lax_number(const char *p, const char *end)
{
	char word[1024], *rest;
	size_t n = 0;

	for (; p < end && n < sizeof(word) - 1 && strchr(" \t\r\n[]{}:,\"", *p) == NULL; p++)
		word[n++] = *p;
	word[n] = '\0';
	strtod(word, &rest);
	return n > 0 && *rest == '\0';
}

/*
 * Where libjq (1.6 and 1.7) is known to differ from RFC 8259, and so from the scanner. It accepts
 *  - numbers as strtod(3) does: nan, NaN, infinity, +1, 01, .5, 5., -.5, 1.e3, and \v or \f in
 * front of them;
 *  - malformed UTF-8 in strings, which it replaces by U+FFFD;
 *  - NUL bytes in strings, and behind and even in place of a number; U+001F in strings (1.6);
 *  - a byte order mark in front, and behind the value anything unfinished that ends in a record
 * separator (U+001E); and it refuses
 *  - more than 256 levels (1.6; 10,000 since 1.7, where our limit of 512 is the lower one);
 *  - an escaped high surrogate without a low one (1.6), while it takes a low one alone as U+FFFD.
 * Both take the last one of duplicate members, numbers too large for a double, U+007F as it is.
 * Returns what explains that the two disagree about a text, or NULL. ${at}: where the scanner found
 * its error.
 */
static inline const char *
jq_excuse(const char *text, size_t len, bool scanner_accepts, size_t at)
{
	if (scanner_accepts) {
		if (nests_deeper(text, len, 256))
			return "256 levels";
		return has_lone_high(text, len) ? "a high surrogate alone" : NULL;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return "byte order mark";
	if (memchr(text, '\0', len) != NULL)
		return "NUL";
	if (memchr(text, '\x1e', len) != NULL)
		return "record separator";
	if (at < len && text[at] == '\x1f')
		return "U+001F";
	if (at < len && (unsigned char)text[at] >= 0x80 && rfc_utf8(text + at, text + len) == 0)
		return "malformed UTF-8";
	if (nests_deeper(text, len, JSON_DEPTH_MAX))
		return "10,000 levels";
	return is_lax_number(text + at, text + len) ? "a number as strtod takes it" : NULL;
}

/* ---- all together ---- */

/* Read the value that comes next by the calls one by one, all the way down. */
static inline bool
walk(struct json *js)
{
	struct json_span span;

	switch (json_peek(js)) {
	case JSON_NONE:
		return false;
	case JSON_OBJECT:
		if (!json_open_object(js))
			return false;
		while (json_next_member(js, &span))
			if (!walk(js))
				return false;
		return js->error == NULL;
	case JSON_ARRAY:
		if (!json_open_array(js))
			return false;
		while (json_next_item(js))
			if (!walk(js))
				return false;
		return js->error == NULL;
	default:
		return json_value(js, &span);
	}
}

/* A text in a comment, at most 300 bytes of it. */
static inline void
show(const char *why, const char *text, size_t len)
{
	printf("# %s: ", why);
	for (size_t i = 0; i < len && i < 300; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c >= 0x7f || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	printf("%s\n", len > 300 ? " ..." : "");
}

static inline bool
differs(const char *why, const char *text, size_t len)
{
	if (unit_case_failures++ < 20)
		show(why, text, len);
	return false;
}

/*
 * Hold the scanner to the same answer in all ways, and keep it in *${accepts}, *${error} and
 * *${at}. A difference is a failed expectation, and makes this return false.
 */
static inline bool
compare(const char *bytes, size_t len, bool *accepts, const char **error, size_t *at)
{
	const char *text = guard_copy(bytes, len), *other = NULL;
	size_t other_at = 0;
	struct json js;
	bool ok, again;

	*error = NULL;
	*at = 0;
	*accepts = ok = json_validate(text, len, error, at);
	if (ok != (*error == NULL))
		return differs("an error without a message, or the other way round", bytes, len);
	if (portable_json_validate(text, len, &other, &other_at) != ok || other_at != *at ||
		(!ok && strcmp(*error, other) != 0))
		return differs("differs from the portable scanner", bytes, len);
	json_init(&js, text, len);
	again = walk(&js);
	if ((again && json_end(&js)) != ok ||
		(!ok && (js.error_at != *at || strcmp(js.error, *error) != 0)))
		return differs("differs when read step by step", bytes, len);
	if (rfc_accepts(text, len) != ok)
		return differs("differs from the grammar of RFC 8259", bytes, len);
	if (jq_accepts(text, len) != ok && jq_excuse(bytes, len, ok, *at) == NULL)
		return differs("differs from libjq", bytes, len);
	return true;
}

/* The same where only the answer counts. */
static inline bool
compare_only(const char *bytes, size_t len)
{
	const char *error;
	bool accepts;
	size_t at;

	compare(bytes, len, &accepts, &error, &at);
	return accepts;
}

#endif
