/*
 * journal_back - the lines of a journal from its end to its beginning, for people.
 *
 * Lines that are none of a journal are told and passed over, but for an unfinished last one, which
 * may just be in the making.
 */
#ifndef WB_JOURNAL_BACK_H
#define WB_JOURNAL_BACK_H

#include <stdbool.h>

#include "execution.h"
#include "lines_back.h"

struct journal_back {
	const char *name; /* of the file; borrowed */
	int fd;
	struct lines_back in; /* .line and .len are the line at hand */
	struct execution at_hand;
	int status; /* EXIT_REJECTED if there were such lines, EXIT_IO if it cannot be read */
};

/**
 * journal_back_open(r, name):
 * Begin behind the last line that the file ${name} has. Whether that failed, after a message,
 * r->status says. To be closed either way.
 */
void journal_back_open(struct journal_back *r, const char *name);

/**
 * journal_back_close(r):
 * Close the file; what was at hand is gone.
 */
void journal_back_close(struct journal_back *r);

/**
 * journal_back_next(r):
 * Go to the line before, into r->at_hand, whose spans are borrowed until the next call. False at
 * the beginning, and after failures.
 */
bool journal_back_next(struct journal_back *r);

#endif
