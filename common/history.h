/*
 * history - what became of deliveries, by their journal, the newest first.
 *
 * The journal is read from its end. Of several lines of one delivery the last counts. Memory grows
 * by the 16 bytes of an id for each delivery that was looked at, not by lines.
 */
#ifndef WB_HISTORY_H
#define WB_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "execution.h"
#include "output.h"
#include "timestamp.h"

/* Which ones are wanted, and how. */
struct history {
	const char *journal;    /* its file */
	const char *automation; /* only of this one; or NULL */
	bool has_status;        /* only with this status */
	enum execution_status status;
	uint64_t limit; /* so many at most; 0: all */
	bool json;      /* the lines as they stand, else a table */
};

/**
 * history_write(h, out):
 * Write them. Lines that are none of a journal are told and passed over, but for an unfinished last
 * one, which may just be in the making. Returns an exit status: EXIT_REJECTED if there were such
 * lines, EXIT_IO after a message if the journal cannot be read or memory ran out.
 */
int history_write(const struct history *h, struct output *out);

/* When an automation was last executed, and how that went. */
struct history_last {
	char at[TIMESTAMP_MAX]; /* as the journal says it; "" if never */
	enum execution_status status;
};

/**
 * history_last(journal, config, last):
 * Find it for all automations of ${config}, in their order; ${last} has room for them and is
 * zeroed. Returns as history_write does.
 */
int history_last(const char *journal, const struct config *config, struct history_last *last);

#endif
