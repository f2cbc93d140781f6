/*
 * json_generate - JSON texts that nobody thought of, and changes that may break them.
 */
#ifndef WB_UNIT_JSON_GENERATE_H
#define WB_UNIT_JSON_GENERATE_H

#include <stdio.h>
#include <string.h>

#include "random.h"
#include "strbuf.h"

#define GENERATE_MAX ((size_t)1024 * 1024)

/* The same text twice, with white space anywhere that the grammar allows it and without. */
struct generated {
	struct strbuf spaced, compact;
	bool lone_high; /* whether an escaped high surrogate without a low one is in it */
};

static inline void
generate_both(struct generated *g, const char *text, size_t len)
{
	strbuf_add(&g->spaced, text, len);
	strbuf_add(&g->compact, text, len);
}

static inline void
generate_space(struct generated *g)
{
	while (random_once_in(6))
		strbuf_addc(&g->spaced, " \t\r\n"[random_below(4)]);
}

static inline void
generate_token(struct generated *g, const char *token)
{
	generate_space(g);
	generate_both(g, token, strlen(token));
	generate_space(g);
}

static inline void
generate_escape(struct generated *g, unsigned code)
{
	char text[8];

	snprintf(text, sizeof(text), random_once_in(2) ? "\\u%04x" : "\\u%04X", code);
	generate_both(g, text, 6);
}

/* A few characters of a string, in one of the ways to spell them. */
static inline void
generate_characters(struct generated *g)
{
	static const char *const raw[] = {"\xc3\xa9", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
		"\xe2\x82\xac", "\xed\x9f\xbf", "\xef\xbf\xbd", "\xf0\x90\x80\x80",
		"\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\x7f", "/", "{", "]", ",", ":", " ", "  "};
	const char *one;

	switch (random_below(12)) {
	case 0:
	case 1:
	case 2:
		one = raw[random_below(sizeof(raw) / sizeof(raw[0]))];
		generate_both(g, one, strlen(one));
		break;
	case 3:
	case 4:
		generate_both(g, "\\", 1);
		generate_both(g, &"\"\\/bfnrt"[random_below(8)], 1);
		break;
	case 5:
		generate_escape(g, (unsigned)random_below(0xd800));
		break;
	case 6:
		generate_escape(g, (unsigned)(random_once_in(2) ? random_below(0x80)
								: 0xe000 + random_below(0x2000)));
		break;
	case 7:
		generate_escape(g, (unsigned)(0xd800 + random_below(0x400)));
		generate_escape(g, (unsigned)(0xdc00 + random_below(0x400)));
		break;
	case 8:
		if (random_once_in(20))
			generate_escape(g, (unsigned)(0xdc00 + random_below(0x400)));
		if (random_once_in(40)) {
			generate_escape(g, (unsigned)(0xd800 + random_below(0x400)));
			generate_both(g, "x", 1);
			g->lone_high = true;
		}
		break;
	default:
		for (size_t n = random_below(30); n > 0; n--)
			generate_both(g,
				&"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
				 "$"[random_below(66)],
				1);
	}
}

static inline void
generate_string(struct generated *g)
{
	generate_space(g);
	generate_both(g, "\"", 1);
	for (size_t n = random_below(random_once_in(10) ? 30 : 4); n > 0; n--)
		generate_characters(g);
	generate_both(g, "\"", 1);
	generate_space(g);
}

static inline void
generate_digits(struct generated *g)
{
	for (size_t n = 1 + random_below(random_once_in(10) ? 30 : 4); n > 0; n--)
		generate_both(g, &"0123456789"[random_below(10)], 1);
}

static inline void
generate_number(struct generated *g)
{
	generate_space(g);
	if (random_once_in(3))
		generate_both(g, "-", 1);
	if (random_once_in(3)) {
		generate_both(g, "0", 1);
	} else {
		generate_both(g, &"123456789"[random_below(9)], 1);
		if (random_once_in(2))
			generate_digits(g);
	}
	if (random_once_in(3)) {
		generate_both(g, ".", 1);
		generate_digits(g);
	}
	if (random_once_in(4)) {
		generate_both(g, random_once_in(2) ? "e" : "E", 1);
		if (random_once_in(2))
			generate_both(g, random_once_in(2) ? "+" : "-", 1);
		generate_digits(g);
	}
	generate_space(g);
}

/* One value of any type; containers become rare with ${level}. */
static inline void
generate_value(struct generated *g, size_t level)
{
	size_t kind = random_below(8);

	if (level == 0 && !random_once_in(8))
		kind |= 6;
	else if (level > 2 && (level > 12 || random_once_in(2)))
		kind %= 6;
	switch (kind) {
	case 0:
	case 1:
		generate_string(g);
		break;
	case 2:
	case 3:
		generate_number(g);
		break;
	case 4:
		generate_token(g, random_once_in(2) ? "true" : "false");
		break;
	case 5:
		generate_token(g, "null");
		break;
	case 6:
		generate_token(g, "[");
		for (size_t n = random_below(7), i = 0; i < n; i++) {
			if (i > 0)
				generate_token(g, ",");
			generate_value(g, level + 1);
		}
		generate_token(g, "]");
		break;
	default:
		generate_token(g, "{");
		for (size_t n = random_below(7), i = 0; i < n; i++) {
			if (i > 0)
				generate_token(g, ",");
			/* short names come twice often enough */
			if (random_once_in(2))
				generate_string(g);
			else
				generate_token(g, random_once_in(3)   ? "\"a\""
						  : random_once_in(2) ? "\"\\u0061\""
								      : "\"b\"");
			generate_token(g, ":");
			generate_value(g, level + 1);
		}
		generate_token(g, "}");
	}
}

static inline void
generate_init(struct generated *g)
{
	strbuf_init(&g->spaced, GENERATE_MAX);
	strbuf_init(&g->compact, GENERATE_MAX);
}

static inline void
generate_release(struct generated *g)
{
	strbuf_release(&g->spaced);
	strbuf_release(&g->compact);
}

/* Another text. */
static inline void
generate(struct generated *g)
{
	strbuf_reset(&g->spaced);
	strbuf_reset(&g->compact);
	g->lone_high = false;
	generate_value(g, 0);
}

/* ${text} with one change that may make it malformed, or not. */
static inline void
generate_change(struct strbuf *text)
{
	static const char bytes[] = "\"\"\\\\{}[]::,,0123456789-+.eEtrufalsn "
				    "\n\t/bu\x01\x1f\x7f\x80\xbf\xc3\xa9\xed\xf0\xff";
	size_t at = random_below(text->len + 1), len;
	char c = random_once_in(8) ? (char)random_below(256)
				   : bytes[random_below(sizeof(bytes) - 1)];

	switch (random_below(6)) {
	case 0: /* a byte replaced */
	case 1:
		if (at < text->len)
			text->buf[at] = c;
		break;
	case 2: /* a byte more */
		strbuf_addc(text, c);
		memmove(text->buf + at + 1, text->buf + at, text->len - at - 1);
		text->buf[at] = c;
		break;
	case 3: /* some bytes fewer */
		len = 1 + random_below(random_once_in(4) ? 20 : 2);
		if (len > text->len - at)
			len = text->len - at;
		if (len > 0)
			memmove(text->buf + at, text->buf + at + len, text->len - at - len);
		text->len -= len;
		break;
	case 4: /* cut short */
		if (random_once_in(4))
			text->len = at;
		break;
	default: /* a piece written over another */
		len = 1 + random_below(8);
		if (at + len <= text->len)
			memmove(text->buf + at, text->buf + random_below(text->len - len + 1), len);
	}
}

#endif
