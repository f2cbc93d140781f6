/*
 * map_event - what a map's output must be to be an event, and the members that it need not give.
 * Pure.
 */
#ifndef WB_MAP_EVENT_H
#define WB_MAP_EVENT_H

#include <stddef.h>

#include "jq_program.h"
#include "strbuf.h"

#define MAP_EVENT_ERROR_MAX JQ_PROGRAM_ERROR_MAX /* bytes of a message, NUL included */

/* The document that an event comes from. */
struct map_document {
	const char *p; /* valid JSON */
	size_t len;
	const char *source; /* for events that name none; or NULL */
};

/**
 * map_event_add(sb, text, len, doc, index, error):
 * Append the event of ${len} bytes at ${text}, a line, the output number ${index}, from 0, that a
 * map made of ${doc}, and a newline: known members in the order of wb-record(5), then the others;
 * the time in UTC; without nulls in known members. An event without an id gets the first 16 bytes
 * of the SHA-256 of the document without white space, and with a NUL and ${index} behind it if that
 * is not 0, so that what is read twice is the same event. Returns 0, or -1 with what is wrong in
 * ${error}.
 */
int map_event_add(struct strbuf *sb, const char *text, size_t len, const struct map_document *doc,
	size_t index, char error[MAP_EVENT_ERROR_MAX]);

#endif
