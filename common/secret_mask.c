#include "secret_mask.h"

#include <ctype.h>
#include <string.h>

#include "json_text.h"
#include "utf8.h"

/* Decode the JSON escape at ${p} into *${n} bytes; returns its own length, 0 if malformed. */
static size_t
unescape(const char *p, const char *end, unsigned char out[4], size_t *n)
{
	const ptrdiff_t need = end - p >= 2 && p[1] == 'u' ? 6 : 2;
	struct json_char c;

	if (end - p < need)
		return 0;
	for (ptrdiff_t i = 2; i < need; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return 0;
	}
	c = json_char_at(p, end);
	if (c.code > 0x10ffff || (c.code >= 0xd800 && c.code < 0xe000))
		return 0;
	*n = utf8_encode(out, c.code);
	return c.len;
}

/*
 * Whether there may be more of the escape at ${p} behind ${end}; a pair of
 * surrogates has 12 characters.
 */
static bool
is_cut_escape(const char *p, const char *end)
{
	return end - p < (end - p >= 2 && p[1] == 'u' ? 12 : 2);
}

/*
 * How many bytes at the start of ${text} spell ${s} JSON-escaped, 0 if they do not. By decoding,
 * since every writer escapes differently: PHP writes \/, Python \u00e9.
 */
static size_t
match_escaped(const char *text, const char *end, const struct secret *s, bool cut)
{
	const char *p = text;
	size_t at = 0;

	while (at < s->len) {
		unsigned char bytes[4] = {0};
		size_t n = 1, taken = 1;

		if (p >= end)
			return cut ? (size_t)(p - text) : 0;
		bytes[0] = (unsigned char)*p;
		if (*p == '\\' && (taken = unescape(p, end, bytes, &n)) == 0)
			return cut && is_cut_escape(p, end) ? (size_t)(end - text) : 0;
		if (n > s->len - at || memcmp(s->value + at, bytes, n) != 0)
			return 0;
		p += taken;
		at += n;
	}
	return (size_t)(p - text);
}

size_t
secret_mask_match(const char *text, const char *end, const struct secret *s, bool cut)
{
	size_t plain = 0, escaped = 0, len = s->len;

	if (cut && (size_t)(end - text) < len)
		len = (size_t)(end - text);
	if (*text == s->value[0] && (size_t)(end - text) >= len && memcmp(text, s->value, len) == 0)
		plain = len;
	if (*text == s->value[0] || *text == '\\')
		escaped = match_escaped(text, end, s, cut);
	return plain > escaped ? plain : escaped;
}
