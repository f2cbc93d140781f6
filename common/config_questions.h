/*
 * config_questions - what servers are asked about the launch actions of a configuration, each thing
 * once, and what they have said.
 */
#ifndef WB_CONFIG_QUESTIONS_H
#define WB_CONFIG_QUESTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "graphql.h"
#include "launch.h"
#include "launch_lookup.h"
#include "names.h"

/* Why questions have no answer. */
struct outage {
	const char *reason;
	size_t n; /* questions that it is the reason of */
	bool is_told;
};

/* What a server is asked; automations that ask the same share it. */
struct question {
	const char *server, *key; /* a base URL; the name of a secret */
	enum launch_lookup kind;
	const char *variables;
	bool is_asked;
	struct outage *outage; /* NULL: it is answered */
	enum launch_lookup_result result;
	const char *found; /* LAUNCH_LOOKUP_OTHER: what is there instead; or NULL */
	bool is_netrc;     /* the first of a server whose key is out of ~/.netrc */
};

struct config_questions {
	struct graphql_options graphql; /* base_url is the server of actions that name none */
	struct arena arena;
	struct names names; /* of questions, whose numbers are their places */
	struct question *v;
	size_t n, room;
	bool failed; /* memory ran out */
};

/**
 * config_questions_init(qs, graphql), config_questions_release(qs):
 * None yet. Borrows what *${graphql} points to.
 */
void config_questions_init(struct config_questions *qs, const struct graphql_options *graphql);
void config_questions_release(struct config_questions *qs);

/**
 * config_questions_find(qs, l, kind):
 * The number of the question about ${l}, which is added if it is a new one; -1: there is nothing to
 * ask, or memory ran out.
 */
int64_t config_questions_find(struct config_questions *qs, const struct launch *l,
	enum launch_lookup kind);

/**
 * config_questions_ask(qs):
 * Ask all that were not asked yet. A server that fails, as opposed to one that refuses something,
 * is asked nothing more: the questions that are left share the outage.
 */
void config_questions_ask(struct config_questions *qs);

#endif
