#include "netrc.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char no_memory[] = "out of memory";

struct netrc {
	const char *p, *end;
	struct strbuf *word; /* the one that was read last; it may be the password */
	bool is_quoted;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is(const struct netrc *n, const char *name)
{
	return !n->is_quoted && n->word->len == strlen(name) &&
	       memcmp(n->word->buf, name, n->word->len) == 0;
}

/* Read the next word. Returns whether there is one; *${wrong} is set if it is malformed. */
static bool
next_word(struct netrc *n, bool is_value, const char **wrong)
{
	strbuf_reset(n->word);
	for (; n->p < n->end && (is_blank(*n->p) || (*n->p == '#' && !is_value)); n->p++) {
		const char *newline;

		if (*n->p != '#')
			continue;
		newline = memchr(n->p, '\n', (size_t)(n->end - n->p));
		n->p = newline != NULL ? newline : n->end - 1;
	}
	if (n->p == n->end)
		return false;
	n->is_quoted = *n->p == '"';
	for (n->p += n->is_quoted; n->p < n->end; n->p++) {
		if (n->is_quoted ? *n->p == '"' : is_blank(*n->p))
			break;
		if (*n->p == '\\' && n->p + 1 < n->end)
			n->p++;
		strbuf_addc(n->word, *n->p);
	}
	if (n->is_quoted && n->p == n->end)
		*wrong = "a quote in it does not end";
	n->p += n->is_quoted && n->p < n->end;
	if (strbuf_failed(n->word))
		*wrong = no_memory;
	return *wrong == NULL;
}

/* Macros end with a blank line. */
static void
skip_macro(struct netrc *n)
{
	const char *blank = memmem(n->p, (size_t)(n->end - n->p), "\n\n", 2);

	n->p = blank != NULL ? blank : n->end;
}

const char *
netrc_password(const char *text, size_t len, const char *machine, struct strbuf *password)
{
	struct netrc n = {.p = text, .end = text + len, .word = password};
	bool is_entry = false, is_it = false;
	const char *wrong = NULL;

	while (next_word(&n, false, &wrong)) {
		if (is(&n, "default")) {
			is_entry = is_it = true;
			continue;
		}
		if (is(&n, "machine")) {
			if (!next_word(&n, true, &wrong))
				return wrong != NULL ? wrong : "a machine in it has no name";
			is_entry = true;
			is_it = password->len == strlen(machine) &&
				strncasecmp(password->buf, machine, password->len) == 0;
			continue;
		}
		if (is(&n, "macdef")) {
			skip_macro(&n);
			continue;
		}
		if (is_entry && is(&n, "password")) {
			if (!next_word(&n, true, &wrong))
				return wrong != NULL ? wrong : "a password in it is missing";
			if (is_it)
				return NULL;
			continue;
		}
		if (!is_entry || (!is(&n, "login") && !is(&n, "account")))
			return "a word in it is unknown";
		if (!next_word(&n, true, &wrong))
			return wrong != NULL ? wrong : "a login in it is missing";
	}
	strbuf_reset(password);
	return wrong != NULL ? wrong : "not found";
}
