/*
 * self_pipe - a pipe by which a thread tells a loop of poll(2) that there is news. It holds one
 * byte, or none. Its state is to be kept under the mutex of what the news is about.
 */
#ifndef WB_SELF_PIPE_H
#define WB_SELF_PIPE_H

#include <stdbool.h>

struct self_pipe {
	int fds[2]; /* poll(2) for reading on the first one */
	bool is_full;
};

/**
 * self_pipe_open(p), self_pipe_close(p):
 * An empty one; no program that is started inherits it. Returns 0, or -1 with errno set.
 */
int self_pipe_open(struct self_pipe *p);
void self_pipe_close(struct self_pipe *p);

/**
 * self_pipe_fill(p), self_pipe_empty(p):
 * There is news; there is none. Neither blocks.
 */
void self_pipe_fill(struct self_pipe *p);
void self_pipe_empty(struct self_pipe *p);

#endif
