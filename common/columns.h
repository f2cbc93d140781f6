/*
 * columns - rows of text, aligned for a terminal.
 *
 * Rows are kept until columns_write, so that columns can be as wide as their cells. What is not for
 * a terminal, control characters, invisible ones and malformed UTF-8, is shown as \xNN.
 */
#ifndef WB_COLUMNS_H
#define WB_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"
#include "strbuf.h"

#define COLUMNS_MAX 12
#define COLUMNS_WIDTH_MAX 60  /* a cell that is wider does not make the others so */
#define COLUMNS_CELL_MAX 1024 /* bytes of a cell as it is shown; what is longer ends in "..." */

struct columns {
	size_t n;                  /* columns */
	size_t width[COLUMNS_MAX]; /* of each, so far */
	bool right
		[COLUMNS_MAX]; /* whether cells stand at its right, as numbers do; false at first */
	struct strbuf text;    /* cells, each with a NUL behind it */
	size_t ncells;         /* in text */
};

/**
 * columns_init(c, n), columns_release(c):
 * ${n} columns, at most COLUMNS_MAX.
 */
void columns_init(struct columns *c, size_t n);
void columns_release(struct columns *c);

/**
 * columns_add(c, text, len):
 * The next cell; after ${n} of them a new row begins.
 */
void columns_add(struct columns *c, const char *text, size_t len);
void columns_adds(struct columns *c, const char *text);

/**
 * columns_rows(c):
 * How many whole rows wait to be written.
 */
size_t columns_rows(const struct columns *c);

/**
 * columns_write(c, out):
 * Write the rows, two spaces between columns and none at the end of a line, and forget them; the
 * columns stay at least as wide as they are. Returns 0, or -1 if memory ran out while they were
 * added.
 */
int columns_write(struct columns *c, struct output *out);

#endif
