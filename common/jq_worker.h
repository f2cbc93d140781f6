/*
 * jq_worker - jq programs of others, run where they can do no harm: in a process of its own, which
 * is given so much time and memory and is ended when it wants more, or dies. It is started with the
 * first program and again after each end; jq_server.h says what it is and what it holds.
 *
 * Calls block for as long as a program may take. A program that has ended its process is refused
 * from then on, so that it costs its limit once and not for every input.
 *
 * Nothing is printed. No other children of the process are waited for, and none are disturbed. Not
 * for several threads at a time; the process ends with the thread that started it.
 */
#ifndef WB_JQ_WORKER_H
#define WB_JQ_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jq_program.h"
#include "strbuf.h"

#define JQ_WORKER_MS 1000                              /* the limits, where nothing else is */
#define JQ_WORKER_MEMORY ((uint64_t)256 * 1024 * 1024) /* wanted */
#define JQ_WORKER_PATIENCE 10
#define JQ_WORKER_REFUSED_MAX 32 /* programs that are kept in mind as ones not to run */

struct jq_worker_options {
	/*
	 * For one input, in processor time: a busy machine is not the program's fault. By the clock
	 * it may take JQ_WORKER_PATIENCE times as long.
	 */
	uint64_t limit_ms;
	uint64_t memory;  /* bytes, for the process */
	unsigned strikes; /* how often a program may end the process until it is refused, from 1 */
};

struct jq_worker;

/**
 * jq_worker_new(options):
 * Start nothing yet. The executable's main must begin with jq_server_main. NULL when memory runs
 * out.
 */
struct jq_worker *jq_worker_new(const struct jq_worker_options *options);

/**
 * jq_worker_free(w):
 * End the process, if there is one; NULL is fine.
 */
void jq_worker_free(struct jq_worker *w);

/**
 * jq_worker_check(w, text, len, error):
 * Compile the program of ${len} bytes at ${text}. Returns 0, or -1 with the reason in ${error}:
 * what jq_program_new says, or why the program cannot be run or is not run again.
 */
int jq_worker_check(struct jq_worker *w, const char *text, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_worker_test(w, text, text_len, json, len, error):
 * What jq_program_test says of the program and the ${len} bytes at ${json}; also -1 as above.
 */
int jq_worker_test(struct jq_worker *w, const char *text, size_t text_len, const char *json,
	size_t len, char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_worker_first(w, text, text_len, json, len, out, error):
 * The same for jq_program_first. ${out} is only appended to if it returns 1; what comes is JSON if
 * nobody has broken out of libjq.
 */
int jq_worker_first(struct jq_worker *w, const char *text, size_t text_len, const char *json,
	size_t len, struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_worker_run(w, text, text_len, json, len, out, error):
 * The same for jq_program_run. ${out} is only appended to if it returns 0 or more; what comes is
 * lines of JSON if nobody has broken out of libjq, so check it.
 */
int jq_worker_run(struct jq_worker *w, const char *text, size_t text_len, const char *json,
	size_t len, struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_worker_ended(w):
 * Whether the last call returned -1 because its program ended the process, for those who count
 * strikes themselves, since they run many programs as one.
 */
bool jq_worker_ended(const struct jq_worker *w);

#endif
