/*
 * durable - what was appended to files survives a power cut: fdatasync(2) in a thread, once for all
 * that was written meanwhile (group commit).
 *
 *	write(fd, ...);
 *	ticket = durable_commit(d);
 *	... poll(2) on durable_fd(d) ...
 *	if (durable_poll(d, &done, &fd) == 0 && done >= ticket)
 *		... what was written is on the disk
 *
 * Functions are to be called from one thread, the owner's.
 */
#ifndef WB_DURABLE_H
#define WB_DURABLE_H

#include <stdint.h>

#define DURABLE_FILES_MAX 4

struct durable;

/**
 * durable_new():
 * Start nothing yet: the thread starts with the first commit. Returns NULL with errno set when
 * memory or descriptors run out.
 */
struct durable *durable_new(void);

/**
 * durable_free(d):
 * Wait until all that was committed is durable or has failed, and end. The files stay open. NULL is
 * fine.
 */
void durable_free(struct durable *d);

/**
 * durable_add(d, fd):
 * From now on commits are of ${fd}, too, which must stay open until durable_free. Returns 0, or -1
 * with errno ENOSPC if there are DURABLE_FILES_MAX already.
 */
int durable_add(struct durable *d, int fd);

/**
 * durable_commit(d):
 * What was written to the files before this call is to become durable. Returns a ticket, greater
 * than all before. Never blocks: commits during an fdatasync, and during a pause of 50 to 500 ms
 * behind it, wait for the next one, together. A thread that cannot be started is a failure for
 * durable_poll.
 */
uint64_t durable_commit(struct durable *d);

/**
 * durable_urge(d):
 * Make no pause before all that was committed is durable: enough has come together.
 */
void durable_urge(struct durable *d);

/**
 * durable_hurry(d):
 * From now on make no pauses: nothing more comes that could be made durable together.
 */
void durable_hurry(struct durable *d);

/**
 * durable_fd(d):
 * A descriptor, for poll(2) only, that is readable when durable_poll has something new to say.
 */
int durable_fd(const struct durable *d);

/**
 * durable_poll(d, done, fd):
 * Put the greatest ticket that is durable into *${done}, 0 at first; all smaller ones are, too. A
 * descriptor that has nothing to make durable (a pipe, a terminal, /dev/null) holds nobody up.
 * Returns 0, or the errno of the first failure, with its descriptor in *${fd} (-1: no thread). A
 * failure sticks, and nothing becomes durable any more: after a failed fdatasync the kernel may
 * have dropped what was written, and would call the next one a success. durable_fd is not readable
 * any more until there is news. Never blocks.
 */
int durable_poll(struct durable *d, uint64_t *done, int *fd);

#endif
