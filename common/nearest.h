/*
 * nearest - the name that a mistyped word was probably meant to be. For messages. Pure.
 */
#ifndef WB_NEAREST_H
#define WB_NEAREST_H

#include <stddef.h>

/**
 * nearest_name(word, len, names, n):
 * The one of ${n} names that ${len} bytes at ${word} were probably meant to be, or NULL.
 */
const char *nearest_name(const char *word, size_t len, const char *const *names, size_t n);

#endif
