/*
 * shell - any bytes in the text of a POSIX shell script, so that they mean themselves. Pure but for
 * the buffers.
 */
#ifndef WB_SHELL_H
#define WB_SHELL_H

#include <stddef.h>

#include "strbuf.h"

/**
 * shell_quote(sb, text, len):
 * Append ${len} bytes as one word in single quotes. Control characters stand in it as they are.
 */
void shell_quote(struct strbuf *sb, const char *text, size_t len);

/**
 * shell_print(sb, bytes, len):
 * Append commands, a line each, that print exactly these bytes, NUL included. What is not plain
 * text stands as octal escapes: controls, malformed UTF-8, and characters that have no width or
 * turn the direction of writing, so that no text looks like something else than it is.
 */
void shell_print(struct strbuf *sb, const char *bytes, size_t len);

#endif
