/*
 * json_pretty - a JSON text laid out for people. Pure.
 */
#ifndef WB_JSON_PRETTY_H
#define WB_JSON_PRETTY_H

#include <stddef.h>

#include "strbuf.h"

/**
 * json_pretty(sb, text, len):
 * Append a valid JSON text with one member or item a line, two spaces a level, and a newline at its
 * end, as jq lays it out; strings and numbers stay as they are spelled.
 */
void json_pretty(struct strbuf *sb, const char *text, size_t len);

#endif
