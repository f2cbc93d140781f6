/*
 * graphql_answer - what a GraphQL server's answer says, as far as GraphQL goes. Pure.
 */
#ifndef WB_GRAPHQL_ANSWER_H
#define WB_GRAPHQL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

#define GRAPHQL_ERROR_MAX 1024 /* bytes of a message, NUL included */

enum graphql_verdict {
	GRAPHQL_OK,       /* there is data, and no error */
	GRAPHQL_REFUSED,  /* the server understood, and has errors to tell */
	GRAPHQL_TOO_MUCH, /* it could not or would not answer a query of this size */
	GRAPHQL_FAILED,   /* it cannot be asked: not reached, not allowed, no GraphQL */
	GRAPHQL_STOPPED   /* by a signal */
};

/* Texts are borrowed. */
struct graphql_answer {
	void *ctx; /* as given to graphql_send */
	enum graphql_verdict verdict;
	bool is_transient; /* trying again later may help */
	long http_status;
	int64_t date_ms;  /* the server's time, since 1970; -1: it does not say it */
	const char *text; /* all of it; NULL if there is none */
	size_t len;
	struct json_span data, errors; /* JSON_NONE: there is none */
	char error[GRAPHQL_ERROR_MAX]; /* what is wrong, for people; "" if nothing is */
};

/**
 * graphql_answer_read(answer):
 * Set data, errors, verdict (OK, REFUSED or FAILED) and error by what text says.
 */
void graphql_answer_read(struct graphql_answer *answer);

/**
 * graphql_is_unknown(answer):
 * Whether one of its errors says that the server's API does not have what was asked for: a field,
 * an argument or a type.
 */
bool graphql_is_unknown(const struct graphql_answer *answer);

/**
 * graphql_refers_to(answer, name):
 * Whether one of its errors is about the field ${name}: in its path, or, as a word, in its message.
 */
bool graphql_refers_to(const struct graphql_answer *answer, const char *name);

#endif
