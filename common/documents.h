/*
 * documents - JSON objects out of a filter's input, however they are laid out: one a line, over
 * many lines, several in one line, or as the items of an array. A byte order mark before all of an
 * input is passed over.
 *
 * What is no object is refused like a bad line; reading goes on with the next line that begins with
 * a brace, so that a broken document takes none of its successors with it.
 */
#ifndef WB_DOCUMENTS_H
#define WB_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "strbuf.h"

/* Where a line comes from. */
struct documents_place {
	const char *source; /* borrowed */
	size_t file;        /* its number among the inputs */
	uint64_t line;
};

struct documents {
	struct filter *f;   /* borrowed */
	struct strbuf text; /* what was read, whole lines */
	size_t start, end;  /* what is not done with of one input; a line of the next may follow */
	bool ended;         /* no more of this input will come */
	struct documents_place at, read; /* of the start, and of the line read last */
	size_t last_line;                /* where that one starts */
	bool skipping;                   /* lines of a document that was refused */
	unsigned next;                   /* what may come, since arrays are open or not */
	uint64_t array_line;             /* where the last of them begins */
	/* of the document at the start, which may go on: */
	size_t seen, depth; /* up to where it was followed, and how many brackets are open there */
	bool in_string, after_backslash;
	size_t checked;  /* how much of it was looked at last, */
	unsigned checks; /* and how often because of how a line begins */
	/* the document returned last; NULL: none */
	const char *p;
	size_t len;
};

/**
 * documents_init(d, f), documents_release(d):
 * Read from ${f}, which must not be read from otherwise. Its --max-line is for documents, too.
 */
void documents_init(struct documents *d, struct filter *f);
void documents_release(struct documents *d);

/**
 * documents_next(d):
 * Find the next document, ${d->len} valid bytes at ${d->p}. Until the next call filter_reject
 * refuses it, by the number of its first line. False at the end, as filter_next.
 */
bool documents_next(struct documents *d);

#endif
