/*
 * series - what happened when, in a bounded number of steps of time, which grow as they must. Pure.
 *
 * Steps are a minute at first, and 364,000 days at most; they begin at a whole minute, hour or day
 * of UTC, those of weeks on Monday.
 */
#ifndef WB_SERIES_H
#define WB_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "execution.h"

#define SERIES_MAX 96 /* steps */
#define SERIES_MIN 16 /* the least cap that all times fit into */

struct series_step {
	uint64_t n[EXECUTION_OTHER + 1]; /* by status */
};

struct series {
	size_t max;    /* steps at most */
	size_t length; /* of a step, which it is of those that there are */
	int64_t first; /* step since then, in steps */
	size_t n;      /* steps, one after another, without a gap */
	struct series_step step[SERIES_MAX];
};

/**
 * series_init(s, max):
 * No step yet; later at most ${max}, SERIES_MIN to SERIES_MAX.
 */
void series_init(struct series *s, size_t max);

/**
 * series_at(s, ms):
 * The step of ${ms}, milliseconds since 1970, 0 or more; those up to there are made, and steps are
 * made longer if they are too many. Borrowed until the next call.
 */
struct series_step *series_at(struct series *s, int64_t ms);

/**
 * series_start(s, i):
 * When the step ${i} begins, in milliseconds since 1970, which may be less than 0; for the number
 * of steps, when the last one ends.
 */
int64_t series_start(const struct series *s, size_t i);

/**
 * series_length_ms(s), series_length_name(s):
 * How long a step is; and as text, such as "3 hours", static.
 */
int64_t series_length_ms(const struct series *s);
const char *series_length_name(const struct series *s);

/**
 * series_mark_ms(s, most), series_is_mark(s, i, mark_ms):
 * The least length of time, at least that of a step, by which at most ${most} steps can be marked;
 * whether such a mark stands at the beginning of the step ${i}.
 */
int64_t series_mark_ms(const struct series *s, size_t most);
bool series_is_mark(const struct series *s, size_t i, int64_t mark_ms);

#endif
