#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beside.h"
#include "diag.h"
#include "portable.h"

#define PIECE ((size_t)64 * 1024)

/* Our ends of its pipes; -1: closed. */
struct ends {
	int to, from;
};

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Start the program. Returns its id, or -1 with errno set. */
static pid_t
start(char *const *argv, struct ends *ends)
{
	int in[2], out[2], saved;
	pid_t pid;

	if (portable_pipe(in) != 0)
		return -1;
	if (portable_pipe(out) != 0) {
		saved = errno;
		close(in[0]);
		close(in[1]);
		errno = saved;
		return -1;
	}
	pid = beside_start(argv, in[0], out[1], NULL);
	saved = errno;
	close(in[0]);
	close(out[1]);
	*ends = (struct ends){in[1], out[0]};
	errno = saved;
	return pid;
}

/* Write a piece of what is left; a program that reads no more gets no more. */
static void
feed(struct ends *ends, const char **in, size_t *len)
{
	const ssize_t n = write(ends->to, *in, *len < PIECE ? *len : PIECE);

	if (n > 0) {
		*in += n;
		*len -= (size_t)n;
	} else if (n < 0 && errno != EINTR && errno != EAGAIN) {
		*len = 0;
	}
	if (*len == 0)
		close_end(&ends->to);
}

static void
collect(struct ends *ends, struct strbuf *out)
{
	char *p = strbuf_room(out, PIECE);
	const ssize_t n = p != NULL ? read(ends->from, p, PIECE) : 0;

	if (n > 0)
		out->len += (size_t)n;
	else if (n == 0 || errno != EINTR)
		close_end(&ends->from);
}

static void
exchange(struct ends *ends, const char *in, size_t len, struct strbuf *out)
{
	if (len == 0 || fcntl(ends->to, F_SETFL, O_NONBLOCK) != 0)
		close_end(&ends->to);
	while (ends->to >= 0 || ends->from >= 0) {
		struct pollfd fds[2] = {{ends->to, POLLOUT, 0}, {ends->from, POLLIN, 0}};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (ends->to >= 0 && fds[0].revents != 0)
			feed(ends, &in, &len);
		if (ends->from >= 0 && fds[1].revents != 0)
			collect(ends, out);
	}
	close_end(&ends->to);
	close_end(&ends->from);
}

int
stage_run(char *const *argv, const void *in, size_t len, struct strbuf *out)
{
	struct ends ends = {-1, -1};
	const pid_t pid = start(argv, &ends);
	int status = 0;

	if (pid < 0) {
		diag("cannot run %s: %s", argv[0], strerror(errno));
		close_end(&ends.to);
		close_end(&ends.from);
		return -1;
	}
	exchange(&ends, in, len, out);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status)) {
		diag("%s was ended by signal %d", argv[0], WTERMSIG(status));
		return -1;
	}
	if (strbuf_failed(out)) {
		diag("out of memory");
		return -1;
	}
	return WEXITSTATUS(status);
}
