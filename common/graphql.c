#include "graphql.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "diag.h"
#include "graphql_private.h"
#include "json_text.h"
#include "portable.h"

#define PAUSE_TOLD_MS 2000 /* a shorter wait is not worth a message */
#define BODY_MAX ((size_t)16 * 1024 * 1024)

static int
set_up(struct graphql *g)
{
	const struct transfer_options transfer = {.policy = g->options.policy,
		.connect_timeout_ms = g->options.connect_timeout_ms,
		.jobs = g->options.jobs,
		.ca_file = g->options.ca_file,
		.proxy = g->options.proxy};

	if (graphql_server_init(&g->server, &g->options) != 0)
		return -1;
	if ((g->resolver = resolver_new()) == NULL ||
		(g->transfers = transfers_new(&transfer)) == NULL) {
		diag("cannot set up for the network: %s", strerror(errno));
		return -1;
	}
	g->retry = (struct graphql_retry){.retries = g->options.retries,
		.max_ms = g->options.retry_max_ms};
	if (portable_random(&g->retry.chance, sizeof(g->retry.chance)) != 0)
		g->retry.chance = (uint64_t)clock_us();
	return 0;
}

struct graphql *
graphql_new(const struct graphql_options *options)
{
	struct graphql *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		diag("out of memory");
		return NULL;
	}
	g->options = *options;
	list_init(&g->waiting);
	list_init(&g->busy);
	strbuf_init(&g->text, GRAPHQL_ANSWER_MAX);
	if (set_up(g) == 0)
		return g;
	graphql_free(g);
	return NULL;
}

void
graphql_query_free(struct graphql_query *q)
{
	strbuf_release(&q->body);
	free(q);
}

void
graphql_cancel(struct graphql *g)
{
	struct link *link;

	while ((link = list_take(&g->busy)) != NULL) {
		struct graphql_query *q = CONTAINER(link, struct graphql_query, link);

		if (q->state == GRAPHQL_QUERY_SENDING)
			transfer_cancel(g->transfers, q);
		graphql_query_free(q);
	}
	while ((link = list_take(&g->waiting)) != NULL)
		graphql_query_free(CONTAINER(link, struct graphql_query, link));
	g->nbusy = 0;
	g->left = (struct graphql_effort){.attempts = 0};
	graphql_retry_answered(&g->retry);
}

const struct graphql_effort *
graphql_left(const struct graphql *g)
{
	return g->left.attempts > 0 ? &g->left : NULL;
}

void
graphql_free(struct graphql *g)
{
	if (g == NULL)
		return;
	graphql_cancel(g);
	transfers_free(g->transfers);
	resolver_free(g->resolver);
	graphql_server_release(&g->server);
	strbuf_release(&g->text);
	free(g);
}

const char *
graphql_base_url(const struct graphql *g)
{
	return g->options.base_url;
}

int
graphql_send(struct graphql *g, const char *query, const char *variables,
	const struct graphql_effort *effort, void *ctx)
{
	struct graphql_query *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return -1;
	q->ctx = ctx;
	if (effort != NULL)
		q->effort = *effort;
	strbuf_init(&q->body, BODY_MAX);
	strbuf_lit(&q->body, "{\"query\":");
	json_quote(&q->body, query);
	strbuf_lit(&q->body, ",\"variables\":");
	strbuf_adds(&q->body, variables);
	strbuf_lit(&q->body, "}");
	if (strbuf_failed(&q->body)) {
		graphql_query_free(q);
		return -1;
	}
	list_append(&g->waiting, &q->link);
	return 0;
}

/* ---- waiting ---- */

static bool
has_room(const struct graphql *g)
{
	return g->nbusy < graphql_retry_room(&g->retry, g->options.jobs);
}

static int64_t
begins_ms(const struct graphql *g, const struct link *l)
{
	return graphql_retry_begins_ms(&g->retry,
		&CONTAINER(l, struct graphql_query, link)->effort);
}

/* When there is something to do even if nothing comes, or -1. */
static int64_t
next_ms(const struct graphql *g)
{
	int64_t first_ms = -1;

	for (const struct link *l = g->waiting.next; l != &g->waiting && has_room(g); l = l->next) {
		const int64_t at_ms = begins_ms(g, l);

		if (first_ms < 0 || at_ms < first_ms)
			first_ms = at_ms;
	}
	for (const struct link *l = g->busy.next; l != &g->busy; l = l->next) {
		const struct graphql_query *q = CONTAINER(l, struct graphql_query, link);

		if (q->state == GRAPHQL_QUERY_RESOLVING &&
			(first_ms < 0 || q->lookup_until_ms < first_ms))
			first_ms = q->lookup_until_ms;
	}
	return first_ms;
}

/* Begin what may. Returns whether one ended at once. */
static bool
begin_all(struct graphql *g, struct graphql_answer *answer)
{
	const int64_t now_ms = clock_ms();
	struct link *next;

	for (struct link *l = g->waiting.next; l != &g->waiting && has_room(g); l = next) {
		struct graphql_query *q = CONTAINER(l, struct graphql_query, link);

		next = l->next;
		if (begins_ms(g, l) <= now_ms && graphql_attempt_begin(g, q, answer))
			return true;
	}
	return false;
}

/* Send what waited for the host, or end what has waited too long. */
static bool
take_host(struct graphql *g, struct graphql_answer *answer)
{
	const int64_t now_ms = clock_ms();
	struct resolver_answer host;
	struct link *next;

	while (resolver_poll(g->resolver, &host) > 0)
		continue;
	for (struct link *l = g->busy.next; l != &g->busy; l = next) {
		struct graphql_query *q = CONTAINER(l, struct graphql_query, link);

		next = l->next;
		if (q->state != GRAPHQL_QUERY_RESOLVING)
			continue;
		/* It is at hand now, for all who wait. */
		if (resolver_ask(g->resolver, g->server.where.host, &host) > 0) {
			if (graphql_attempt_start(g, q, &host, answer))
				return true;
		} else if (q->lookup_until_ms <= now_ms) {
			if (graphql_attempt_failed(g, q, TRANSFER_TIMEOUT,
				    "looking the host up took too long", answer))
				return true;
		}
	}
	return false;
}

static int
until(int64_t at_ms)
{
	const int64_t left_ms = at_ms - clock_ms();

	return at_ms < 0 ? -1 : left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static bool
stop(struct graphql_answer *answer, const char *why, enum graphql_verdict verdict)
{
	*answer = (struct graphql_answer){.verdict = verdict};
	snprintf(answer->error, sizeof(answer->error), "%s", why);
	return true;
}

/* A wait that the server has asked for may be long: say so, once. */
static void
tell_pause(struct graphql *g)
{
	const int64_t left_ms = g->retry.pause_until_ms - clock_ms();

	if (list_is_empty(&g->waiting) || left_ms < PAUSE_TOLD_MS ||
		g->told_pause_ms == g->retry.pause_until_ms)
		return;
	g->told_pause_ms = g->retry.pause_until_ms;
	diag("%s: the server asks to be left alone: the next request goes out in %lld s",
		g->options.base_url, (long long)((left_ms + 999) / 1000));
}

bool
graphql_next(struct graphql *g, struct graphql_answer *answer, int signal_fd)
{
	struct transfer_result result;

	while (!list_is_empty(&g->waiting) || g->nbusy > 0) {
		struct pollfd fds[2] = {{.fd = resolver_fd(g->resolver), .events = POLLIN},
			{.fd = signal_fd, .events = POLLIN}};

		if (transfers_next(g->transfers, &result)) {
			if (graphql_attempt_ended(g, result.ctx, &result, answer))
				return true;
			continue;
		}
		if (begin_all(g, answer) || take_host(g, answer))
			return true;
		tell_pause(g);
		if (transfers_wait(g->transfers, fds, signal_fd >= 0 ? 2 : 1, until(next_ms(g))) !=
			0)
			return stop(answer,
				"cannot wait for the network: out of memory or descriptors",
				GRAPHQL_FAILED);
		if (signal_fd >= 0 && fds[1].revents != 0)
			return stop(answer, "stopped", GRAPHQL_STOPPED);
	}
	return false;
}
