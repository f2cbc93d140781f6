/*
 * verbatim - what a program passes on of its input stays as it was written, though libjq cannot
 * tell how: 1.10, 12345678901234567890, escapes.
 *
 * The program puts a reference in the value's place, {"MARK":PATH}, where MARK is a name that
 * nobody else knows and PATH is an array of names and numbers, as jq has it. Pure.
 */
#ifndef WB_VERBATIM_H
#define WB_VERBATIM_H

#include <stddef.h>

#include "strbuf.h"

/**
 * verbatim_expand(sb, text, len, mark, document, document_len):
 * Append ${len} bytes of compact JSON at ${text}, with each reference under ${mark} replaced by
 * what stands in the valid ${document} there, without white space outside of strings. Returns NULL,
 * or what is wrong with a reference (static text).
 */
const char *verbatim_expand(struct strbuf *sb, const char *text, size_t len, const char *mark,
	const char *document, size_t document_len);

#endif
