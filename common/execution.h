/*
 * execution - what a line of a journal tells of a delivery, for people: wb-send(1), JOURNAL. Pure.
 */
#ifndef WB_EXECUTION_H
#define WB_EXECUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"

/* Members of a line. JSON_NONE: absent, or of another type than is written by wb-send. */
enum execution_member {
	EXECUTION_ID,
	EXECUTION_STATUS,
	EXECUTION_AT,
	EXECUTION_AUTOMATION,
	EXECUTION_EVENT_ID,
	EXECUTION_EVENT_TYPE,
	EXECUTION_ARTIFACT,
	EXECUTION_URL,
	EXECUTION_QUEUE, /* of jobs only */
	EXECUTION_ITEM,
	EXECUTION_ATTEMPTS,
	EXECUTION_HTTP_STATUS,
	EXECUTION_DURATION, /* ms */
	EXECUTION_REASON,
	EXECUTION_ERROR,
	EXECUTION_MEMBERS
};

enum execution_status {
	EXECUTION_FINISHED,
	EXECUTION_FAILED,
	EXECUTION_PENDING, /* deferred or attempted: another run goes on with it */
	EXECUTION_OTHER    /* a word that wb-send does not write */
};

struct execution {
	struct json_span member[EXECUTION_MEMBERS];
	enum execution_status status;
};

/**
 * execution_read(x, text, len, error, error_at):
 * Read a line, its newline not included. Returns whether it is one of a journal; if not, *${error}
 * (static text) says why and *${error_at} at which byte, from 0. Of duplicate members the last
 * counts.
 */
bool execution_read(struct execution *x, const char *text, size_t len, const char **error,
	size_t *error_at);

/**
 * execution_status_name(status):
 * "Finished", "Failed" or "Pending", static; "" for EXECUTION_OTHER.
 */
const char *execution_status_name(enum execution_status status);

/**
 * execution_status_find(name, status):
 * The status that is called so, in lower case ("pending"), in *${status}. False if there is none.
 */
bool execution_status_find(const char *name, enum execution_status *status);

#endif
