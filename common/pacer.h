/*
 * pacer - at most so many requests in a time to each host, evenly spread. Pure: times come in.
 *
 * The generic cell rate algorithm [ITU-T I.371]: a host's next place in time moves on by one
 * interval with each request, and what came late may catch up by PACER_SLACK_US, since timers
 * are coarse.
 */
#ifndef WB_PACER_H
#define WB_PACER_H

#include <stdint.h>

#include "siphash.h"
#include "table.h"

#define PACER_SLACK_US 20000
#define PACER_HOSTS_MAX 4096 /* remembered, beside those that have places in the future */

struct pacer {
	struct table hosts;
	struct siphash_key key; /* of their names */
	int64_t interval_us;    /* from one request to the next; 0: no limit */
};

/**
 * pacer_init(p, interval_us), pacer_release(p):
 * Nothing is allocated at first.
 */
void pacer_init(struct pacer *p, int64_t interval_us);
void pacer_release(struct pacer *p);

/**
 * pacer_take(p, host, now_us):
 * Take the next place for a request to ${host}, and return its time in microseconds: ${now_us} or
 * earlier if it may go at once. -1 when memory runs out.
 */
int64_t pacer_take(struct pacer *p, const char *host, int64_t now_us);

/**
 * pacer_give_back(p, host, at_us):
 * The place at ${at_us} will not be used: the next request to ${host} may have it, if none has taken
 * a later one.
 */
void pacer_give_back(struct pacer *p, const char *host, int64_t at_us);

#endif
