/*
 * pipeline - programs that stand beside this one, joined by pipes.
 */
#ifndef WB_PIPELINE_H
#define WB_PIPELINE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PIPELINE_MAX 8 /* programs */

struct pipeline {
	pid_t pids[PIPELINE_MAX];
	int statuses[PIPELINE_MAX]; /* as waitpid(2) has them; valid after pipeline_wait */
	size_t n, nended;           /* nended: the first ones, which have been waited for */
	int input;                  /* what the last one reads, until pipeline_leave */
	int alive;                  /* readable, with nothing to read, when all have ended */
};

/**
 * pipeline_start(p, stages, n, out, mask):
 * Start ${n} programs, at most PIPELINE_MAX, each the arguments of one with NULL behind the last.
 * The first one reads standard input, each other one what the one before it writes, and the last
 * one writes to ${out}, which stays the caller's. ${mask} is for beside_start. Returns 0, and
 * pipeline_leave is to be called; or -1 after a message, when those that had been started have
 * ended.
 */
int pipeline_start(struct pipeline *p, char *const *const *stages, size_t n, int out,
	const sigset_t *mask);

/**
 * pipeline_signal(p, number):
 * Send a signal to all of them that have not been waited for.
 */
void pipeline_signal(const struct pipeline *p, int number);

/**
 * pipeline_leave(p):
 * Let go of what the last program reads, so that those before it find no reader once it has ended.
 * Returns whether all of that had been read, and nothing could follow; only of use when the last
 * one has ended, since a tool that is told to stop may leave lines behind, and those before it take
 * that for the wish of a reader. Always true of a program that reads standard input.
 */
bool pipeline_leave(struct pipeline *p);

/**
 * pipeline_wait(p, fd):
 * Wait until all have ended, or ${fd}, if it is not -1, is readable. Returns whether all have
 * ended.
 */
bool pipeline_wait(struct pipeline *p, int fd);

#endif
