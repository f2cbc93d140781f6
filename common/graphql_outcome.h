/*
 * graphql_outcome - what became of a query, for its owner and in words. Pure.
 */
#ifndef WB_GRAPHQL_OUTCOME_H
#define WB_GRAPHQL_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "graphql_answer.h"
#include "transfer.h"

/**
 * graphql_outcome_read(result, attempts, after_ms, key_origin, answer):
 * Fill ${answer}, whose text and len are set, after the last of ${attempts}, which asked to be left
 * alone for ${after_ms} (-1: it did not). ${key_origin}: where the key is from that was sent.
 */
void graphql_outcome_read(const struct transfer_result *result, unsigned attempts, int64_t after_ms,
	const char *key_origin, struct graphql_answer *answer);

/**
 * graphql_outcome_may_be_too_much(result):
 * Whether a failure may come of the query's size: what takes a server too long ends so.
 */
bool graphql_outcome_may_be_too_much(const struct transfer_result *result);

#endif
