/*
 * jq_known - jq programs that are kept in mind by their texts, a bounded number of them: the one
 * that was kept first is forgotten first.
 */
#ifndef WB_JQ_KNOWN_H
#define WB_JQ_KNOWN_H

#include <stddef.h>

#include "jq_program.h"

#define JQ_KNOWN_MAX 32

/* A program, and what its keeper wants to know of it. */
struct jq_known {
	char *text; /* NULL: a free place */
	size_t len;
	unsigned strikes;
	char why[JQ_PROGRAM_ERROR_MAX];
};

/* All zero: none is known yet. */
struct jq_known_list {
	struct jq_known all[JQ_KNOWN_MAX];
	size_t next; /* place for the next one */
};

/**
 * jq_known_release(list):
 * Forget all.
 */
void jq_known_release(struct jq_known_list *list);

/**
 * jq_known_find(list, text, len):
 * The program of ${len} bytes at ${text}, or NULL.
 */
const struct jq_known *jq_known_find(const struct jq_known_list *list, const char *text,
	size_t len);

/**
 * jq_known_keep(list, text, len):
 * The same, kept from now on, without strikes, if it was not; NULL when memory runs out.
 */
struct jq_known *jq_known_keep(struct jq_known_list *list, const char *text, size_t len);

#endif
