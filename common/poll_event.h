/*
 * poll_event - a change of a registry as an event: wb-record(5). Pure but for the buffer.
 */
#ifndef WB_POLL_EVENT_H
#define WB_POLL_EVENT_H

#include "registry_change.h"
#include "strbuf.h"

/**
 * poll_event_add(sb, change, metadata):
 * Append the event, a line; ${metadata} is JSON, p NULL: none.
 */
void poll_event_add(struct strbuf *sb, const struct registry_change *change,
	const struct text *metadata);

#endif
