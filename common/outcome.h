/*
 * outcome - what follows from how an attempt ended: whether it succeeded, whether there is to be
 * another one and when, what it says of the endpoint, and what a receipt shows of it.
 *
 * All of it is decided here, in one place. Pure: times, chance and what success_when says come in.
 */
#ifndef WB_OUTCOME_H
#define WB_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt.h"
#include "endpoints.h"
#include "receipt.h"
#include "retry.h"
#include "secret.h"
#include "transfer.h"

/* What it depends on, beside the attempt; all borrowed. */
struct outcome_means {
	const struct retry_policy *retry;
	const struct secret_store *secrets;
	size_t response_max; /* bytes that a receipt may hold */
	bool show_response;  /* in every receipt, not only in those of failures */
};

struct outcome {
	/* the next attempt is to come so long from now, if there is time; -1: never */
	int64_t again_ms;
	enum endpoint_report report;
	int64_t pause_ms; /* that the endpoint asks for, or 0 */
	/* if there is no other attempt; without the record, the number of attempts and times */
	struct receipt receipt;
};

/**
 * outcome_counts(result):
 * Whether an attempt that ended so counts as one: a request was made, or would have been, had the
 * other side been there.
 */
bool outcome_counts(const struct transfer_result *result);

/**
 * outcome_let_status_stand(result):
 * Make ${result} a success if its status is 2xx and only the body behind it has not come, or not
 * whole. For deliveries whose body nobody asks for.
 */
void outcome_let_status_stand(struct transfer_result *result);

/**
 * outcome_accept(result, statuses):
 * Make ${result} a success if its status is one of ${statuses}, those of success_status, whatever
 * becomes of the body behind it. Returns whether it is.
 */
bool outcome_accept(struct transfer_result *result, const struct json_span *statuses);

/**
 * outcome_judge(result, verdict, why):
 * Take what success_when said of ${result}, a 2xx, or before anything was sent, without a status:
 * greater than 0 that it holds, 0 that it does not, -1 that it fails or cannot be run, or
 * JQ_WORKER_UNABLE; less than 0: because of ${why}.
 */
void outcome_judge(struct transfer_result *result, int verdict, const char *why);

/**
 * outcome_make(o, means, attempt, result, attempts, chance, now_ms):
 * Fill ${o}, of the attempt that ended with ${result}, the ${attempts}th of its delivery (0: it
 * counts for none), at ${now_ms} since 1970; ${chance} is any random number. What is shown of
 * ${result}, by ${o}, too, is masked in place.
 */
void outcome_make(struct outcome *o, const struct outcome_means *means,
	const struct attempt *attempt, struct transfer_result *result, unsigned attempts,
	uint64_t chance, int64_t now_ms);

#endif
