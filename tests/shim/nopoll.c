/*
 * nopoll - a preload library with which waiting for descriptors fails, as it does when the system
 * is out of memory
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <poll.h>
#include <stddef.h>

int __poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t size);

int
poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	(void)fds, (void)n, (void)timeout_ms;
	errno = ENOMEM;
	return -1;
}

/* What it is called in programs that are built with checks. */
int
__poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t size)
{
	(void)size;
	return poll(fds, n, timeout_ms);
}
