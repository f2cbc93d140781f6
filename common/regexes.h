/*
 * regexes - a set of Oniguruma regular expressions, asked together which of them match a text.
 *
 * Perl syntax over UTF-8, not anchored, as in jq's test(). Answers for recent texts are kept, since
 * aliases repeat; each search is limited in steps, since texts come from strangers.
 */
#ifndef WB_REGEXES_H
#define WB_REGEXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names.h"

#define REGEXES_GAVE_UP 2     /* neither a match nor none */
#define REGEXES_ERROR_MAX 128 /* bytes of a message, NUL included */

struct regexes;

/**
 * regexes_new(), regexes_free(r):
 * NULL when memory runs out; freeing NULL is fine.
 */
struct regexes *regexes_new(void);
void regexes_free(struct regexes *r);

/**
 * regexes_add(r, p, len, error):
 * Add the expression of ${len} bytes at ${p}, which are borrowed for the life of ${r}; the same
 * bytes get the same number. Returns the number, from 0, or -1 with the reason in ${error}.
 */
int64_t regexes_add(struct regexes *r, const char *p, size_t len, char error[REGEXES_ERROR_MAX]);

/**
 * regexes_count(r):
 * How many different expressions there are.
 */
size_t regexes_count(const struct regexes *r);

/**
 * regexes_search(r, p, len, ids):
 * The numbers of all that match ${len} bytes of UTF-8 at ${p}, ascending, in *${ids},
 * valid until the next call. Returns how many, or -1 when memory runs out. One that hits
 * the step limit does not match.
 */
int64_t regexes_search(struct regexes *r, const char *p, size_t len, const uint32_t **ids);

/**
 * regexes_gave_up(r):
 * The number of one whose search hit the step limit since this was last called, or -1.
 */
int64_t regexes_gave_up(struct regexes *r);

/**
 * regexes_matches(r, id, p, len):
 * Whether the one numbered ${id} matches: 1 or 0, REGEXES_GAVE_UP at the step limit,
 * -1 when memory runs out.
 */
int regexes_matches(const struct regexes *r, int64_t id, const char *p, size_t len);

#endif
