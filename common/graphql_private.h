/*
 * graphql_private - a client of a GraphQL server, as its two parts know it: graphql, which waits,
 * and graphql_attempt, single attempts.
 */
#ifndef WB_GRAPHQL_PRIVATE_H
#define WB_GRAPHQL_PRIVATE_H

#include "graphql.h"
#include "graphql_retry.h"
#include "graphql_server.h"
#include "list.h"
#include "resolver.h"
#include "strbuf.h"
#include "transfer.h"

enum graphql_query_state { GRAPHQL_QUERY_WAITING, GRAPHQL_QUERY_RESOLVING, GRAPHQL_QUERY_SENDING };

struct graphql_query {
	struct link link;
	enum graphql_query_state state;
	void *ctx;
	struct strbuf body;
	struct graphql_effort effort;
	int64_t lookup_until_ms;
};

struct graphql {
	struct graphql_options options;
	struct graphql_server server;
	struct graphql_retry retry;
	int64_t told_pause_ms; /* the pause_until_ms that was told of last */
	struct transfers *transfers;
	struct resolver *resolver;
	struct link waiting, busy;
	size_t nbusy;
	struct strbuf text;         /* of the answer handed out */
	struct graphql_effort left; /* of its query, if that may be asked again */
};

void graphql_query_free(struct graphql_query *q);

/**
 * graphql_attempt_begin(g, q, answer), graphql_attempt_start(g, q, host, answer):
 * Begin an attempt of ${q}, which waits; send it, when its host is known (NULL: it need not be).
 * Return whether the query has ended at once: then ${answer} is filled.
 */
bool graphql_attempt_begin(struct graphql *g, struct graphql_query *q,
	struct graphql_answer *answer);
bool graphql_attempt_start(struct graphql *g, struct graphql_query *q,
	const struct resolver_answer *host, struct graphql_answer *answer);

/**
 * graphql_attempt_ended(g, q, result, answer),
 * graphql_attempt_failed(g, q, error, message, answer):
 * Every attempt ends here; the second when nothing was sent. Return whether the query has ended,
 * too: then ${answer} is filled. One that fails for the second time goes back to its owner, who may
 * ask for less, if that may be why.
 */
bool graphql_attempt_ended(struct graphql *g, struct graphql_query *q,
	struct transfer_result *result, struct graphql_answer *answer);
bool graphql_attempt_failed(struct graphql *g, struct graphql_query *q, enum transfer_error error,
	const char *message, struct graphql_answer *answer);

#endif
