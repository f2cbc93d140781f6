#include "graphql_retry.h"

#include "hash.h"
#include "retry.h"

/* W&B's own client tries these no more; all others from 400 on it does. */
static bool
is_final(long status)
{
	static const long final[] = {400, 401, 403, 404, 409, 410, 413, 422, 501};

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		if (final[i] == status)
			return true;
	return status < 400;
}

bool
graphql_retry_is_failure(const struct transfer_result *result)
{
	if (result->truncated || result->fault == TRANSFER_MISTAKE)
		return false;
	switch (result->error) {
	case TRANSFER_HTTP:
		return !is_final(result->http_status);
	case TRANSFER_DNS:
	case TRANSFER_CONNECT:
	case TRANSFER_TLS:
	case TRANSFER_TIMEOUT:
	case TRANSFER_RESET:
		return true;
	default:
		return false;
	}
}

size_t
graphql_retry_room(const struct graphql_retry *r, size_t jobs)
{
	return r->down > 0 ? 1 : jobs;
}

int64_t
graphql_retry_begins_ms(const struct graphql_retry *r, const struct graphql_effort *e)
{
	int64_t at_ms = e->at_ms;

	if (at_ms < r->pause_until_ms)
		at_ms = r->pause_until_ms;
	return r->down > 0 && at_ms < r->back_ms ? r->back_ms : at_ms;
}

void
graphql_retry_begin(const struct graphql_retry *r, struct graphql_effort *e, int64_t now_ms)
{
	if (e->attempts++ == 0)
		e->began_ms = now_ms;
	e->down = r->down;
}

void
graphql_retry_answered(struct graphql_retry *r)
{
	r->down = 0;
}

bool
graphql_retry_failed(struct graphql_retry *r, struct graphql_effort *e, long status,
	int64_t after_ms, int64_t now_ms)
{
	const bool is_new = e->down == r->down; /* it did not fail together with another one */

	r->down += is_new;
	/* One is told for all: none of them is welcome before. */
	if (after_ms > 0 && (status == 429 || status == 503) &&
		r->pause_until_ms < now_ms + after_ms)
		r->pause_until_ms = now_ms + after_ms;
	if (e->attempts > r->retries || r->down > r->retries)
		return false;
	e->at_ms = now_ms + (int64_t)retry_delay_ms(e->attempts > r->down ? e->attempts : r->down,
				    hash_mix(r->chance += 0x9e3779b97f4a7c15u));
	if (e->at_ms < now_ms + after_ms)
		e->at_ms = now_ms + after_ms;
	if (is_new)
		r->back_ms = e->at_ms;
	return e->at_ms <= e->began_ms + (int64_t)r->max_ms;
}
