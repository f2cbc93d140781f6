/*
 * json_text - JSON strings decoded, compared and written. Pure but for the buffers.
 *
 * Spans must come from the scanner: the functions trust that they are well-formed.
 */
#ifndef WB_JSON_TEXT_H
#define WB_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "strbuf.h"

/* One decoded character of a string span. */
struct json_char {
	uint32_t code; /* code point; a lone surrogate escape stands as itself, U+D800 to U+DFFF */
	size_t len;    /* bytes that it takes in the span, 1 to 12 */
};

/**
 * json_char_at(p, end):
 * Decode the character at ${p}, before ${end}, inside a string span.
 */
struct json_char json_char_at(const char *p, const char *end);

/**
 * json_decode(sb, string):
 * Append the decoded bytes of ${string} to ${sb}; a lone surrogate becomes U+FFFD. The cap of ${sb}
 * is for the bytes as they are spelled: they are never fewer.
 */
void json_decode(struct strbuf *sb, const struct json_span *string);

/**
 * json_equal(string, text, len):
 * Whether ${string} decodes to exactly ${len} bytes at ${text}. One with a lone
 * surrogate equals nothing.
 */
bool json_equal(const struct json_span *string, const char *text, size_t len);

/**
 * json_escape(sb, text, len):
 * Append ${len} bytes of UTF-8 as the inside of a JSON string: quote, backslash and control
 * characters escaped, all else as it is.
 */
void json_escape(struct strbuf *sb, const char *text, size_t len);

/**
 * json_quote(sb, text):
 * Append the NUL-terminated ${text} as a JSON string, quotes included. Malformed
 * UTF-8 becomes U+FFFD.
 */
void json_quote(struct strbuf *sb, const char *text);
void json_quote_bytes(struct strbuf *sb, const char *text, size_t len);

/**
 * json_raw(sb, value):
 * Append ${value} as it stands in its text, a string with its quotes.
 */
void json_raw(struct strbuf *sb, const struct json_span *value);

/**
 * json_compact(sb, text, len):
 * Append a valid JSON text without the white space outside its strings.
 */
void json_compact(struct strbuf *sb, const char *text, size_t len);

#endif
