/*
 * regex_common - whether a regular expression means the same in Python, in RE2 and here, in
 * Oniguruma's Perl syntax. Pure.
 *
 * What W&B searches with is not documented, so only what all of them have in common is taken for
 * the same. They differ still in what no alias and no tag should hold: whether \d, \w, \s and (?i)
 * know other letters than ASCII's, and whether $ also stands before a newline at the end.
 */
#ifndef WB_REGEX_COMMON_H
#define WB_REGEX_COMMON_H

#include <stddef.h>

/**
 * regex_uncommon(regex, len, uncommon_len):
 * The first piece of ${len} bytes at ${regex}, UTF-8, that does not mean the same everywhere, of
 * *${uncommon_len} bytes; NULL if there is none. An expression that is none anywhere may pass.
 */
const char *regex_uncommon(const char *regex, size_t len, size_t *uncommon_len);

#endif
