#include "jq_env.h"

#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 256 /* brackets within brackets; what is deeper is not looked into */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * Whether the word from ${p} to ${stop} is the environment, by what stands around it and the
 * bracket ${in} that it is in.
 */
static bool
is_env(const char *p, const char *stop, const char *start, const char *end, char in)
{
	const char before = p > start ? p[-1] : ' ', *left = p;
	char next, last;

	if (stop - p != 3)
		return false;
	if (memcmp(p, "ENV", 3) == 0)
		return before == '$';
	if (memcmp(p, "env", 3) != 0 || before == '.' || before == '$' || before == '@')
		return false;
	while (left > start && is_space(left[-1]))
		left--;
	while (stop < end && is_space(*stop))
		stop++;
	last = left > start ? left[-1] : ' ';
	next = stop < end ? *stop : ' ';
	/* the key of an object, with a value or without */
	return next != ':' && !(in == '{' && (last == '{' || last == ','));
}

/* The end of the string's text that begins at ${p}: behind its quote, or behind a "\(". */
static const char *
string_end(const char *p, const char *end)
{
	for (; p < end && *p != '"'; p++) {
		if (*p != '\\' || p + 1 == end)
			continue;
		if (*++p == '(')
			return p + 1;
	}
	return p < end ? p + 1 : end;
}

const char *
jq_env_at(const char *program, size_t len)
{
	const char *const end = program + len;
	char open[DEPTH_MAX] = {0}; /* a quote for the piece of program in a string */
	size_t depth = 0;
	const char *p = program;

	while (p < end && depth < DEPTH_MAX - 1) {
		const char *stop = p;

		if (*p == '"' || (*p == ')' && open[depth] == '"')) {
			depth -= *p == ')';
			p = string_end(p + 1, end);
			if (p[-1] == '(')
				open[++depth] = '"';
			continue;
		}
		if (strchr("([{", *p) != NULL && *p != '\0')
			open[++depth] = *p;
		else if (strchr(")]}", *p) != NULL && *p != '\0' && depth > 0)
			depth--;
		if (*p == '#') {
			while (p < end && *p != '\n')
				p++;
			continue;
		}
		while (stop < end && is_word(*stop))
			stop++;
		if (is_env(p, stop, program, end, open[depth]))
			return p;
		p = stop > p ? stop : p + 1;
	}
	return NULL;
}
