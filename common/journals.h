/*
 * journals - the last lines of all deliveries of one or more journals, the newest first.
 *
 * Lines of several journals are merged by their times. Of several lines of one delivery, in
 * whichever journals, only the newest is told: memory grows by the 16 bytes of an id for each
 * delivery, not by lines.
 */
#ifndef WB_JOURNALS_H
#define WB_JOURNALS_H

#include <stddef.h>
#include <stdint.h>

#include "idset.h"
#include "journal_back.h"

/* One of them. */
struct journals_part {
	struct journal_back in;
	int64_t at_ms; /* of the line at hand; where it has none, of one near it */
	bool has_line, has_time;
};

struct journals {
	struct journals_part *parts; /* owned */
	size_t n;
	struct journals_part *taken; /* the one whose line was told last */
	struct idset seen;
	bool failed; /* memory ran out */
};

/**
 * journals_open(j, names, n):
 * Begin behind the last lines of ${n} files, whose names are borrowed. To be closed.
 */
void journals_open(struct journals *j, const char *const *names, size_t n);

/**
 * journals_close(j):
 * Close all.
 */
void journals_close(struct journals *j);

/**
 * journals_next(j):
 * The next delivery, borrowed until the next call: .in.at_hand tells of it, .in.name which journal
 * has it, and .at_ms, if .has_time, when that was. NULL after the last one, and after failures.
 */
const struct journals_part *journals_next(struct journals *j);

/**
 * journals_status(j):
 * The exit status: EXIT_REJECTED if there were lines that are none of a journal, EXIT_IO if a
 * journal could not be read or memory ran out. Of all, messages were written.
 */
int journals_status(const struct journals *j);

#endif
