/*
 * lines_back - the lines of a file from its end to its beginning.
 *
 * A line is borrowed until the next call. Memory is bounded by the cap of a line, not by the file.
 */
#ifndef WB_LINES_BACK_H
#define WB_LINES_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lines.h"

struct lines_back {
	int fd;
	size_t max;        /* cap */
	char *buf;         /* owned */
	size_t start, end; /* bytes that were read and not yet returned */
	off_t before;      /* bytes of the file before those */
	bool oversize;     /* inside of a line that is too long */
	/* the line last returned, without its newline */
	const char *line;
	size_t len;
	off_t at;     /* where it begins in the file */
	bool newline; /* whether one ends it; only the last line of a file may have none */
};

/**
 * lines_back_open(in, fd, max):
 * Begin behind the last byte that the regular file ${fd} has now; the descriptor stays the
 * caller's. Returns 0, or -1 with errno set. To be released either way.
 */
int lines_back_open(struct lines_back *in, int fd, size_t max);

/**
 * lines_back_release(in):
 * Free the buffer.
 */
void lines_back_release(struct lines_back *in);

/**
 * lines_back_next(in):
 * The line before the one last returned: LINES_LINE; LINES_OVERSIZE for one longer than the cap,
 * of which only in->at is known; LINES_END before the first one; LINES_ERROR with errno set.
 */
enum lines_status lines_back_next(struct lines_back *in);

#endif
