/*
 * secret_mask - find a secret in text that somebody else wrote. Pure.
 */
#ifndef WB_SECRET_MASK_H
#define WB_SECRET_MASK_H

#include <stdbool.h>

#include "secret_value.h"

/**
 * secret_mask_match(text, end, s, cut):
 * How many bytes at the start of ${text}, before ${end}, spell ${s}: as it is or JSON-escaped, in
 * any spelling. 0 if they do not. With ${cut}, a beginning of ${s} that reaches ${end} is enough.
 */
size_t secret_mask_match(const char *text, const char *end, const struct secret *s, bool cut);

#endif
