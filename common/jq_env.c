#include "jq_env.h"

#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 64 /* strings within strings; deeper ones are not looked into */

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

/* Whether the word from ${p} to ${stop} is the environment, by what stands around it. */
static bool
is_env(const char *p, const char *stop, const char *start, const char *end)
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
	/* the key of an object, and a key that is its value, too */
	return next != ':' && last != '{' && !(last == ',' && next == '}');
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
	size_t open[DEPTH_MAX] = {0}, depth = 0; /* parentheses in each string's piece of program */
	const char *p = program;

	while (p < end && depth < DEPTH_MAX - 1) {
		const char *stop = p;

		if (*p == '"' || (*p == ')' && depth > 0 && open[depth] == 0)) {
			depth -= *p == ')';
			p = string_end(p + 1, end);
			if (p[-1] == '(')
				open[++depth] = 0;
			continue;
		}
		open[depth] += *p == '(';
		open[depth] -= *p == ')' && open[depth] > 0;
		if (*p == '#') {
			while (p < end && *p != '\n')
				p++;
			continue;
		}
		while (stop < end && is_word(*stop))
			stop++;
		if (is_env(p, stop, program, end))
			return p;
		p = stop > p ? stop : p + 1;
	}
	return NULL;
}
