/*
 * json_edit - changes of a JSON text that leave alone every byte that they are not about. Pure.
 *
 * A change is one piece of the text that gives way to another. What comes in is laid out as its
 * neighbours are: the same indentation, the same space around commas and colons. Texts must have
 * been validated.
 */
#ifndef WB_JSON_EDIT_H
#define WB_JSON_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "strbuf.h"

/* ${len} bytes at ${at} give way to ${with}. */
struct json_edit {
	const char *at;
	size_t len;
	struct strbuf with;
};

/**
 * json_edit_init(e), json_edit_release(e):
 * Nothing is allocated at first. One that was released, or never used, changes nothing.
 */
void json_edit_init(struct json_edit *e);
void json_edit_release(struct json_edit *e);

/**
 * json_edit_set(e, object, name, value, after):
 * Make ${value}, a JSON text, the value of ${name}: of the last member that is called so, or of a
 * new one behind the member ${after} (NULL, or not there: behind the last). ${name} is ASCII
 * without quote and backslash.
 */
void json_edit_set(struct json_edit *e, const struct json_span *object, const char *name,
	const char *value, const char *after);

/**
 * json_edit_remove(e, object, name):
 * Take out the last member called ${name}, with the comma that it needs no more. False if there is
 * none.
 */
bool json_edit_remove(struct json_edit *e, const struct json_span *object, const char *name);

/**
 * json_edit_remove_item(e, array, index):
 * The same for the item number ${index}, from 0, of an array.
 */
bool json_edit_remove_item(struct json_edit *e, const struct json_span *array, size_t index);

/**
 * json_edit_apply(e, text, len, out):
 * Append the changed text to ${out}. The edit's place lies in ${len} bytes at ${text}. Errors,
 * those of the edit included, are ${out}'s.
 */
void json_edit_apply(const struct json_edit *e, const char *text, size_t len, struct strbuf *out);

#endif
