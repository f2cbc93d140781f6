/*
 * history_options - the options by which one says which executions are wanted.
 */
#ifndef WB_HISTORY_OPTIONS_H
#define WB_HISTORY_OPTIONS_H

#include "history.h"
#include "options.h"

enum { HISTORY_JOURNAL = 9500, HISTORY_AUTOMATION, HISTORY_STATUS, HISTORY_LIMIT };
/* clang-format off */
#define HISTORY_OPTIONS                                                                            \
	{HISTORY_JOURNAL, 0, "journal", "FILE", "list, history: the journal of wb-send that tells of executions"}, \
	{HISTORY_AUTOMATION, 0, "automation", "NAME", "history: only of this automation"},         \
	{HISTORY_STATUS, 0, "status", "STATUS", "history: only those that are so: finished, failed or pending"}, \
	{HISTORY_LIMIT, 'n', "limit", "N", "history: the last N only"}
/* clang-format on */

/**
 * history_option(h, id, value):
 * Take one of HISTORY_OPTIONS. Returns 0, or -1 after a message.
 */
int history_option(struct history *h, int id, const char *value);

#endif
