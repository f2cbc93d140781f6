/*
 * graphql_retry - whether a query is tried again, and when. Pure: time and chance come in.
 *
 * Two things are bounded by the number of retries: what is spent on one query, in whatever size it
 * is asked again; and the attempts that fail while the server answers nothing at all. As soon as
 * one has failed, the others wait: one query at a time goes out to see whether the server is back,
 * until it has answered any.
 */
#ifndef WB_GRAPHQL_RETRY_H
#define WB_GRAPHQL_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer.h"

/* What was spent on a query. All 0: nothing. */
struct graphql_effort {
	unsigned attempts;
	int64_t began_ms; /* the first of them */
	int64_t at_ms;    /* earliest time of the next */
	unsigned down;    /* how often the server had failed when the last began */
};

struct graphql_retry {
	unsigned retries;
	uint64_t max_ms; /* no attempt later than this after the first one of a query */
	uint64_t chance;
	unsigned down;   /* attempts in a row, each begun after the one before, that failed */
	int64_t back_ms; /* while it is down: when to look again */
	int64_t pause_until_ms; /* the server asked to be left alone */
};

/**
 * graphql_retry_is_failure(result):
 * Whether an attempt that ended so may go well another time: the server was not reached, or is not
 * itself. What it refuses for good is an answer.
 */
bool graphql_retry_is_failure(const struct transfer_result *result);

/**
 * graphql_retry_room(r, jobs):
 * How many queries may be under way, of ${jobs}.
 */
size_t graphql_retry_room(const struct graphql_retry *r, size_t jobs);

/**
 * graphql_retry_begins_ms(r, e):
 * When a query on which ${e} was spent may go out.
 */
int64_t graphql_retry_begins_ms(const struct graphql_retry *r, const struct graphql_effort *e);

/**
 * graphql_retry_begin(r, e, now_ms):
 * An attempt begins.
 */
void graphql_retry_begin(const struct graphql_retry *r, struct graphql_effort *e, int64_t now_ms);

/**
 * graphql_retry_answered(r):
 * The server has answered.
 */
void graphql_retry_answered(struct graphql_retry *r);

/**
 * graphql_retry_failed(r, e, status, after_ms, now_ms):
 * An attempt has failed, with the HTTP status ${status} (0: none) and a Retry-After of ${after_ms}
 * (-1: none). Returns whether there is another one.
 */
bool graphql_retry_failed(struct graphql_retry *r, struct graphql_effort *e, long status,
	int64_t after_ms, int64_t now_ms);

#endif
