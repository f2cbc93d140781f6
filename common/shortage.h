/*
 * shortage - descriptors or memory that run out: no fault of whoever was to be connected to.
 */
#ifndef WB_SHORTAGE_H
#define WB_SHORTAGE_H

#include <stdbool.h>
#include <stddef.h>

#define SHORTAGE_SPARE 4 /* descriptors that connections leave to files and look-ups */

/* What to do about it. */
#define SHORTAGE_ADVICE "raise 'ulimit -n', or send fewer at a time with --jobs"

/**
 * shortage_is(error):
 * Whether ${error}, an errno, says that this process or machine has run out of something.
 */
bool shortage_is(int error);

/**
 * shortage_is_near(fd):
 * Whether ${fd}, the descriptor opened last, is one of the last SHORTAGE_SPARE that this process
 * may have.
 */
bool shortage_is_near(int fd);

/**
 * shortage_is_here():
 * Whether no file can be opened at this moment. From any thread.
 */
bool shortage_is_here(void);

#endif
