/*
 * regex_sample - a text that a regular expression probably matches, for trying things. Pure.
 */
#ifndef WB_REGEX_SAMPLE_H
#define WB_REGEX_SAMPLE_H

#include <stddef.h>

#include "strbuf.h"

/**
 * regex_sample(sb, regex, len):
 * Append a short text made of the literals, first alternatives, sets and counts of ${len} bytes at
 * ${regex}, in Perl syntax. It is a guess: look-around, back references and the like are passed
 * over, so ask the expression whether it matches.
 */
void regex_sample(struct strbuf *sb, const char *regex, size_t len);

#endif
