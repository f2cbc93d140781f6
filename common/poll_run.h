/*
 * poll_run - the names that runs of wb-event poll have, so that a commit can say whose it is.
 */
#ifndef WB_POLL_RUN_H
#define WB_POLL_RUN_H

#define POLL_RUN_MAX 128 /* bytes of a name */

/**
 * poll_run_check(name):
 * See that ${name}, the value of --run, is 1 to POLL_RUN_MAX printable ASCII characters, no blank
 * among them. Returns 0, or -1 after a message.
 */
int poll_run_check(const char *name);

#endif
