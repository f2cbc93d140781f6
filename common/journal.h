/*
 * journal - what became of deliveries, kept in a file from one run to the next, so that none that
 * is finished is sent again: wb-send(1), JOURNAL.
 *
 * The file is JSON lines, appended to:
 *	{"delivery_id":"...","status":"finished","at":"2026-11-24T11:17:08.123Z",...}
 * One sender has it at a time. Nothing here is durable by itself but what journal_open does:
 * fdatasync journal_descriptor after journal_write (durable.h), and SIGXFSZ must be ignored, so
 * that a limit of the size of files is an error and not the end.
 *
 *	if (journal_reserve(j, in_flight + 1) == 0)
 *		... send; what comes of it can be recorded
 *	journal_add(j, &entry);
 *	if (journal_reserve(j, in_flight + 1) == 0)
 *		... journal_add of what was not in flight, and so has no room of its own
 *	if (journal_write(j) == 0)
 *		ticket = durable_commit(d);
 */
#ifndef WB_JOURNAL_H
#define WB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal_line.h"

struct journal;

/**
 * journal_open(path, keep_ms, with_failed, now_ms, status):
 * Open ${path}, made with mode 0600 if it is not there, lock it and load it. Unless ${keep_ms} is
 * 0, deliveries that ended more than ${keep_ms} before ${now_ms} (since 1970) count as not
 * there, and their lines are dropped from the file when they are an eighth of it or it is smaller
 * than 1 MiB; if that cannot be done, a message says so and nothing else changes. A torn last line
 * is mended, after a message. ${with_failed}: what has failed counts as finished. All that was
 * loaded is durable. Returns NULL after a message with *${status} set to EXIT_USAGE (in use by
 * another sender, corrupt, no regular file, cannot be opened) or EXIT_IO (input, output or memory
 * failed). Borrows nothing.
 */
struct journal *journal_open(const char *path, uint64_t keep_ms, bool with_failed, int64_t now_ms,
	int *status);

/**
 * journal_close(j):
 * Write what is buffered, give reserved disk space back, unlock, close and free. Returns 0, or -1
 * with the errno of what failed first. NULL is fine.
 */
int journal_close(struct journal *j);

/**
 * journal_has(j, id, len):
 * Whether the delivery is finished, or counts as that: by the file, or by journal_add.
 */
bool journal_has(const struct journal *j, const char *id, size_t len);

/**
 * journal_was_attempted(j, id, len):
 * Whether it was to be sent, by the file or by journal_add: it may have been.
 */
bool journal_was_attempted(const struct journal *j, const char *id, size_t len);

/**
 * journal_count(j):
 * How many different deliveries are finished.
 */
size_t journal_count(const struct journal *j);

/**
 * journal_reserve(j, n):
 * Make sure that there is room on the disk and in memory for ${n} more lines behind what is written
 * and buffered, so that journal_add and journal_write will not fail for lack of it: if need be, for
 * lines that say id, status and time only, as journal_add makes them then. Cheap when there is
 * enough. Where the file system cannot reserve, only memory and the limit of a file's size
 * are looked at. Returns 0, or -1 with errno set: ENOSPC, EDQUOT, EFBIG, ENOMEM, ... The next call
 * may succeed.
 */
int journal_reserve(struct journal *j, size_t n);

/**
 * journal_add(j, entry):
 * Buffer its line; if it is finished, journal_has knows it. Returns 0, or -1 with errno ENOMEM (not
 * after journal_reserve) or EINVAL (an id that is not 1 to 64 bytes of [A-Za-z0-9_-]); nothing has
 * changed then.
 */
int journal_add(struct journal *j, const struct journal_entry *entry);

/**
 * journal_write(j):
 * Write all that is buffered. Returns 0, or -1 with errno set; the file then ends with a whole
 * line, and the rest is still buffered for another try.
 */
int journal_write(struct journal *j);

/**
 * journal_descriptor(j):
 * The file, for fdatasync. It stays the same until journal_close.
 */
int journal_descriptor(const struct journal *j);

#endif
