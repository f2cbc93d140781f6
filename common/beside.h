/*
 * beside - programs that stand in the directory of this one.
 */
#ifndef WB_BESIDE_H
#define WB_BESIDE_H

#include <signal.h>
#include <sys/types.h>

/**
 * beside_exec(name, argv):
 * Become the program ${name} of the directory in which this one's executable stands, with ${argv}.
 * Returns only if that fails, after a message, EXIT_IO.
 */
int beside_exec(const char *name, char **argv);

/**
 * beside_start(argv, in, out, mask):
 * Start the program ${argv}[0] with the arguments ${argv}, NULL behind the last, as a child that
 * reads ${in} and writes ${out}; both stay the caller's to close, and are to be closed at an exec
 * if they are not 0 and 1. Its messages go where ours go. It gets SIGPIPE as it is by default, and
 * ${mask} as its mask of signals, if that is not NULL. Returns its id, or -1 with errno set; one
 * that cannot be run ends with EXIT_IO, after a message.
 */
pid_t beside_start(char *const *argv, int in, int out, const sigset_t *mask);

#endif
