/*
 * width - how many columns of a terminal characters take. Pure: no locale is asked.
 */
#ifndef WB_WIDTH_H
#define WB_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/**
 * width_of(code):
 * Columns of one code point that is no control character: 0 for what combines with the one before
 * it or is not seen, 2 for what East Asian typography and emoji make wide, else 1.
 */
unsigned width_of(uint32_t code);

/**
 * width_of_text(text, len):
 * Columns of ${len} bytes of UTF-8; a byte that is none counts 1.
 */
size_t width_of_text(const char *text, size_t len);

#endif
