#include "appender.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "file.h"
#include "output.h"
#include "portable.h"
#include "strbuf.h"

struct appender {
	int fd;
	struct strbuf lines; /* to be written */
};

/* Whether ${fd} is a file that may be new. */
static bool
may_be_new(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

struct appender *
appender_open(const char *path, int *status)
{
	struct appender *a = calloc(1, sizeof(*a));
	struct output out;

	*status = EXIT_IO;
	if (a == NULL) {
		diag("out of memory");
		return NULL;
	}
	strbuf_init(&a->lines, (size_t)2 * 1024 * 1024 * 1024);
	if (output_open(&out, path) != 0) {
		*status = EXIT_USAGE;
		diag("cannot open '%s': %s", path, strerror(errno));
		free(a);
		return NULL;
	}
	a->fd = out.fd;
	if (!may_be_new(a->fd) || file_sync_directory(path) == 0)
		return a;
	diag("cannot make '%s' durable: %s", path, strerror(errno));
	(void)appender_close(a);
	return NULL;
}

void
appender_add(struct appender *a, const char *line, size_t len)
{
	strbuf_add(&a->lines, line, len);
	strbuf_addc(&a->lines, '\n');
}

/*
 * A write failed after ${written} bytes. Lines that are whole stay; half a line would run into the
 * next one. Others may append to the same file, so it is cut from its end, and only if that is
 * ours. Returns 0, or -1 with errno set.
 */
static int
cut(struct appender *a, size_t written)
{
	const char *newline = written > 0 ? portable_last(a->lines.buf, '\n', written) : NULL;
	const size_t whole = newline != NULL ? (size_t)(newline - a->lines.buf) + 1 : 0;
	const off_t end = lseek(a->fd, 0, SEEK_CUR);
	struct stat st;

	if (whole > 0)
		memmove(a->lines.buf, a->lines.buf + whole, a->lines.len - whole);
	a->lines.len -= whole;
	if (written == whole)
		return 0;
	if (fstat(a->fd, &st) != 0)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size != end)
		return 0;
	return ftruncate(a->fd, end - (off_t)(written - whole));
}

int
appender_write(struct appender *a)
{
	size_t written;
	int error;

	if (strbuf_failed(&a->lines)) {
		errno = ENOMEM;
		return -1;
	}
	if (a->lines.len == 0)
		return 0;
	error = output_write(a->fd, a->lines.buf, a->lines.len, &written);
	if (error == 0) {
		strbuf_reset(&a->lines);
		return 0;
	}
	if (cut(a, written) != 0)
		error = errno;
	errno = error;
	return -1;
}

size_t
appender_waiting(const struct appender *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->lines.len; i++)
		n += a->lines.buf[i] == '\n';
	return n;
}

int
appender_descriptor(const struct appender *a)
{
	return a->fd;
}

int
appender_close(struct appender *a)
{
	int fd;

	if (a == NULL)
		return 0;
	fd = a->fd;
	strbuf_release(&a->lines);
	free(a);
	return close(fd) == 0 || errno == EINTR ? 0 : -1;
}
