/*
 * random - numbers that look random and are the same in every run, so that a failure comes again.
 */
#ifndef WB_UNIT_RANDOM_H
#define WB_UNIT_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static uint64_t random_state = 1;

static inline void
random_seed(uint64_t seed)
{
	random_state = seed;
}

/* SplitMix64 [Steele, Lea, Flood 2014]. */
static inline uint64_t
random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to ${n} - 1. */
static inline size_t
random_below(size_t n)
{
	return (size_t)(random_next() % n);
}

/* True once in ${n} times. */
static inline bool
random_once_in(size_t n)
{
	return random_below(n) == 0;
}

#endif
