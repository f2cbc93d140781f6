#include "documents.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHECKS_MAX 64      /* of a document because of lines that begin like another */
#define KEEP (1024 * 1024) /* bytes that are done with and may stay in the buffer */

/* What may come next. */
enum {
	DOCUMENT = 1,
	ARRAY = 2, /* its bracket */
	COMMA = 4,
	ARRAY_END = 8,
	AT_TOP = DOCUMENT | ARRAY,
	/* in an array of which something was refused, and perhaps its end with it */
	ANYTHING = DOCUMENT | ARRAY | COMMA | ARRAY_END
};

void
documents_init(struct documents *d, struct filter *f)
{
	*d = (struct documents){.f = f, .next = AT_TOP};
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

	while (to < d->end && memchr(" \t\r\n", d->text.buf[to], 4) != NULL)
		to++;
	if (to != d->start)
		advance(d, to);
}

/* Take the bracket or comma at the start, if it is one that may come here. */
static bool
take_punctuation(struct documents *d)
{
	const unsigned was = d->next;

	switch (d->text.buf[d->start]) {
	case '[':
		if ((was & ARRAY) == 0)
			return false;
		d->array_line = d->at.line;
		d->next = DOCUMENT | ARRAY_END;
		break;
	case ',':
		if ((was & COMMA) == 0)
			return false;
		d->next = was == ANYTHING ? was : DOCUMENT;
		break;
	case ']':
		if ((was & ARRAY_END) == 0)
			return false;
		d->next = AT_TOP;
		break;
	default:
		return false;
	}
	advance(d, d->start + 1);
	return true;
}

/* ---- reading ---- */

/* Add the line that the filter has read, without the mark that may stand before all of a file. */
static void
add_line(struct documents *d)
{
	static const char mark[] = "\xef\xbb\xbf";
	const struct lines *in = &d->f->in;
	const size_t skip =
		in->number == 1 && in->len >= 3 && memcmp(in->line, mark, 3) == 0 ? 3 : 0;

	d->last_line = d->text.len;
	strbuf_add(&d->text, in->line + skip, in->len - skip);
	strbuf_addc(&d->text, '\n');
}

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
	add_line(d);
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
	if (d->next != AT_TOP)
		d->next = ANYTHING;
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

/* The input has ended, and so have arrays in it. */
static void
end_array(struct documents *d)
{
	if (d->next != AT_TOP && d->next != ANYTHING) {
		show(d, d->start);
		d->f->in.number--;
		d->f->in.newline = false;
		filter_reject(d->f, FILTER_NOWHERE, "unexpected end of the array of line %" PRIu64,
			d->array_line);
	}
	d->next = AT_TOP;
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

/* Why what stands at the start can be no document, or NULL. */
static const char *
find_fault(const struct documents *d)
{
	const char *p = d->text.buf + d->start;

	/* what a line ends with is always there */
	if (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0)
		return "UTF-16, and not UTF-8";
	if (*p != '{')
		return "not a JSON object";
	return (d->next & DOCUMENT) == 0 ? "expected ',' or ']'" : NULL;
}

/* Take the document at the start, or refuse it. Returns whether more must be read to know. */
static bool
find(struct documents *d)
{
	const size_t end = find_end(d), len = (end != 0 ? end : d->end) - d->start;
	const char *fault = find_fault(d);
	char why[80];

	if (fault != NULL) {
		refuse(d, 0, fault);
	} else if (len > d->f->in.max + 1) {
		snprintf(why, sizeof(why), "document longer than %zu bytes (--max-line)",
			d->f->in.max);
		refuse(d, FILTER_NOWHERE, why);
	} else if (end != 0 || d->ended) {
		if (check(d, len, true)) {
			d->p = d->text.buf + d->start;
			d->len = len;
			if (d->next != AT_TOP && d->next != ANYTHING)
				d->next = COMMA | ARRAY_END;
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
		if (d->start < d->end && (take_punctuation(d) || !find(d)))
			continue;
		if (d->start == d->end && d->ended) {
			end_array(d);
			if (!next_input(d))
				return false;
		} else if (!read_line(d)) {
			return false;
		}
	}
	show(d, d->start + d->len);
	return true;
}
