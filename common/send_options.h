/*
 * send_options - the options that say how deliveries are made: how many at the same time, how long
 * they may take, what is tried again, in which order, at which rate.
 */
#ifndef WB_SEND_OPTIONS_H
#define WB_SEND_OPTIONS_H

#include <stdbool.h>

#include "options.h"
#include "sender.h"

enum {
	SEND_JOBS = 9300,
	SEND_TIMEOUT,
	SEND_CONNECT_TIMEOUT,
	SEND_RETRIES,
	SEND_RETRY_MAX_TIME,
	SEND_RETRY_ON,
	SEND_ORDER,
	SEND_RATE,
	SEND_BREAKER,
	SEND_BREAKER_WAIT,
	SEND_SHOW_RESPONSE,
	SEND_MAX_RESPONSE
};
/* clang-format off */
#define SEND_OPTIONS                                                                               \
	{SEND_JOBS, 'j', "jobs", "N", "deliver N at the same time (default 16)"},                  \
	{SEND_TIMEOUT, 't', "timeout", "TIME", "give an attempt TIME in all (default 30s)"},       \
	{SEND_CONNECT_TIMEOUT, 0, "connect-timeout", "TIME", "give a connection TIME to come about (default 10s)"}, \
	{SEND_RETRIES, 'r', "retries", "N", "try a delivery again at most N times (default 5)"},   \
	{SEND_RETRY_MAX_TIME, 0, "retry-max-time", "TIME", "start no attempt later than TIME after the first one (default 5m)"}, \
	{SEND_RETRY_ON, 0, "retry-on", "LIST", "try again after these statuses: 503, 5xx, rejected (default 408,425,429,500,502,503,504)"}, \
	{SEND_ORDER, 0, "order", "KEY", "keep the order of deliveries of one: collection (default), endpoint or none"}, \
	{SEND_RATE, 0, "rate", "N/s", "make at most N attempts a second (or /m, /h) to a host"},   \
	{SEND_BREAKER, 0, "breaker", "N", "leave an endpoint alone after N failures in a row (default 10, 0: never)"}, \
	{SEND_BREAKER_WAIT, 0, "breaker-wait", "TIME", "try it with one delivery after TIME (default 30s)"}, \
	{SEND_SHOW_RESPONSE, 0, "show-response", NULL, "put responses into all receipts, not only failures"}, \
	{SEND_MAX_RESPONSE, 0, "max-response", "BYTES", "keep BYTES of a response (default 4K)"}
/* clang-format on */

/**
 * send_options_init(s):
 * The defaults; no policy, secrets, authorities or proxy.
 */
void send_options_init(struct sender_options *s);

/**
 * send_is_option(id):
 * Whether it is one of SEND_OPTIONS.
 */
static inline bool
send_is_option(int id)
{
	return id >= SEND_JOBS && id <= SEND_MAX_RESPONSE;
}

/**
 * send_option(s, id, value):
 * Take one of SEND_OPTIONS. Returns 0, or -1 after a message.
 */
int send_option(struct sender_options *s, int id, const char *value);

#endif
