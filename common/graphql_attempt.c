/*
 * Single attempts of queries: see graphql_private.h.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "graphql_outcome.h"
#include "graphql_private.h"
#include "retry.h"
#include "timestamp.h"

/* ---- how an attempt ends ---- */

/* Take what the server has said, without the key. */
static void
take_text(struct graphql *g, struct transfer_result *r, struct graphql_answer *answer)
{
	secret_mask(g->options.secrets, NULL, r->message, strlen(r->message), strlen(r->message),
		false);
	strbuf_reset(&g->text);
	if (r->response != NULL && r->response->len > 0) {
		secret_mask(g->options.secrets, NULL, r->response->buf, r->response->len,
			r->response->len, r->truncated);
		strbuf_add(&g->text, r->response->buf, r->response->len);
	}
	answer->text = g->text.buf;
	answer->len = g->text.len;
}

bool
graphql_attempt_ended(struct graphql *g, struct graphql_query *q, struct transfer_result *r,
	struct graphql_answer *answer)
{
	const int64_t after_ms =
		r->retry_after[0] != '\0' ? retry_after_ms(r->retry_after, timestamp_now_ms()) : -1;
	const bool is_failure = graphql_retry_is_failure(r);
	bool goes_on = false;

	list_remove(&q->link);
	g->nbusy--;
	if (is_failure)
		goes_on = graphql_retry_failed(&g->retry, &q->effort, r->http_status, after_ms,
			clock_ms());
	else
		graphql_retry_answered(&g->retry);
	if (goes_on && (q->effort.attempts < 2 || !graphql_outcome_may_be_too_much(r))) {
		q->state = GRAPHQL_QUERY_WAITING;
		list_append(&g->waiting, &q->link);
		return false;
	}
	*answer = (struct graphql_answer){.ctx = q->ctx,
		.verdict = GRAPHQL_FAILED,
		.http_status = r->http_status};
	if (timestamp_parse_http(r->date, &answer->date_ms) != 0)
		answer->date_ms = -1;
	take_text(g, r, answer);
	if (strbuf_failed(&g->text))
		snprintf(answer->error, sizeof(answer->error), "out of memory");
	else
		graphql_outcome_read(r, q->effort.attempts, after_ms, g->server.key_origin, answer);
	if (goes_on) {
		answer->verdict = GRAPHQL_TOO_MUCH;
		g->left = q->effort;
	} else {
		g->left = (struct graphql_effort){.attempts = 0};
	}
	graphql_query_free(q);
	return true;
}

bool
graphql_attempt_failed(struct graphql *g, struct graphql_query *q, enum transfer_error error,
	const char *message, struct graphql_answer *answer)
{
	struct transfer_result r = {.error = error};

	snprintf(r.message, sizeof(r.message), "%s", message);
	return graphql_attempt_ended(g, q, &r, answer);
}

/* ---- an attempt ---- */

bool
graphql_attempt_start(struct graphql *g, struct graphql_query *q,
	const struct resolver_answer *host, struct graphql_answer *answer)
{
	struct transfer_request request = {.url = g->server.url,
		.where = &g->server.where,
		.headers = g->server.headers,
		.nheaders = GRAPHQL_HEADERS,
		.body = q->body.buf,
		.len = q->body.len,
		.timeout_ms = g->options.timeout_ms,
		.read_max = GRAPHQL_ANSWER_MAX,
		.response_max = GRAPHQL_ANSWER_MAX};
	char error[POLICY_ERROR_MAX];

	q->state = GRAPHQL_QUERY_RESOLVING;
	if (host != NULL && host->error != NULL) {
		snprintf(error, sizeof(error), "%s: %s", g->server.where.host, host->error);
		return graphql_attempt_failed(g, q, TRANSFER_DNS, error, answer);
	}
	for (size_t i = 0; host != NULL && i < host->len; i++)
		if (!policy_check_address(g->options.policy, &g->server.where,
			    (const struct sockaddr *)&host->addr[i], error))
			return graphql_attempt_failed(g, q, TRANSFER_DENIED, error, answer);
	if (host != NULL) {
		request.addresses = host->addr;
		request.naddresses = host->len;
	}
	q->state = GRAPHQL_QUERY_SENDING;
	if (transfer_start(g->transfers, &request, q) == 0)
		return false;
	q->state = GRAPHQL_QUERY_RESOLVING;
	return graphql_attempt_failed(g, q, TRANSFER_CONNECT,
		"cannot set up the request: out of memory", answer);
}

bool
graphql_attempt_begin(struct graphql *g, struct graphql_query *q, struct graphql_answer *answer)
{
	struct resolver_answer host;
	char error[RESOLVER_ERROR_MAX];
	int known;

	list_remove(&q->link);
	list_append(&g->busy, &q->link);
	g->nbusy++;
	graphql_retry_begin(&g->retry, &q->effort, clock_ms());
	if (g->options.proxy != NULL || g->server.where.host_type == URL_HOST_ADDRESS)
		return graphql_attempt_start(g, q, NULL, answer);
	q->state = GRAPHQL_QUERY_RESOLVING;
	q->lookup_until_ms = clock_ms() + (int64_t)g->options.connect_timeout_ms;
	known = resolver_ask(g->resolver, g->server.where.host, &host);
	if (known < 0) {
		snprintf(error, sizeof(error), "cannot look the host up: %s", host.error);
		return graphql_attempt_failed(g, q, TRANSFER_DNS, error, answer);
	}
	return known > 0 && graphql_attempt_start(g, q, &host, answer);
}
