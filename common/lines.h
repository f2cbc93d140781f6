/*
 * lines - one line after another from a descriptor, with one growing buffer and a
 * cap on a line's length.
 *
 * A line is borrowed until the next call. Memory is bounded by the cap, not by the input.
 */
#ifndef WB_LINES_H
#define WB_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_MAX_DEFAULT (16 * 1024 * 1024) /* bytes of a line, its newline not counted */
#define LINES_MAX_LIMIT (1024 * 1024 * 1024)

enum lines_status {
	LINES_END,      /* no more */
	LINES_LINE,     /* a whole line, or a last one without newline */
	LINES_OVERSIZE, /* a piece of a line beyond the cap; the last piece has .last set */
	LINES_AGAIN,    /* nothing whole is here and reading would block */
	LINES_ERROR     /* read(2) failed, errno says how, or memory ran out */
};

struct lines {
	int fd;
	size_t max; /* cap */
	char *buf;  /* owned */
	size_t size, start, end, scanned;
	bool at_eof, oversize;
	uint64_t number; /* of the line last returned, from 1 */
	uint64_t taken;  /* bytes of all lines and pieces returned, newlines too */
	/* the line or piece last returned, without its newline */
	const char *line;
	size_t len;
	bool last;    /* of an oversize line's pieces */
	bool newline; /* whether a newline ended it */
};

/**
 * lines_init(in, max):
 * No descriptor yet. Allocates nothing.
 */
void lines_init(struct lines *in, size_t max);

/**
 * lines_open(in, fd):
 * Go on with ${fd}, which stays the caller's to close; line numbers start again. The
 * buffer is kept.
 */
void lines_open(struct lines *in, int fd);

/**
 * lines_release(in):
 * Free the buffer.
 */
void lines_release(struct lines *in);

/**
 * lines_next(in, wait):
 * Read the next line into in->line and in->len. Without ${wait} it never blocks, and a FIFO that
 * was opened with O_NONBLOCK does not end before it had a writer.
 */
enum lines_status lines_next(struct lines *in, bool wait);

#endif
