#include "regex_common.h"

#include <stdbool.h>
#include <string.h>

struct reader {
	const char *start, *p, *end;
	const char *wrong; /* NULL: nothing yet */
	size_t wrong_len;
};

static bool
refuse(struct reader *r, const char *at, size_t len)
{
	const size_t left = (size_t)(r->end - at);

	if (r->wrong == NULL) {
		r->wrong = at;
		r->wrong_len = len < left ? len : left;
	}
	return false;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Whether what follows is one of the bytes of ${set}. */
static bool
next_is(const struct reader *r, const char *set)
{
	return r->p < r->end && *r->p != '\0' && strchr(set, *r->p) != NULL;
}

/* An escape, behind its backslash at ${at}; *${is_set}: it stands for several characters. */
static bool
read_escape(struct reader *r, const char *at, bool in_set, bool *is_set)
{
	const char c = r->p < r->end ? *r->p : '\0';

	*is_set = false;
	if (c == '\0' || (unsigned char)c >= 0x80)
		return refuse(r, at, 2);
	r->p++;
	if (!is_alnum(c))
		return true;
	if (strchr("dDwWsS", c) != NULL) {
		*is_set = true;
		return true;
	}
	if (strchr(in_set ? "ntrf" : "ntrfbBAz", c) != NULL)
		return true;
	/* \xHH, of ASCII: for Oniguruma it is a byte */
	if (c == 'x' && r->end - r->p >= 2 && r->p[0] >= '0' && r->p[0] <= '7' &&
		(is_digit(r->p[1]) || ((r->p[1] | 0x20) >= 'a' && (r->p[1] | 0x20) <= 'f'))) {
		r->p += 2;
		return true;
	}
	return refuse(r, at, 2);
}

/* One member of a set, or an end of a range. */
static bool
read_set_member(struct reader *r, bool *is_set)
{
	const char *at = r->p++;

	*is_set = false;
	if (*at == '\\')
		return read_escape(r, at, true, is_set);
	if (*at == '[' || *at == '\0')
		return refuse(r, at, 1);
	/* operations on sets, for some, now or later */
	if (r->p < r->end && *r->p == *at && strchr("&|~-", *at) != NULL)
		return refuse(r, at, 2);
	return true;
}

/* A set, behind its bracket. */
static bool
read_set(struct reader *r)
{
	const char *open = r->p - 1, *first, *at;
	bool is_set, ends_in_set;

	if (next_is(r, "^"))
		r->p++;
	first = r->p;
	if (next_is(r, "]"))
		return refuse(r, open, (size_t)(r->p + 1 - open));
	while (r->p < r->end && *r->p != ']') {
		at = r->p;
		if (!read_set_member(r, &is_set))
			return false;
		if (*at == '-' && at != first && !next_is(r, "]"))
			return refuse(r, at, 1);
		if (!next_is(r, "-") || (r->end - r->p > 1 && r->p[1] == ']'))
			continue;
		if (r->end - r->p > 1 && r->p[1] == '-')
			return refuse(r, r->p, 2);
		if (++r->p == r->end)
			break;
		if (!read_set_member(r, &ends_in_set))
			return false;
		if (is_set || ends_in_set)
			return refuse(r, at, (size_t)(r->p - at));
	}
	if (r->p == r->end)
		return refuse(r, open, 1);
	r->p++;
	return true;
}

/* What is behind "(?" at ${open}. */
static bool
read_group(struct reader *r, const char *open)
{
	const char *flags = r->p;

	if (next_is(r, ":=!")) {
		r->p++;
		return true;
	}
	if (next_is(r, "<")) {
		r->p++;
		if (!next_is(r, "=!"))
			return refuse(r, open, 3);
		r->p++;
		return true;
	}
	while (next_is(r, "is"))
		r->p++;
	/* for all of the expression only at its beginning: Python wants it there */
	if (r->p > flags && (next_is(r, ":") || (next_is(r, ")") && open == r->start))) {
		r->p++;
		return true;
	}
	return refuse(r, open, (size_t)(r->p + 1 - open));
}

/* {N}, {N,} or {N,M}, behind its brace at ${open}. */
static bool
read_interval(struct reader *r, const char *open)
{
	const char *digits = r->p;
	bool is_range = false;

	while (r->p < r->end && is_digit(*r->p))
		r->p++;
	if (r->p == digits || r->p - digits > 3)
		return refuse(r, open, 1);
	if (next_is(r, ",")) {
		is_range = true;
		for (digits = ++r->p; r->p < r->end && is_digit(*r->p);)
			r->p++;
	}
	if (!next_is(r, "}") || r->p - digits > 3)
		return refuse(r, open, 1);
	r->p++;
	/* {N}? is optional for some */
	return is_range || !next_is(r, "?") || refuse(r, open, (size_t)(r->p + 1 - open));
}

/* A repetition that began at ${at}: it may be reluctant, but no more follows. */
static bool
end_repetition(struct reader *r, const char *at)
{
	if (next_is(r, "?"))
		r->p++;
	return !next_is(r, "*+?{") || refuse(r, at, (size_t)(r->p + 1 - at));
}

static bool
read_piece(struct reader *r)
{
	const char *at = r->p++;
	bool is_set;

	switch (*at) {
	case '\0':
		return refuse(r, at, 1);
	case '\\':
		return read_escape(r, at, false, &is_set);
	case '[':
		return read_set(r);
	case '(':
		if (!next_is(r, "?"))
			return true;
		r->p++;
		return read_group(r, at);
	case '{':
		return read_interval(r, at) && end_repetition(r, at);
	case '*':
	case '+':
	case '?':
		return end_repetition(r, at);
	default:
		return true;
	}
}

const char *
regex_uncommon(const char *regex, size_t len, size_t *uncommon_len)
{
	struct reader r = {.start = regex, .p = regex, .end = regex + len};

	while (r.p < r.end && read_piece(&r))
		continue;
	*uncommon_len = r.wrong_len;
	return r.wrong;
}
