#include "documents.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHECKS_MAX 64      /* of a document because of lines that begin like another */
#define KEEP (1024 * 1024) /* bytes that are done with and may stay in the buffer */

void
documents_init(struct documents *d, struct filter *f)
{
	*d = (struct documents){.f = f};
	/* A document that is almost too long, a line behind it, and what is done with. */
	strbuf_init(&d->text, 2 * f->in.max + 2 * KEEP);
}

void
documents_release(struct documents *d)
{
	strbuf_release(&d->text);
}

/* Be done with all before ${to}. */
static void
advance(struct documents *d, size_t to)
{
	for (; d->start < to; d->start++)
		d->at.line += d->text.buf[d->start] == '\n';
	d->seen = d->start;
	d->depth = d->checked = 0;
	d->checks = 0;
	d->in_string = d->after_backslash = false;
}

static void
skip_blanks(struct documents *d)
{
	size_t to = d->start;

	while (to < d->end && strchr(" \t\r\n", d->text.buf[to]) != NULL)
		to++;
	if (to != d->start)
		advance(d, to);
}

/* ---- reading ---- */

/* Move what is not done with to the front, when that is worth it. */
static void
compact(struct documents *d)
{
	const size_t n = d->start;

	if (n == 0 || (n < d->text.len && n < KEEP))
		return;
	memmove(d->text.buf, d->text.buf + n, d->text.len - n);
	d->text.len -= n;
	d->start = 0;
	d->end -= n;
	d->seen -= n;
}

/*
 * Read a line of this input into the buffer. If there is none, it has ended, and a line of the next
 * one may stand in the buffer. Returns false when reading failed.
 */
static bool
read_line(struct documents *d)
{
	struct filter *f = d->f;
	uint64_t before = d->read.line;

	compact(d);
	f->source = d->read.source;
	f->in.number = before;
	if (!filter_next(f)) {
		d->ended = true;
		return true;
	}
	if (d->read.file != f->next_file) {
		d->ended = true;
		before = f->in.number;
	}
	d->read = (struct documents_place){f->source, f->next_file, f->in.number};
	/* blank lines were passed over */
	while (!d->ended && d->start < d->end && ++before < f->in.number)
		strbuf_addc(&d->text, '\n');
	d->last_line = d->text.len;
	strbuf_add(&d->text, f->in.line, f->in.len);
	strbuf_addc(&d->text, '\n');
	if (!d->ended && d->start == d->end)
		d->at = d->read;
	if (!d->ended)
		d->end = d->text.len;
	if (!strbuf_failed(&d->text))
		return true;
	filter_fail(f, "out of memory");
	return false;
}

/* Go on with the line of the next input. Returns false if there is none. */
static bool
next_input(struct documents *d)
{
	if (d->end == d->text.len)
		return false;
	d->at = d->read;
	d->end = d->text.len;
	d->ended = d->skipping = false;
	return true;
}

/* ---- refusing ---- */

/* Let the filter have what comes before ${end} as its line. */
static void
show(struct documents *d, size_t end)
{
	struct lines *in = &d->f->in;

	d->f->source = d->at.source;
	in->number = d->at.line;
	in->line = d->text.buf + d->start;
	in->len = end - d->start;
	in->newline = true;
}

static size_t
end_of_line(const struct documents *d)
{
	const char *newline = memchr(d->text.buf + d->start, '\n', d->end - d->start);

	return (size_t)(newline - d->text.buf);
}

/*
 * Refuse the line in which the document begins, for what is wrong ${at} bytes behind its start. The
 * lines that belong to it follow without a word.
 */
static void
refuse(struct documents *d, size_t at, const char *why)
{
	const char *p = d->text.buf + d->start, *newline;
	const size_t end = end_of_line(d);

	show(d, end);
	d->skipping = *p == '{';
	/* what is missing at the end is not missing in a line of its own */
	if (at != FILTER_NOWHERE && at > 0 && d->start + at == d->end)
		at--;
	while (at != FILTER_NOWHERE && (newline = memchr(p, '\n', at)) != NULL) {
		d->f->in.number++;
		at -= (size_t)(newline + 1 - p);
		p = newline + 1;
	}
	if (d->f->in.number == d->at.line)
		filter_reject(d->f, at, "%s", why);
	else
		filter_reject(d->f, at, "%s, in the document of line %" PRIu64, why, d->at.line);
	advance(d, end + 1);
}

/* Pass over lines of what was refused. */
static void
skip_refused(struct documents *d)
{
	while (d->start < d->end && d->text.buf[d->start] != '{') {
		const size_t end = end_of_line(d);

		show(d, end);
		filter_keep(d->f);
		advance(d, end + 1);
	}
	d->skipping = d->start == d->end;
}

/* ---- finding ---- */

/* Follow the brackets of what is new. Returns where the document ends, or 0 if it does not. */
static size_t
find_end(struct documents *d)
{
	while (d->seen < d->end) {
		const char c = d->text.buf[d->seen++];

		if (d->after_backslash) {
			d->after_backslash = false;
		} else if (d->in_string) {
			d->after_backslash = c == '\\';
			d->in_string = c != '"';
		} else if (c == '"') {
			d->in_string = true;
		} else if (c == '{' || c == '[') {
			d->depth++;
		} else if ((c == '}' || c == ']') && --d->depth == 0) {
			return d->seen;
		}
	}
	return 0;
}

/* Whether to look at a document that goes on. To do it for every line would take for ever. */
static bool
is_suspect(struct documents *d)
{
	return d->end - d->start >= 2 * d->checked ||
	       (d->text.buf[d->last_line] == '{' && ++d->checks <= CHECKS_MAX);
}

/*
 * Look at ${len} bytes of the document, all of it or not. Returns whether they are well-formed, and
 * refuses it if not.
 */
static bool
check(struct documents *d, size_t len, bool is_all)
{
	struct json js;

	d->checked = len;
	json_init(&js, d->text.buf + d->start, len);
	if (json_value(&js, NULL) || (!is_all && js.error_at == len))
		return true;
	refuse(d, js.error_at, js.error);
	return false;
}

/* Take the document at the start, or refuse it. Returns whether more must be read to know. */
static bool
find(struct documents *d)
{
	const size_t end = find_end(d), len = (end != 0 ? end : d->end) - d->start;
	char why[80];

	if (d->text.buf[d->start] != '{') {
		refuse(d, 0, "not a JSON object");
	} else if (len > d->f->in.max + 1) {
		snprintf(why, sizeof(why), "document longer than %zu bytes (--max-line)",
			d->f->in.max);
		refuse(d, FILTER_NOWHERE, why);
	} else if (end != 0 || d->ended) {
		if (check(d, len, true)) {
			d->p = d->text.buf + d->start;
			d->len = len;
		}
	} else {
		return !is_suspect(d) || check(d, len, false);
	}
	return false;
}

bool
documents_next(struct documents *d)
{
	if (d->p != NULL)
		advance(d, d->start + d->len);
	d->p = NULL;
	while (d->p == NULL) {
		if (d->skipping)
			skip_refused(d);
		skip_blanks(d);
		if (d->start < d->end && !find(d))
			continue;
		if (d->start == d->end && d->ended) {
			if (!next_input(d))
				return false;
		} else if (!read_line(d)) {
			return false;
		}
	}
	show(d, d->start + d->len);
	return true;
}
