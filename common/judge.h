/*
 * judge - programs of success_when, asked one after another, in the order in which they come, while
 * all else goes on: whether they can be run, before anything is sent; what they say of an answer.
 */
#ifndef WB_JUDGE_H
#define WB_JUDGE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "jq_worker.h"
#include "json.h"
#include "list.h"
#include "strbuf.h"

struct judge;

/* What is to be judged; stands in another struct. */
struct judge_case {
	struct link link;                /* the judge's */
	const struct json_span *program; /* borrowed, as ${response} is, until the verdict */
	const struct strbuf *response;   /* NULL: the program is only checked */
	/*
	 * Greater than 0 if the program holds, 0 if it does not, -1 if it cannot be run or has
	 * failed, JQ_WORKER_UNABLE if that cannot be found out now; less than 0: with the reason.
	 */
	int verdict;
	char why[JQ_PROGRAM_ERROR_MAX];
};

/**
 * judge_new(), judge_free(j):
 * NULL when memory runs out; NULL is fine.
 */
struct judge *judge_new(void);
void judge_free(struct judge *j);

/**
 * judge_has_checked(j, program):
 * Whether it is known that the program can be run, so that it need not be checked.
 */
bool judge_has_checked(struct judge *j, const struct json_span *program);

/**
 * judge_add(j, c, program, response):
 * ${c} has its turn after the others; a check of ${program} if ${response} is NULL.
 */
void judge_add(struct judge *j, struct judge_case *c, const struct json_span *program,
	const struct strbuf *response);

/**
 * judge_again(j, c):
 * ${c}, whose verdict was JQ_WORKER_UNABLE, is the next one, but not at once.
 */
void judge_again(struct judge *j, struct judge_case *c);

/**
 * judge_drop(j, c):
 * There is to be no verdict on ${c}.
 */
void judge_drop(struct judge *j, struct judge_case *c);

/**
 * judge_next(j):
 * Go on, without waiting. Returns a case with its verdict, which is not the judge's any more, or
 * NULL.
 */
struct judge_case *judge_next(struct judge *j);

/**
 * judge_poll(j, fd, until_ms):
 * When judge_next has something to do: when it is *${until_ms} by clock_ms (-1: never), or, if this
 * returns true, *${fd} is ready.
 */
bool judge_poll(const struct judge *j, struct pollfd *fd, int64_t *until_ms);

#endif
