/*
 * verbatim - what a program passes on of its input stays as it was written, though libjq cannot
 * tell how: 1.10, 12345678901234567890, escapes.
 *
 * The program puts a reference in the value's place, {"MARK":PATH}, where MARK is a name that
 * nobody else knows and PATH is an array of names and numbers, as jq has it. A null in it leads
 * into a string, to the value whose JSON text the string is; it may be there once. Pure.
 */
#ifndef WB_VERBATIM_H
#define WB_VERBATIM_H

#include <stddef.h>

#include "strbuf.h"

#define VERBATIM_ERROR_MAX 320 /* bytes of a message, NUL included */

/**
 * verbatim_expand(sb, text, len, mark, document, document_len, error):
 * Append ${len} bytes of compact JSON at ${text}, with each reference under ${mark} replaced by
 * what stands in the valid ${document} there, without white space outside of strings. Returns 0, or
 * -1 with what is wrong with a reference in ${error}.
 */
int verbatim_expand(struct strbuf *sb, const char *text, size_t len, const char *mark,
	const char *document, size_t document_len, char error[VERBATIM_ERROR_MAX]);

#endif
