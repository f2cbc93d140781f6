/*
 * ids - names for events and deliveries that come out the same whenever and wherever they are made.
 */
#ifndef WB_IDS_H
#define WB_IDS_H

#include "event.h"
#include "names.h"
#include "strbuf.h"

#define ID_SIZE 33 /* 32 hexadecimal digits and a NUL */

/**
 * id_of_event(event, out):
 * An id for an event that has none: the first 16 bytes of the SHA-256 of its bytes,
 * in lower-case hex.
 */
void id_of_event(const struct event *event, char out[ID_SIZE]);

/**
 * id_spelled(event, own):
 * The event's id as it is spelled in JSON, or id_of_event, made in ${own}, if it has none.
 */
struct text id_spelled(const struct event *event, char own[ID_SIZE]);

/**
 * id_of_delivery(event_id, automation, out):
 * The id of the delivery that ${automation} makes of the event: the first 16 bytes of the SHA-256
 * over ${event_id}, a NUL and the name, in lower-case hex. Both decoded.
 */
void id_of_delivery(const struct text *event_id, const struct text *automation, char out[ID_SIZE]);

/**
 * id_add_event(sb, event):
 * Append the event as it came; one without an id gets one, as its last member, where it counts
 * even if there is a null or an empty one.
 */
void id_add_event(struct strbuf *sb, const struct event *event);

#endif
