#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_SIZE ((size_t)128 * 1024)

void
lines_init(struct lines *in, size_t max)
{
	*in = (struct lines){.fd = -1, .max = max, .at_eof = true};
}

void
lines_open(struct lines *in, int fd)
{
	in->fd = fd;
	in->start = in->end = in->scanned = 0;
	in->at_eof = in->oversize = false;
	in->number = in->taken = 0;
}

void
lines_release(struct lines *in)
{
	free(in->buf);
	lines_init(in, in->max);
}

static enum lines_status
give(struct lines *in, size_t len, bool newline)
{
	in->line = in->buf + in->start;
	in->len = len;
	in->newline = newline;
	in->start += len + newline;
	in->taken += len + newline;
	in->scanned = in->start;
	if (in->oversize || len > in->max) {
		in->last = true;
		in->number += !in->oversize;
		in->oversize = false;
		return LINES_OVERSIZE;
	}
	in->number++;
	return LINES_LINE;
}

/* All that is in the buffer belongs to a line beyond the cap: hand it out and forget it. */
static enum lines_status
give_piece(struct lines *in)
{
	in->line = in->buf + in->start;
	in->len = in->end - in->start;
	in->taken += in->len;
	in->last = in->newline = false;
	in->number += !in->oversize;
	in->oversize = true;
	in->start = in->end = in->scanned = 0;
	return LINES_OVERSIZE;
}

/* Make room behind the bytes that are there: move them to the front, or grow. */
static int
make_room(struct lines *in)
{
	size_t size = in->size;
	char *buf;

	if (in->start > 0) {
		memmove(in->buf, in->buf + in->start, in->end - in->start);
		in->end -= in->start;
		in->scanned -= in->start;
		in->start = 0;
	}
	if (in->end < size)
		return 0;
	size = size == 0 ? FIRST_SIZE : size * 2;
	if (size > in->max + FIRST_SIZE)
		size = in->max + FIRST_SIZE;
	if ((buf = realloc(in->buf, size)) == NULL)
		return -1;
	in->buf = buf;
	in->size = size;
	return 0;
}

static bool
would_block(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&p, 1, 0);
	while (n < 0 && errno == EINTR);
	return n == 0;
}

enum lines_status
lines_next(struct lines *in, bool wait)
{
	for (;;) {
		const char *newline = NULL;
		ssize_t n;

		if (in->end > in->scanned)
			newline = memchr(in->buf + in->scanned, '\n', in->end - in->scanned);
		if (newline != NULL)
			return give(in, (size_t)(newline - in->buf) - in->start, true);
		in->scanned = in->end;
		if (in->at_eof)
			return in->end > in->start || in->oversize
				       ? give(in, in->end - in->start, false)
				       : LINES_END;
		if (in->end - in->start > in->max || (in->oversize && in->end > in->start))
			return give_piece(in);
		if (!wait && would_block(in->fd))
			return LINES_AGAIN;
		if (make_room(in) != 0)
			return LINES_ERROR;
		do
			n = read(in->fd, in->buf + in->end, in->size - in->end);
		while (n < 0 && errno == EINTR);
		if (n < 0) {
			if (!wait && (errno == EAGAIN || errno == EWOULDBLOCK))
				return LINES_AGAIN;
			return LINES_ERROR;
		}
		in->at_eof = n == 0;
		in->end += (size_t)n;
	}
}
