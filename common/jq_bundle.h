/*
 * jq_bundle - many jq programs, compiled a hundred at a time.
 *
 * libjq compiles its own library anew for every program, which takes longer than the program does.
 * So programs are joined to one that takes a number beside its input and runs the program with that
 * number. Only programs whose brackets and quotes are closed are joined, so none can reach out of
 * its own; what joins badly is taken apart again, until it is known which program is at fault.
 */
#ifndef WB_JQ_BUNDLE_H
#define WB_JQ_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jq_program.h"

struct jq_bundle;

/* How a program is run. */
struct jq_bundle_run {
	const char *text; /* the program that it is joined into, or itself */
	size_t len;
	int64_t number; /* in it: [NUMBER, INPUT] is its input; -1: INPUT alone */
};

/**
 * jq_bundle_new(), jq_bundle_free(b):
 * None yet, or NULL when memory runs out; NULL is fine for jq_bundle_free.
 */
struct jq_bundle *jq_bundle_new(void);
void jq_bundle_free(struct jq_bundle *b);

/**
 * jq_bundle_add(b, text, len):
 * Add the program of ${len} bytes at ${text}, which is borrowed. Returns its number, from 0, which
 * is the same for the same text, or -1 when memory runs out.
 */
int64_t jq_bundle_add(struct jq_bundle *b, const char *text, size_t len);

/**
 * jq_bundle_count(b):
 * How many programs there are.
 */
size_t jq_bundle_count(const struct jq_bundle *b);

/**
 * jq_bundle_compile(b):
 * Join and compile all programs, for jq_bundle_error and jq_bundle_get, after the last one was
 * added. Returns 0, or -1 when memory runs out.
 */
int jq_bundle_compile(struct jq_bundle *b);

/**
 * jq_bundle_error(b, number):
 * Why program ${number} cannot be compiled, as jq_program_new says it, or NULL if it can.
 */
const char *jq_bundle_error(const struct jq_bundle *b, int64_t number);

/**
 * jq_bundle_get(b, number):
 * How to run program ${number}, which has no error.
 */
struct jq_bundle_run jq_bundle_get(const struct jq_bundle *b, int64_t number);

/**
 * jq_bundle_joins(text, len):
 * Whether the program can stand in parentheses: each of its brackets and quotes is closed, and it
 * uses no name that joining uses. Programs that jq does not take may pass. Pure.
 */
bool jq_bundle_joins(const char *text, size_t len);

#endif
