#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
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

int
pipeline_start(struct pipeline *p, char *const *const *stages, size_t n, int out,
	const sigset_t *mask)
{
	int in = STDIN_FILENO;

	*p = (struct pipeline){.input = -1};
	for (size_t i = 0; i < n; i++) {
		if (start_next(p, stages[i], &in, i + 1 < n ? -1 : out, mask) == 0)
			continue;
		diag("cannot run %s: %s", stages[i][0], strerror(errno));
		close_input(in);
		pipeline_signal(p, SIGTERM);
		(void)pipeline_wait(p, -1);
		return -1;
	}
	return 0;
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
	/* of a pipe that is empty, and that nobody writes to any more */
	const bool is_at_end = poll(&fd, 1, 0) == 1 && (fd.revents & (POLLIN | POLLHUP)) == POLLHUP;

	if (p->input == STDIN_FILENO)
		return true;
	close_input(p->input);
	p->input = -1;
	return is_at_end;
}

/* Wait until the process has ended, or ${fd} is readable. Returns whether it was the process. */
static bool
ends_first(pid_t pid, int fd)
{
	struct pollfd fds[] = {{-1, POLLIN, 0}, {fd, POLLIN, 0}};

	if (fd < 0)
		return true;
	/* a kernel that has no such descriptors leaves nothing but to wait for the process alone */
	if ((fds[0].fd = (int)syscall(SYS_pidfd_open, pid, 0)) < 0)
		return true;
	(void)poll(fds, 2, -1);
	close(fds[0].fd);
	return fds[0].revents != 0;
}

bool
pipeline_wait(struct pipeline *p, int fd)
{
	for (; p->nended < p->n; p->nended++) {
		const size_t i = p->nended;

		if (!ends_first(p->pids[i], fd))
			return false;
		while (waitpid(p->pids[i], &p->statuses[i], 0) < 0 && errno == EINTR)
			;
	}
	return true;
}
