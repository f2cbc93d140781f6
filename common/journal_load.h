/*
 * journal_load - a journal read into a set of ids, and its end mended.
 */
#ifndef WB_JOURNAL_LOAD_H
#define WB_JOURNAL_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "idset.h"

#define JOURNAL_LOAD_LINE_MAX (64 * 1024) /* bytes of a line that is read */

struct journal_load {
	const char *name;     /* of the file, for messages */
	int64_t keep_from_ms; /* finished lines of an earlier time are passed over */
	bool with_failed;     /* what has failed counts as finished */
	struct idset *ids;    /* gets those that are finished */
	struct idset *tried;  /* gets those that were to be sent, and may have been */
	uint64_t lines, old;  /* counted: all but blank ones; those passed over */
};

/**
 * journal_load(load, fd):
 * Read ${fd}, opened for reading and appending, from its beginning. Memory does not grow with the
 * file, but for the set. A last line without newline gets it if it is whole, or else is cut off
 * after a message: it was being written when the power or the disk went. But what is whole JSON, or
 * too long and does not begin like a line of ours, was not, and is corrupt; and where no line
 * before it shows that this is a journal, it must begin like one of ours. Returns EXIT_DONE, or
 * after a message EXIT_USAGE if a line is corrupt, EXIT_IO if reading, mending or memory failed.
 */
int journal_load(struct journal_load *load, int fd);

#endif
