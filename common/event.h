/*
 * event - a registry event: the one owner of its members' names, which are the payload variables'
 * names too. Described for users in wb-record(5). Pure.
 */
#ifndef WB_EVENT_H
#define WB_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"

enum event_member {
	EVENT_ID,
	EVENT_TIME,
	EVENT_TYPE,
	EVENT_AUTHOR,
	EVENT_ENTITY,
	EVENT_PROJECT,
	EVENT_COLLECTION,
	EVENT_VERSION,
	EVENT_VERSION_STRING,
	EVENT_VERSION_INDEX,
	EVENT_ALIAS,
	EVENT_TAG,
	EVENT_METADATA,
	EVENT_SOURCE,
	EVENT_MEMBERS /* how many */
};

struct event {
	struct json_span span;                  /* the whole object */
	struct json_span member[EVENT_MEMBERS]; /* JSON_NONE: absent, null, or an empty event_id */
};

/**
 * event_member_find(name, len):
 * The member called so, or -1.
 */
int event_member_find(const char *name, size_t len);

/**
 * event_member_name(member):
 * Its name, static.
 */
const char *event_member_name(enum event_member member);

/**
 * event_type_find(name, len):
 * The index of an event type, 0 to EVENT_TYPES - 1, or -1. LINK_MODEL is LINK_ARTIFACT's old name.
 */
int event_type_find(const char *name, size_t len);

/**
 * event_type_name(type):
 * Its name, static; NULL when ${type} is EVENT_TYPES, so that a loop can end.
 */
const char *event_type_name(int type);
#define EVENT_TYPES 8

/**
 * event_type_member(type):
 * The member that events of this type have beside those that all have: EVENT_ALIAS, EVENT_TAG, or
 * -1 for none.
 */
int event_type_member(int type);

/**
 * event_read(js, event):
 * Read the object that comes next. False, with the error in ${js}, if it is malformed, a member of
 * the table in wb-record(5) has another type than there, or event_type is missing. The last one of
 * duplicate members counts. LINK_MODEL reads as LINK_ARTIFACT.
 */
bool event_read(struct json *js, struct event *event);

/**
 * event_metadata(event, key, len):
 * The value of the top-level key of artifact_metadata whose decoded name is ${key};
 * JSON_NONE if there is none.
 */
struct json_span event_metadata(const struct event *event, const char *key, size_t len);

#endif
