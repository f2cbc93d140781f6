#include "graphql_outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "graphql.h"
#include "graphql_retry.h"

static void add(struct graphql_answer *answer, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
add(struct graphql_answer *answer, const char *fmt, ...)
{
	const size_t len = strlen(answer->error);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(answer->error + len, sizeof(answer->error) - len, fmt, ap);
	va_end(ap);
}

/* What a status means, whatever stands in the body. */
static const char *
hint(long status)
{
	switch (status) {
	case 401:
		return ": the server does not take the key";
	case 404:
	case 405:
		return ": is WANDB_BASE_URL a W&B server?";
	default:
		return "";
	}
}

/* The connection failed, or the status is no success. */
static void
read_failure(const struct transfer_result *r, int64_t after_ms, struct graphql_answer *answer)
{
	const bool is_said = r->error == TRANSFER_HTTP && answer->verdict == GRAPHQL_REFUSED;
	char said[GRAPHQL_ERROR_MAX];

	memcpy(said, answer->error, sizeof(said));
	snprintf(answer->error, sizeof(answer->error), "%s%s", r->message, hint(r->http_status));
	if (after_ms > 0)
		add(answer, "; it asks to come again in %lld s",
			(long long)((after_ms + 999) / 1000));
	if (is_said)
		add(answer, ": %s", said);
	answer->is_transient = graphql_retry_is_failure(r);
	if (r->http_status == 413)
		answer->verdict = GRAPHQL_TOO_MUCH;
	else if (!is_said || answer->is_transient)
		answer->verdict = GRAPHQL_FAILED;
}

void
graphql_outcome_read(const struct transfer_result *r, unsigned attempts, int64_t after_ms,
	struct graphql_answer *answer)
{
	if (r->truncated) {
		answer->verdict = GRAPHQL_TOO_MUCH;
		add(answer, "the answer is longer than %zu bytes", GRAPHQL_ANSWER_MAX);
		return;
	}
	if (r->error == TRANSFER_OK || r->error == TRANSFER_HTTP)
		graphql_answer_read(answer);
	if (r->error == TRANSFER_OK)
		return;
	read_failure(r, after_ms, answer);
	if (attempts > 1)
		add(answer, " (%u attempts)", attempts);
}

bool
graphql_outcome_may_be_too_much(const struct transfer_result *r)
{
	return r->error == TRANSFER_TIMEOUT || r->error == TRANSFER_RESET ||
	       r->http_status == 500 || r->http_status == 502 || r->http_status == 504;
}
