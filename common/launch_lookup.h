/*
 * launch_lookup - whether a queue and a job are there: what W&B's API is asked, and what it says.
 * Pure but for the buffers.
 */
#ifndef WB_LAUNCH_LOOKUP_H
#define WB_LAUNCH_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "launch.h"
#include "strbuf.h"

#define LAUNCH_LOOKUP_ERROR_MAX 640 /* bytes of a message, NUL included */

enum launch_lookup {
	LAUNCH_LOOKUP_QUEUE,
	LAUNCH_LOOKUP_PRIORITIES, /* and whether it has any, which older servers do not know */
	LAUNCH_LOOKUP_JOB
};

enum launch_lookup_result {
	LAUNCH_LOOKUP_FOUND,
	LAUNCH_LOOKUP_MISSING,
	LAUNCH_LOOKUP_OTHER,     /* there is something else, or no priorities */
	LAUNCH_LOOKUP_UNREADABLE /* the answer is not as it must be */
};

/**
 * launch_lookup_query(kind):
 * The query, static.
 */
const char *launch_lookup_query(enum launch_lookup kind);

/**
 * launch_lookup_variables(sb, kind, l):
 * Append its variables for ${l}, which launch_check found good. Returns whether there is anything
 * to look up: a job must be ENTITY/PROJECT/NAME, perhaps with :ALIAS, without which it is "latest".
 */
bool launch_lookup_variables(struct strbuf *sb, enum launch_lookup kind, const struct launch *l);

/**
 * launch_lookup_read(kind, data, error):
 * What the server answered. ${error} says of which type is what is no job, or what is wrong.
 */
enum launch_lookup_result launch_lookup_read(enum launch_lookup kind, const struct json_span *data,
	char error[LAUNCH_LOOKUP_ERROR_MAX]);

#endif
