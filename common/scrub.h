/*
 * scrub - text of any length for a terminal.
 */
#ifndef WB_SCRUB_H
#define WB_SCRUB_H

#include <stddef.h>

#include "strbuf.h"

/**
 * scrub_add(sb, p, len):
 * Append ${len} bytes with control characters, invisible ones and malformed UTF-8 as \xNN; newlines
 * and tabs stay.
 */
void scrub_add(struct strbuf *sb, const char *p, size_t len);

#endif
