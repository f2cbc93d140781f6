#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beside.h"
#include "diag.h"
#include "portable.h"

/* Start the next one. ${*in}, what it reads, is closed, and becomes what the one behind it reads. */
static int
start_next(struct pipeline *p, char *const *argv, int *in, int out, const sigset_t *mask)
{
	int ends[2] = {-1, -1}, error = 0;
	pid_t pid = -1;

	if (out < 0 && portable_pipe(ends) != 0)
		error = errno;
	else if ((pid = beside_start(argv, *in, out < 0 ? ends[1] : out, mask)) < 0)
		error = errno;
	if (*in != STDIN_FILENO)
		close(*in);
	if (ends[1] >= 0)
		close(ends[1]);
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

	*p = (struct pipeline){0};
	for (size_t i = 0; i < n; i++) {
		if (start_next(p, stages[i], &in, i + 1 < n ? -1 : out, mask) == 0)
			continue;
		diag("cannot run %s: %s", stages[i][0], strerror(errno));
		if (in >= 0 && in != STDIN_FILENO)
			close(in);
		pipeline_signal(p, SIGTERM);
		pipeline_wait(p);
		return -1;
	}
	return 0;
}

void
pipeline_signal(const struct pipeline *p, int number)
{
	for (size_t i = 0; i < p->n; i++)
		kill(p->pids[i], number);
}

void
pipeline_wait(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		while (waitpid(p->pids[i], &p->statuses[i], 0) < 0 && errno == EINTR)
			;
}
