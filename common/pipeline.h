/*
 * pipeline - programs that stand beside this one, joined by pipes.
 */
#ifndef WB_PIPELINE_H
#define WB_PIPELINE_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#define PIPELINE_MAX 8 /* programs */

struct pipeline {
	pid_t pids[PIPELINE_MAX];
	int statuses[PIPELINE_MAX]; /* as waitpid(2) has them; valid after pipeline_wait */
	size_t n;
};

/**
 * pipeline_start(p, stages, n, out, mask):
 * Start ${n} programs, at most PIPELINE_MAX, each the arguments of one with NULL behind the last.
 * The first one reads standard input, each other one what the one before it writes, and the last
 * one writes to ${out}, which stays the caller's. ${mask} is for beside_start. Returns 0, or -1
 * after a message, when those that had been started have ended.
 */
int pipeline_start(struct pipeline *p, char *const *const *stages, size_t n, int out,
	const sigset_t *mask);

/**
 * pipeline_signal(p, number):
 * Send a signal to all of them that have not been waited for.
 */
void pipeline_signal(const struct pipeline *p, int number);

/**
 * pipeline_wait(p):
 * Wait until all have ended.
 */
void pipeline_wait(struct pipeline *p);

#endif
