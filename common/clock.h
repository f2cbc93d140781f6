/*
 * clock - the clock that never goes back, for waiting and measuring.
 */
#ifndef WB_CLOCK_H
#define WB_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds since some moment in the past. */
static inline int64_t
clock_us(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Milliseconds of the same. */
static inline int64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

#endif
