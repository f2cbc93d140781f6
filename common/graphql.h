/*
 * graphql - a client of one GraphQL server: several queries under way at the same time, each tried
 * again where that may help, answers taken apart as far as GraphQL goes.
 *
 * Everything that comes from the server is masked before anybody looks at it: the key that was sent
 * stands in nothing that this module hands out.
 */
#ifndef WB_GRAPHQL_H
#define WB_GRAPHQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graphql_answer.h"
#include "graphql_retry.h"
#include "policy.h"
#include "secret.h"

#define GRAPHQL_ANSWER_MAX ((size_t)64 * 1024 * 1024) /* bytes of an answer; more is an error */
#define GRAPHQL_JOBS_MAX 16
#define GRAPHQL_KEY "WANDB_API_KEY" /* the name of the secret that is sent */

struct graphql_options {
	const char *base_url; /* without /graphql */
	const struct policy *policy;
	struct secret_store *secrets;
	/* the name of the key, bound as the store says; NULL: GRAPHQL_KEY, bound to the server */
	const char *key;
	const char *ca_file, *proxy; /* or NULL */
	size_t jobs;                 /* at the same time, at most GRAPHQL_JOBS_MAX */
	uint64_t timeout_ms, connect_timeout_ms;
	unsigned retries;
	uint64_t retry_max_ms; /* no attempt later than this after the first one of a query */
};

struct graphql;

/**
 * graphql_new(options):
 * NULL after a message: the URL is none, the policy denies it, there is no key, memory runs out.
 * Borrows what ${options} points to.
 */
struct graphql *graphql_new(const struct graphql_options *options);

/**
 * graphql_free(g):
 * Break off what is under way. NULL is fine.
 */
void graphql_free(struct graphql *g);

/**
 * graphql_send(g, query, variables, effort, ctx):
 * Send, or put off until there is room, the bytes of ${query} with the JSON object ${variables};
 * both are copied. ${effort}: what graphql_left has said of the query that this one is instead of;
 * or NULL. Returns 0, or -1 when memory runs out.
 */
int graphql_send(struct graphql *g, const char *query, const char *variables,
	const struct graphql_effort *effort, void *ctx);

/**
 * graphql_next(g, answer, signal_fd):
 * Wait for the end of any query. Returns whether there was one under way. When ${signal_fd} (-1:
 * none) becomes readable, the answer is GRAPHQL_STOPPED, and no query of it.
 */
bool graphql_next(struct graphql *g, struct graphql_answer *answer, int signal_fd);

/**
 * graphql_left(g):
 * What was spent on the query of the answer that came last, if it may be tried again: then, and
 * else never, the answer is GRAPHQL_TOO_MUCH and transient, and the query is to be sent again, for
 * less or, if there is no less, as it was. NULL: it has ended.
 */
const struct graphql_effort *graphql_left(const struct graphql *g);

/**
 * graphql_cancel(g):
 * Break off all that is under way. What is sent then begins as with a new client.
 */
void graphql_cancel(struct graphql *g);

/**
 * graphql_base_url(g):
 * The server, for messages: its URL without /graphql. Borrowed.
 */
const char *graphql_base_url(const struct graphql *g);

#endif
