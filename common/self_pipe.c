#include "self_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
self_pipe_open(struct self_pipe *p)
{
	p->is_full = false;
	if (pipe(p->fds) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		if (fcntl(p->fds[i], F_SETFD, FD_CLOEXEC) != 0 ||
			fcntl(p->fds[i], F_SETFL, O_NONBLOCK) != 0) {
			self_pipe_close(p);
			return -1;
		}
	}
	return 0;
}

void
self_pipe_close(struct self_pipe *p)
{
	close(p->fds[0]);
	close(p->fds[1]);
}

void
self_pipe_fill(struct self_pipe *p)
{
	while (!p->is_full) {
		p->is_full = write(p->fds[1], "", 1) == 1;
		/* It is empty, so nothing else can keep the byte out. */
		if (!p->is_full && errno != EINTR)
			return;
	}
}

void
self_pipe_empty(struct self_pipe *p)
{
	char byte;

	while (p->is_full) {
		p->is_full = read(p->fds[0], &byte, 1) != 1;
		if (p->is_full && errno != EINTR)
			return;
	}
}
