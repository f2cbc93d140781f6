/*
 * timers - what is to happen when: a heap of timers that stand in other structs. Pure.
 */
#ifndef WB_TIMERS_H
#define WB_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is one that is not set. */
struct timer {
	int64_t at_ms;
	size_t place; /* in the heap, from 1; 0: not set */
};

struct timers {
	struct timer **heap; /* owned; the timers are not */
	size_t n, size;
};

/**
 * timers_init(t), timers_release(t):
 * Nothing is allocated at first.
 */
void timers_init(struct timers *t);
void timers_release(struct timers *t);

/**
 * timers_reserve(t, n):
 * Make room for ${n} timers, so that setting one cannot fail. Returns 0, or -1 when
 * memory runs out.
 */
int timers_reserve(struct timers *t, size_t n);

/**
 * timers_set(t, timer, at_ms), timers_clear(t, timer):
 * Set ${timer}, again if it is set; or see that it is not. It must not move while it is set.
 */
void timers_set(struct timers *t, struct timer *timer, int64_t at_ms);
void timers_clear(struct timers *t, struct timer *timer);

/**
 * timers_first(t):
 * The one that is due first, still set, or NULL.
 */
struct timer *timers_first(const struct timers *t);

#endif
