#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

void
output_init(struct output *out, int fd, const char *name)
{
	*out = (struct output){.fd = fd, .name = name};
}

int
output_open(struct output *out, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	output_init(out, fd, path);
	return 0;
}

static void
write_all(struct output *out, const char *p, size_t len)
{
	while (len > 0 && out->error == 0) {
		ssize_t n = write(out->fd, p, len);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			/* Somebody made our descriptor non-blocking; wait as if it were not. */
			struct pollfd wait = {.fd = out->fd, .events = POLLOUT};

			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				out->error = errno;
		} else if (errno != EINTR) {
			out->error = errno;
		}
	}
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
