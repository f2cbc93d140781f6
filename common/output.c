#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "portable.h"

void
output_init(struct output *out, int fd, const char *name)
{
	*out = (struct output){.fd = fd, .name = name};
}

/* Whether the regular file ${path}, which is open for writing as ${fd}, ends within a line. */
static bool
ends_within_line(const char *path, int fd)
{
	struct stat st, other;
	char last = '\n';
	int in;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	/* What cannot be read is left as it is. */
	if ((in = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	if (fstat(in, &other) != 0 || other.st_ino != st.st_ino ||
		pread(in, &last, 1, st.st_size - 1) != 1)
		last = '\n';
	close(in);
	return last != '\n';
}

int
output_open(struct output *out, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	size_t written;

	if (fd < 0)
		return -1;
	output_init(out, fd, path);
	if (!ends_within_line(path, fd) || (errno = output_write(fd, "\n", 1, &written)) == 0)
		return 0;
	close(fd);
	return -1;
}

int
output_write(int fd, const void *data, size_t len, size_t *written)
{
	const char *p = data;

	*written = 0;
	while (*written < len) {
		ssize_t n = write(fd, p + *written, len - *written);

		if (n >= 0) {
			*written += (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			/* Somebody made our descriptor non-blocking; wait as if it were not. */
			struct pollfd wait = {.fd = fd, .events = POLLOUT};

			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				return errno;
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

/* Wait until ${fd} takes something, or cannot any more. Returns 0, EINTR to stop, or an errno. */
static int
wait_until_taken(int fd, int stop_fd)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT}, {.fd = stop_fd, .events = POLLIN}};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return errno;
	return fds[1].revents != 0 ? EINTR : 0;
}

/* How much of ${len} bytes goes at a time: whole lines, if one ends in there. */
static size_t
next_piece(const char *p, size_t len)
{
	const char *newline;

	if (len > PIPE_BUF)
		len = PIPE_BUF;
	newline = portable_last(p, '\n', len);
	return newline != NULL ? (size_t)(newline - p) + 1 : len;
}

int
output_write_until(int fd, const void *data, size_t len, int stop_fd, size_t *written)
{
	const char *p = data;
	int error;

	for (*written = 0; *written < len;) {
		size_t n;

		/* A pipe that takes anything takes a piece of this size, and does not block. */
		if ((error = wait_until_taken(fd, stop_fd)) != 0)
			return error;
		error = output_write(fd, p + *written, next_piece(p + *written, len - *written),
			&n);
		*written += n;
		if (error != 0)
			return error;
	}
	return 0;
}

static void
write_all(struct output *out, const char *p, size_t len)
{
	size_t written;

	if (out->error == 0)
		out->error = output_write(out->fd, p, len, &written);
}

void
output_add(struct output *out, const void *data, size_t len)
{
	if (out->buf == NULL && out->error == 0 && (out->buf = malloc(OUTPUT_SIZE)) == NULL)
		out->error = ENOMEM;
	if (out->error != 0)
		return;
	if (len > OUTPUT_SIZE - out->len) {
		output_flush(out);
		if (len >= OUTPUT_SIZE) {
			write_all(out, data, len);
			return;
		}
	}
	if (out->error == 0 && len != 0) {
		memcpy(out->buf + out->len, data, len);
		out->len += len;
	}
}

void
output_printf(struct output *out, const char *fmt, ...)
{
	char text[OUTPUT_PRINTF_MAX + 1];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(text))
		output_add(out, text, (size_t)n);
	else if (out->error == 0)
		out->error = EOVERFLOW;
}

void
output_addc(struct output *out, char c)
{
	output_add(out, &c, 1);
}

int
output_flush(struct output *out)
{
	size_t len = out->len;

	out->len = 0;
	if (len > 0)
		write_all(out, out->buf, len);
	return out->error == 0 ? 0 : -1;
}

int
output_close(struct output *out)
{
	output_flush(out);
	/* NFS and quotas may report a failed write only here. */
	if (out->fd >= 0 && close(out->fd) != 0 && errno != EINTR && out->error == 0)
		out->error = errno;
	free(out->buf);
	out->buf = NULL;
	out->fd = -1;
	return out->error == 0 ? 0 : -1;
}
