/*
 * jq_runner - programs of a bundle, run by a jq_worker. What a program does is held against it
 * alone, not against those that it is joined with: one that has ended the process
 * JQ_RUNNER_STRIKES times in a row is refused from then on. Once may be the fault of an input that
 * a stranger has made large.
 */
#ifndef WB_JQ_RUNNER_H
#define WB_JQ_RUNNER_H

#include <stddef.h>
#include <stdint.h>

#include "jq_bundle.h"
#include "jq_worker.h"
#include "strbuf.h"

#define JQ_RUNNER_STRIKES 3

struct jq_runner;

/**
 * jq_runner_new(bundle):
 * Start nothing yet; the executable's main must begin with jq_server_main. ${bundle}, which is
 * borrowed, is compiled and has no errors. NULL when memory runs out.
 */
struct jq_runner *jq_runner_new(const struct jq_bundle *bundle);

/**
 * jq_runner_free(r):
 * End the process, if there is one; NULL is fine.
 */
void jq_runner_free(struct jq_runner *r);

/**
 * jq_runner_first(r, number, json, len, out, error):
 * Run program ${number} over ${len} bytes at ${json}, with the limits of jq_worker.h, and append
 * its first output to ${out}, as compact JSON. Returns 1, 0 if there is none, or with the reason in
 * ${error} -1, or JQ_WORKER_UNABLE if it could not be run, by no fault of its own.
 */
int jq_runner_first(struct jq_runner *r, int64_t number, const char *json, size_t len,
	struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX]);

#endif
