/*
 * json_find - a member of an object by its name. Pure.
 *
 * For texts that were validated before; those of a line, where every byte is looked at once, are
 * read with the scanner itself.
 */
#ifndef WB_JSON_FIND_H
#define WB_JSON_FIND_H

#include "json.h"

/**
 * json_find(object, name):
 * The value of the last member of ${object} called ${name}: the one that counts. JSON_NONE if there
 * is none, or ${object} is no object.
 */
struct json_span json_find(const struct json_span *object, const char *name);

/**
 * json_find_key(object, name, value):
 * The same in *${value}, which may be NULL; returns the member's name as written.
 */
struct json_span json_find_key(const struct json_span *object, const char *name,
	struct json_span *value);

#endif
