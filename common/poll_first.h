/*
 * poll_first - what a first run tells, as it stands in a state: "baseline", nothing; "since MS";
 * "all". Pure.
 */
#ifndef WB_POLL_FIRST_H
#define WB_POLL_FIRST_H

#include <stddef.h>
#include <stdint.h>

#define POLL_FIRST_MAX 32        /* bytes of such a text, NUL included */
#define POLL_FIRST_OPTION_MAX 64 /* of what it is called in messages, NUL included */

/**
 * poll_first_reach(first, len):
 * From when on it tells, in milliseconds since 1970: INT64_MIN for all, INT64_MAX for nothing. The
 * smaller, the more it tells.
 */
int64_t poll_first_reach(const char *first, size_t len);

/**
 * poll_first_option(reach_ms, out):
 * The option that asks for it: "with --all". Returns ${out}.
 */
const char *poll_first_option(int64_t reach_ms, char out[POLL_FIRST_OPTION_MAX]);

#endif
