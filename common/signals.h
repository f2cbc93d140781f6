/*
 * signals - SIGINT, SIGTERM and SIGHUP as something to wait for.
 */
#ifndef WB_SIGNALS_H
#define WB_SIGNALS_H

#include <signal.h>

/**
 * signals_open(before):
 * From now on the three do not end the process but make the descriptor returned readable; one that
 * was ignored from the start stays so. The mask of signals as it was goes into *${before}, if that
 * is not NULL. To be called before threads start. -1 with errno set when descriptors run out.
 */
int signals_open(sigset_t *before);

/**
 * signals_close(fd, before):
 * End that: ${fd} is from signals_open, which has left ${before}. A signal that has come and was
 * not taken acts now as it would have.
 */
void signals_close(int fd, const sigset_t *before);

/**
 * signals_take(fd):
 * The number of a signal that has come, or 0. Never blocks.
 */
int signals_take(int fd);

/**
 * signals_name(number):
 * "SIGTERM" and so on, static.
 */
const char *signals_name(int number);

#endif
