/*
 * registry_line - a collection as one line of a state file, and back. Pure but for the buffers.
 */
#ifndef WB_REGISTRY_LINE_H
#define WB_REGISTRY_LINE_H

#include <stdbool.h>

#include "json.h"
#include "registry.h"
#include "strbuf.h"

/* Of the keys of a history's entries; where it is not said it is 1. */
#define REGISTRY_LINE_KEYS 2

/**
 * registry_line_write(sb, c):
 * Append ${c} as a JSON object, without a newline. What was only read is left out.
 */
void registry_line_write(struct strbuf *sb, const struct registry_collection *c);

/**
 * registry_line_read(js, r):
 * Read the object that comes next and add it to ${r}. False with the error in ${js}.
 */
bool registry_line_read(struct json *js, struct registry *r);

#endif
