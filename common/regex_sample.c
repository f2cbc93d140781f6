#include "regex_sample.h"

#include <stdbool.h>
#include <string.h>

#define REPEATS_MAX 64 /* of one piece: a guess need not be long */
#define DEPTH_MAX 32

struct reader {
	const char *p, *end;
	unsigned depth;
};

static void read_alternatives(struct reader *r, struct strbuf *sb);

/* The character that stands for \c. */
static char
escaped(char c)
{
	switch (c) {
	case 'd':
	case 'h':
		return '0';
	case 'w':
	case 'D':
	case 'S':
		return 'a';
	case 'W':
		return '-';
	case 's':
		return ' ';
	case 't':
		return '\t';
	case 'n':
		return '\n';
	default:
		return c;
	}
}

/* A character of a set, behind its bracket. */
static void
read_set(struct reader *r, struct strbuf *sb)
{
	const bool negated = r->p < r->end && *r->p == '^';
	const char *first;
	char c = 'a';

	r->p += negated;
	first = r->p;
	while (r->p < r->end && (*r->p != ']' || r->p == first)) {
		bool is_first = r->p == first;

		if (r->p + 1 < r->end && r->p[0] == '[' && r->p[1] == ':') {
			const char *close = memchr(r->p, ']', (size_t)(r->end - r->p));

			/* of the named ones only that of digits is without letters */
			c = is_first && r->end - r->p > 6 && memcmp(r->p, "[:digit", 7) == 0 ? '0'
											     : c;
			r->p = close != NULL ? close + 1 : r->end;
			continue;
		}
		if (*r->p == '\\' && r->p + 1 < r->end) {
			r->p++;
			c = is_first ? escaped(*r->p) : c;
		} else if (is_first) {
			c = *r->p;
		}
		r->p++;
	}
	r->p += r->p < r->end;
	/* anything that a set which is negated does not mention will do, most likely */
	strbuf_addc(sb, !negated ? c : c == '_' ? 'x' : '_');
}

/* A group, behind its parenthesis. */
static void
read_group(struct reader *r, struct strbuf *sb)
{
	const size_t len = sb->len;
	bool looks = false; /* and takes no character */

	if (r->p < r->end && *r->p == '?') {
		r->p++;
		looks = r->p < r->end && (*r->p == '=' || *r->p == '!' || *r->p == '<');
		while (r->p < r->end && strchr("imsx-", *r->p) != NULL)
			r->p++;
		if (r->p < r->end && strchr(":=!>", *r->p) != NULL)
			r->p++;
	}
	read_alternatives(r, sb);
	if (looks)
		sb->len = len;
	r->p += r->p < r->end;
}

/* A piece that a count may follow. */
static void
read_piece(struct reader *r, struct strbuf *sb)
{
	const char c = *r->p++;

	if (c == '(') {
		read_group(r, sb);
	} else if (c == '[') {
		read_set(r, sb);
	} else if (c == '.') {
		strbuf_addc(sb, 'a');
	} else if (c == '\\' && r->p < r->end) {
		const char e = *r->p++;

		if (strchr("bBAZzG", e) == NULL)
			strbuf_addc(sb, escaped(e));
	} else if (c != '^' && c != '$') {
		strbuf_addc(sb, c);
		while (r->p < r->end && ((unsigned char)*r->p & 0xc0) == 0x80)
			strbuf_addc(sb, *r->p++); /* the rest of a character */
	}
}

/* How often what stands before a count has to come. */
static unsigned
read_count(struct reader *r)
{
	unsigned n = 1;

	if (r->p == r->end)
		return 1;
	if (*r->p == '?' || *r->p == '*') {
		n = 0;
		r->p++;
	} else if (*r->p == '+') {
		r->p++;
	} else if (*r->p == '{' && r->p + 1 < r->end && r->p[1] >= '0' && r->p[1] <= '9') {
		for (n = 0, r->p++; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
			n = n < REPEATS_MAX ? n * 10 + (unsigned)(*r->p - '0') : n;
		while (r->p < r->end && *r->p++ != '}')
			;
	} else {
		return 1;
	}
	if (r->p < r->end && (*r->p == '?' || *r->p == '+'))
		r->p++; /* lazy, or possessive */
	return n < REPEATS_MAX ? n : REPEATS_MAX;
}

/*
 * The first alternative; the others are read into nothing. Ends before a parenthesis, or at the
 * end.
 */
static void
read_alternatives(struct reader *r, struct strbuf *sb)
{
	bool is_first = true;

	if (++r->depth > DEPTH_MAX)
		r->p = r->end;
	while (r->p < r->end && *r->p != ')') {
		const size_t from = sb->len;
		size_t piece;
		unsigned n;

		if (*r->p == '|') {
			is_first = false;
			r->p++;
			continue;
		}
		read_piece(r, sb);
		piece = sb->len - from;
		n = read_count(r);
		if (n == 0 || !is_first)
			sb->len = from;
		for (; n > 1 && is_first && strbuf_room(sb, piece) != NULL; n--) {
			if (piece > 0)
				memcpy(sb->buf + sb->len, sb->buf + from, piece);
			sb->len += piece;
		}
	}
	r->depth--;
}

void
regex_sample(struct strbuf *sb, const char *regex, size_t len)
{
	struct reader r = {.p = regex, .end = regex + len};

	read_alternatives(&r, sb);
}
