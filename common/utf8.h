/*
 * utf8 - one code point at a time, strict (Unicode 15, table 3-7: no overlong forms, no surrogates,
 * nothing above U+10FFFF). Pure.
 */
#ifndef WB_UTF8_H
#define WB_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * utf8_decode(p, len, code):
 * Decode the sequence at ${p} (${len} bytes may be read) into *${code}. Returns its length in
 * bytes, 1 to 4, or 0 if it is malformed or cut short.
 */
size_t utf8_decode(const unsigned char *p, size_t len, uint32_t *code);

/**
 * utf8_encode(out, code):
 * Write ${code}, at most U+10FFFF, as 1 to 4 bytes. Returns how many.
 */
size_t utf8_encode(unsigned char out[4], uint32_t code);

#endif
