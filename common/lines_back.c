#include "lines_back.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "portable.h"

#define PIECE ((size_t)256 * 1024)

/* A line of ${max} bytes, its newline, and a piece before it. */
static size_t
buffer_size(const struct lines_back *in)
{
	return in->max + 1 + PIECE;
}

int
lines_back_open(struct lines_back *in, int fd, size_t max)
{
	struct stat st;

	*in = (struct lines_back){.fd = fd, .max = max};
	in->start = in->end = buffer_size(in);
	if (fstat(fd, &st) != 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
		return -1;
	}
	in->before = st.st_size;
	in->buf = malloc(buffer_size(in));
	return in->buf != NULL ? 0 : -1;
}

void
lines_back_release(struct lines_back *in)
{
	free(in->buf);
	in->buf = NULL;
}

/* Read a piece before what is there. Returns 0 or -1. */
static int
read_before(struct lines_back *in)
{
	const size_t have = in->end - in->start, size = buffer_size(in);
	size_t want = in->before < (off_t)PIECE ? (size_t)in->before : PIECE, got = 0;

	memmove(in->buf + size - have, in->buf + in->start, have);
	in->end = size;
	in->start = size - have;
	in->before -= (off_t)want;
	while (got < want) {
		ssize_t n = pread(in->fd, in->buf + in->start - want + got, want - got,
			in->before + (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : EIO; /* it became shorter */
			return -1;
		}
		got += (size_t)n;
	}
	in->start -= want;
	return 0;
}

/* The line that ends at in->end and begins at ${start}. */
static enum lines_status
take(struct lines_back *in, size_t start)
{
	const bool oversize = in->oversize;

	in->line = in->buf + start;
	in->len = in->end - start - in->newline;
	in->at = in->before + (off_t)(start - in->start);
	in->end = start;
	in->oversize = false;
	return oversize || in->len > in->max ? LINES_OVERSIZE : LINES_LINE;
}

enum lines_status
lines_back_next(struct lines_back *in)
{
	bool looked = false; /* whether the end of the line was seen */

	for (;;) {
		const char *text = in->buf + in->start, *newline;
		size_t have = in->end - in->start;

		if (have > 0 && !looked) {
			in->newline = text[have - 1] == '\n';
			looked = true;
		}
		newline = portable_last(text, '\n',
			have - (have > 0 && in->newline && !in->oversize));
		if (newline != NULL)
			return take(in, (size_t)(newline + 1 - in->buf));
		if (in->before == 0)
			return have > 0 || in->oversize ? take(in, in->start) : LINES_END;
		if (have > in->max + 1) { /* its bytes do not matter, only where it begins */
			in->oversize = true;
			in->newline = false;
			in->end = in->start;
		}
		if (read_before(in) != 0)
			return LINES_ERROR;
	}
}
