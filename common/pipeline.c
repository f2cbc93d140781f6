#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beside.h"
#include "diag.h"
#include "portable.h"

static void
close_input(int in)
{
	if (in >= 0 && in != STDIN_FILENO)
		close(in);
}

/*
 * Start the next one. ${*in}, what it reads, is closed, or kept if it is the last, and becomes what
 * the one behind it reads.
 */
static int
start_next(struct pipeline *p, char *const *argv, int *in, int out, const sigset_t *mask)
{
	int ends[2] = {-1, -1}, error = 0;
	pid_t pid = -1;

	if (out < 0 && portable_pipe(ends) != 0)
		error = errno;
	else if ((pid = beside_start(argv, *in, out < 0 ? ends[1] : out, mask)) < 0)
		error = errno;
	if (ends[1] >= 0)
		close(ends[1]);
	if (out < 0 || pid < 0)
		close_input(*in);
	else
		p->input = *in; /* of the last one */
	*in = ends[0];
	if (pid > 0)
		p->pids[p->n++] = pid;
	errno = error;
	return pid > 0 ? 0 : -1;
}

/* Start all. Returns 0, or -1 after a message. */
static int
start_all(struct pipeline *p, char *const *const *stages, size_t n, int out, const sigset_t *mask)
{
	int in = STDIN_FILENO;

	for (size_t i = 0; i < n; i++) {
		if (start_next(p, stages[i], &in, i + 1 < n ? -1 : out, mask) == 0)
			continue;
		diag("cannot run %s: %s", stages[i][0], strerror(errno));
		close_input(in);
		return -1;
	}
	return 0;
}

int
pipeline_start(struct pipeline *p, char *const *const *stages, size_t n, int out,
	const sigset_t *mask)
{
	int alive[2], status;

	*p = (struct pipeline){.input = -1, .alive = -1};
	if (portable_pipe(alive) != 0) {
		diag("cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	p->alive = alive[0];
	/* the programs hold this end, and nothing is ever written to it */
	(void)fcntl(alive[1], F_SETFD, 0);
	status = start_all(p, stages, n, out, mask);
	close(alive[1]);
	if (status == 0)
		return 0;
	pipeline_signal(p, SIGTERM);
	(void)pipeline_wait(p, -1);
	return -1;
}

void
pipeline_signal(const struct pipeline *p, int number)
{
	for (size_t i = p->nended; i < p->n; i++)
		kill(p->pids[i], number);
}

bool
pipeline_leave(struct pipeline *p)
{
	struct pollfd fd = {p->input, POLLIN, 0};
	bool is_at_end;
	int unread;

	if (p->input == STDIN_FILENO)
		return true;
	/* there are systems that call the end readable */
	is_at_end = poll(&fd, 1, 0) == 1 && (fd.revents & POLLHUP) != 0 &&
		    ioctl(p->input, FIONREAD, &unread) == 0 && unread == 0;
	close_input(p->input);
	p->input = -1;
	return is_at_end;
}

bool
pipeline_wait(struct pipeline *p, int fd)
{
	struct pollfd fds[] = {{p->alive, POLLIN, 0}, {fd, POLLIN, 0}};

	if (fd >= 0 && p->alive >= 0 && (poll(fds, 2, -1) < 0 || fds[0].revents == 0))
		return false;
	for (; p->nended < p->n; p->nended++)
		while (waitpid(p->pids[p->nended], &p->statuses[p->nended], 0) < 0 &&
			errno == EINTR)
			;
	if (p->alive >= 0)
		close(p->alive);
	p->alive = -1;
	return true;
}
