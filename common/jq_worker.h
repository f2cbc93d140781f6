/*
 * jq_worker - jq programs of others, run where they can do no harm: in a process of its own, which
 * is given so much time and memory and is ended when it wants more, or dies. It is started with the
 * first program and again after each end; jq_server.h says what it is and what it holds.
 *
 * A program that has ended its process is refused from then on, so that it costs its limit once and
 * not for every input. An end that is not its fault, as when someone kills the process, is not held
 * against it: it is run once more.
 *
 * One program runs at a time. Who has something else to do meanwhile submits it, and comes back
 * when the process has something to say; jq_worker_check, _test and _run wait for it instead, for
 * as long as a program may take.
 *
 * Nothing is printed. No other children of the process are waited for, and none are disturbed. Not
 * for several threads at a time; the process ends with the thread that started it.
 */
#ifndef WB_JQ_WORKER_H
#define WB_JQ_WORKER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jq_program.h"
#include "jq_server.h"
#include "strbuf.h"

#define JQ_WORKER_MS 1000                              /* the limits, where nothing else is */
#define JQ_WORKER_MEMORY ((uint64_t)256 * 1024 * 1024) /* wanted */
#define JQ_WORKER_PATIENCE 10

/* A result: no process was to be had that answers, by no fault of the program. Try later. */
#define JQ_WORKER_UNABLE (-2)

struct jq_worker_options {
	/*
	 * For one input, in processor time: a busy machine is not the program's fault. A process
	 * that gets none for JQ_WORKER_PATIENCE times as long, by the clock, is given up.
	 */
	uint64_t limit_ms;
	uint64_t memory;  /* bytes, for the process */
	unsigned strikes; /* in a row that end the process until a program is refused, from 1 */
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

/* ---- without waiting ---- */

/**
 * jq_worker_submit(w, kind, text, text_len, json, len):
 * Begin with what ${kind} says of the program of ${text_len} bytes at ${text}, and of ${len} bytes
 * at ${json}. Both are borrowed until jq_worker_take or _cancel, one of which comes before the next
 * submit.
 */
void jq_worker_submit(struct jq_worker *w, enum jq_request_kind kind, const char *text,
	size_t text_len, const char *json, size_t len);

/**
 * jq_worker_go_on(w):
 * Go on with it as far as that can be done without waiting. Returns whether there is a result. To
 * be called after submit, and when what jq_worker_poll names is ready or its time has come.
 */
bool jq_worker_go_on(struct jq_worker *w);

/**
 * jq_worker_poll(w, fd):
 * While there is no result: the descriptor to wait for in *${fd}. Returns until when, by clock_ms.
 */
int64_t jq_worker_poll(const struct jq_worker *w, struct pollfd *fd);

/**
 * jq_worker_take(w, out, error):
 * The result: 0 or more as the functions below have it, or -1 with the reason in ${error}, or
 * JQ_WORKER_UNABLE, with a reason, too. ${out}, for a JQ_FIRST or JQ_RUN, else NULL, is only
 * appended to if it is 0 or more.
 */
int jq_worker_take(struct jq_worker *w, struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_worker_cancel(w):
 * Break off what was submitted.
 */
void jq_worker_cancel(struct jq_worker *w);

/**
 * jq_worker_has_checked(w, text, len):
 * Whether the program has been checked, as far as is kept in mind, and is not refused.
 */
bool jq_worker_has_checked(const struct jq_worker *w, const char *text, size_t len);

/* ---- waiting ---- */

/**
 * jq_worker_check(w, text, len, error):
 * Compile the program of ${len} bytes at ${text}. Returns 0, or -1 with the reason in ${error}:
 * what jq_program_new says, or why the program cannot be run or is not run again; or
 * JQ_WORKER_UNABLE.
 */
int jq_worker_check(struct jq_worker *w, const char *text, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_worker_test(w, text, text_len, json, len, error):
 * What jq_program_test says of the program and the ${len} bytes at ${json}; also less than 0 as
 * above.
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
 * Whether the last result is -1 because the program ended the process, for those who count strikes
 * themselves, since they run many programs as one.
 */
bool jq_worker_ended(const struct jq_worker *w);

#endif
