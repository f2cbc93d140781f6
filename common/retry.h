/*
 * retry - whether a delivery is tried again, and when. Pure: time and chance come in.
 */
#ifndef WB_RETRY_H
#define WB_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "transfer.h"

#define RETRY_DELAY_MS 1000        /* at most so long before the second attempt */
#define RETRY_DELAY_MAX_MS 60000   /* at most so long before any */
#define RETRY_AFTER_MAX_SEC 864000 /* what a server asks for beyond this counts as this */

struct retry_policy {
	unsigned retries;           /* attempts after the first */
	uint64_t max_time_ms;       /* no attempt starts later than this after the first */
	unsigned char statuses[75]; /* that are tried again: a bit for each up to 599 */
	bool rejected;              /* and so is what success_when rejects */
};

/**
 * retry_policy_init(policy):
 * 5 retries within 5 minutes, after 408, 425, 429, 500, 502, 503 and 504.
 */
void retry_policy_init(struct retry_policy *policy);

enum retry_list {
	RETRY_LIST_OK,
	RETRY_LIST_NONE,   /* it is no such list */
	RETRY_LIST_SUCCESS /* it has a status from 200 to 299, which retry_is_wanted never sees */
};

/**
 * retry_policy_on(policy, list):
 * Replace the statuses by those of ${list}: "429,5xx,rejected". If it does not return RETRY_LIST_OK
 * they are undefined.
 */
enum retry_list retry_policy_on(struct retry_policy *policy, const char *list);

/**
 * retry_is_wanted(policy, error, http_status):
 * Whether an attempt that ended so is worth another one, if there is time. What never left the
 * machine by policy, or lacked a secret, is not.
 */
bool retry_is_wanted(const struct retry_policy *policy, enum transfer_error error,
	long http_status);

/**
 * retry_delay_ms(attempts, chance):
 * How long to wait after ${attempts} attempts (1 or more): evenly between 0 and a limit that
 * doubles with each, picked by ${chance}, any random number. Full jitter keeps senders that
 * failed together from coming back together [AWS, "Exponential Backoff And Jitter"].
 */
uint64_t retry_delay_ms(unsigned attempts, uint64_t chance);

/**
 * retry_after_ms(value, now_ms):
 * What a Retry-After header asks for, in milliseconds from ${now_ms} (since 1970): seconds, or a
 * date in any of HTTP's three forms [RFC 9110, 10.2.3]. A date that is past is 0; -1 if
 * ${value} is neither.
 */
int64_t retry_after_ms(const char *value, int64_t now_ms);

#endif
