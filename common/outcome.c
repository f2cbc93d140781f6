#include "outcome.h"

#include <stdio.h>
#include <string.h>

#include "jq_worker.h"
#include "resolver.h"
#include "statuses.h"

bool
outcome_counts(const struct transfer_result *result)
{
	if (result->http_status != 0)
		return true;
	switch (result->error) {
	case TRANSFER_DENIED:
	case TRANSFER_SECRET:
	case TRANSFER_REJECTED: /* the program, before anything was sent */
		return false;
	default:
		return result->fault != TRANSFER_SHORTAGE;
	}
}

/*
 * Whether the status has come and the body behind it has not, or not whole. Where nobody asks for
 * the body, the status is enough: the receiver has done what it was asked, and another attempt
 * would have it done again.
 */
static bool
is_broken_off(const struct transfer_result *result)
{
	return result->has_head &&
	       (result->error == TRANSFER_RESET || result->error == TRANSFER_TIMEOUT);
}

static void
let_stand(struct transfer_result *result)
{
	result->truncated |= result->error != TRANSFER_HTTP;
	result->error = TRANSFER_OK;
	result->message[0] = '\0';
}

void
outcome_let_status_stand(struct transfer_result *result)
{
	if (is_broken_off(result) && result->http_status >= 200 && result->http_status <= 299)
		let_stand(result);
}

bool
outcome_accept(struct transfer_result *result, const struct json_span *statuses)
{
	if ((result->error != TRANSFER_HTTP && !is_broken_off(result)) ||
		!statuses_has(statuses, result->http_status))
		return false;
	let_stand(result);
	return true;
}

void
outcome_judge(struct transfer_result *result, int verdict, const char *why)
{
	const bool was_sent = result->http_status != 0;

	if (verdict > 0)
		return;
	if (verdict == JQ_WORKER_UNABLE) {
		result->error = was_sent ? TRANSFER_RESET : TRANSFER_CONNECT;
		result->fault = TRANSFER_SHORTAGE;
		snprintf(result->message, sizeof(result->message), "%s", why);
		return;
	}
	result->error = TRANSFER_REJECTED;
	result->fault = was_sent ? TRANSFER_THEIRS : TRANSFER_MISTAKE;
	if (verdict < 0)
		snprintf(result->message, sizeof(result->message), "success_when: %s", why);
	else
		snprintf(result->message, sizeof(result->message),
			"success_when is not true of the response");
}

/* What ${result} says of the endpoint, and for how long it asks to be left alone. */
static enum endpoint_report
report_of(const struct transfer_result *result, int64_t after_ms, int64_t *pause_ms)
{
	const long status = result->http_status;

	*pause_ms = 0;
	if (result->fault != TRANSFER_THEIRS)
		return ENDPOINT_UNTRIED;
	switch (result->error) {
	case TRANSFER_DENIED:
	case TRANSFER_SECRET:
		return ENDPOINT_UNTRIED;
	case TRANSFER_OK:
	case TRANSFER_REJECTED:
		return ENDPOINT_ALIVE;
	case TRANSFER_HTTP:
		if (after_ms > 0 && (status == 429 || status == 503))
			*pause_ms = after_ms;
		return status >= 500 ? ENDPOINT_DOWN : ENDPOINT_ALIVE;
	default:
		return ENDPOINT_DOWN;
	}
}

static void
show_response(const struct outcome_means *means, const struct attempt *attempt,
	const struct transfer_result *result, struct receipt *receipt)
{
	const size_t len = result->response != NULL ? result->response->len : 0,
		     shown = len < means->response_max ? len : means->response_max;

	if (shown == 0 || (!means->show_response && result->error == TRANSFER_OK))
		return;
	attempt_mask(attempt, means->secrets, result->response->buf, len, shown, result->truncated);
	receipt->response = result->response->buf;
	receipt->response_len = shown;
}

/* Whether there is to be another attempt, if there is time. */
static bool
is_wanted(const struct retry_policy *policy, const struct transfer_result *result,
	unsigned attempts)
{
	/* What was not even begun does not count, and is no class of its own. */
	if (result->fault == TRANSFER_PASSING)
		return policy->retries > 0;
	return result->fault != TRANSFER_MISTAKE && attempts <= policy->retries &&
	       (result->may_pass || retry_is_wanted(policy, result->error, result->http_status));
}

/* How long to wait before another attempt, or -1. ${after_ms}: what Retry-After asks for, or -1. */
static int64_t
again_ms(const struct outcome_means *means, const struct transfer_result *result, unsigned attempts,
	uint64_t chance, int64_t after_ms)
{
	int64_t wait_ms;

	if (!is_wanted(means->retry, result, attempts))
		return -1;
	wait_ms = (int64_t)retry_delay_ms(attempts > 0 ? attempts : 1, chance);
	/* Before that the name, or the secret, would not even be looked up again. */
	if (result->error == TRANSFER_DNS && result->fault == TRANSFER_THEIRS)
		wait_ms += RESOLVER_FAILED_TTL_SEC * 1000;
	if (result->fault == TRANSFER_PASSING)
		wait_ms += secret_store_pause_ms(means->secrets);
	return after_ms > wait_ms ? after_ms : wait_ms;
}

void
outcome_make(struct outcome *o, const struct outcome_means *means, const struct attempt *attempt,
	struct transfer_result *result, unsigned attempts, uint64_t chance, int64_t now_ms)
{
	const int64_t after_ms =
		result->retry_after[0] != '\0' ? retry_after_ms(result->retry_after, now_ms) : -1;

	*o = (struct outcome){
		.receipt = {.status = RECEIPT_FINISHED, .http_status = result->http_status}};
	if (result->error == TRANSFER_HTTP && after_ms > 0) {
		const size_t len = strlen(result->message);

		snprintf(result->message + len, sizeof(result->message) - len,
			"; it asks to wait %lld s", (long long)(after_ms + 999) / 1000);
	}
	/* Receivers echo requests; a secret must not come back through a receipt. */
	attempt_mask_message(attempt, means->secrets, result->message);
	show_response(means, attempt, result, &o->receipt);
	if (result->error != TRANSFER_OK) {
		o->receipt.status = RECEIPT_FAILED;
		o->receipt.error = transfer_error_name(result->error);
		o->receipt.message = result->message;
	}
	o->report = report_of(result, after_ms, &o->pause_ms);
	o->again_ms = again_ms(means, result, attempts, chance, after_ms);
}
