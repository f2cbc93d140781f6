/*
 * recorder - everything that is kept of a delivery's end: a line in the journal, a dead letter, a
 * receipt; in this order, and durable before the receipt is printed.
 *
 * Journal and dead letters are written at once, so that a killed process has lost none; receipts
 * wait until the disk has them too, all that came meanwhile together. Nothing here waits for the
 * disk or for a slow reader but recorder_wait. Where the journal or the disk has failed no receipt
 * is printed any more; where only dead letters cannot be written they are, since they are true.
 */
#ifndef WB_RECORDER_H
#define WB_RECORDER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "receipt.h"

#define RECORDER_BYTES_MAX ((size_t)2 * 1024 * 1024) /* of receipts that wait, about; */
#define RECORDER_ALL_MAX ((size_t)64 * 1024 * 1024)  /* with those of what is under way */
#define RECORDER_FDS 2                               /* of recorder_fds */

struct recorder_options {
	const char *journal;     /* a path, or NULL */
	uint64_t keep_ms;        /* drop older lines of it first; 0: keep all */
	bool skips_failed;       /* what has failed in it counts as finished */
	const char *dead_letter; /* a path, or NULL */
	int out_fd;              /* where receipts go */
	int rejects_fd;          /* where refused lines go, or -1 */
	size_t response_max;     /* bytes of a response in a receipt */
};

struct recorder;

/**
 * recorder_new(options, status):
 * Open all. NULL after a message, with the tool's exit status in *${status}.
 */
struct recorder *recorder_new(const struct recorder_options *options, int *status);

/**
 * recorder_free(r):
 * Close all without waiting; NULL is fine.
 */
void recorder_free(struct recorder *r);

/**
 * recorder_is_finished(r, delivery_id):
 * Whether the journal has it.
 */
bool recorder_is_finished(const struct recorder *r, const struct json_span *delivery_id);

/**
 * recorder_has_room(r, n):
 * Whether ${n} more deliveries can be recorded: the disk has room for them in the journal, not too
 * many receipts wait, and theirs find room beside those; for one they do. False as well after a
 * failure. If true, and ${n} is not 0, that room is kept for the next ${n} that finish or fail.
 */
bool recorder_has_room(struct recorder *r, size_t n);

/**
 * recorder_has_failed(r):
 * Whether anything has failed since the start.
 */
bool recorder_has_failed(const struct recorder *r);

/**
 * recorder_add(r, receipt, line, len):
 * Keep the end of a delivery, whose record is the ${len} bytes at ${line}. One that is deferred
 * after an attempt is left out of the journal where it would take the room of what is under way.
 * Returns whether it is told of: when receipts cannot be printed any more, those of deliveries that
 * were not tried, and may be by the next run, are dropped.
 */
bool recorder_add(struct recorder *r, const struct receipt *receipt, const char *line, size_t len);

/**
 * recorder_was_attempted(r, delivery_id):
 * Whether it may have been sent before: the journal has that it was to be, or there is none.
 */
bool recorder_was_attempted(const struct recorder *r, const struct json_span *delivery_id);

/**
 * recorder_attempt(r, rec):
 * Keep that ${rec} is about to be sent. Returns a ticket, to be asked about with recorder_is_kept:
 * it is not to be sent before.
 */
uint64_t recorder_attempt(struct recorder *r, const struct record *rec);

/**
 * recorder_is_kept(r, ticket):
 * Whether what the ticket is for is durable, as far as there is a journal. Never true after a
 * failure.
 */
bool recorder_is_kept(const struct recorder *r, uint64_t ticket);

/**
 * recorder_flush(r):
 * Write what can be written without waiting; to be called before anything new is sent, and when one
 * of recorder_fds is ready. Returns 0, or -1 if anything has failed since the start, which was told
 * once: nothing more is to be sent, and what is under way is still kept as far as that can be done.
 */
int recorder_flush(struct recorder *r);

/**
 * recorder_fds(r, fds):
 * What to wait for, as many of ${fds} as it returns.
 */
size_t recorder_fds(const struct recorder *r, struct pollfd fds[RECORDER_FDS]);

/**
 * recorder_wait(r, cancel_fd, limit_ms):
 * Wait until all is durable and written, or cannot be. A reader of receipts is waited for until it
 * has taken none for ${limit_ms} (-1: for ever), which is a failure then, or ${cancel_fd} (-1:
 * none) is readable. Returns 1 in this case, and may be called again; else 0.
 */
int recorder_wait(struct recorder *r, int cancel_fd, int64_t limit_ms);

/**
 * recorder_finish(r):
 * Close all, after recorder_wait. After a failure, the receipts that could not be written as they
 * should go to standard error, so that none is lost.
 * Returns 0, or -1 if anything failed since the start, after a message.
 */
int recorder_finish(struct recorder *r);

#endif
