/*
 * cooldown_state - cooldowns that last from one run to the next, in a file: state_file.h.
 */
#ifndef WB_COOLDOWN_STATE_H
#define WB_COOLDOWN_STATE_H

#include "cooldown.h"
#include "state_file.h"

struct cooldown_state {
	struct cooldowns *cooldowns;
	struct state_file file; /* its name is NULL: for this run only */
};

/**
 * cooldown_state_open(s, name):
 * Lock the state ${name} and read what is committed, and take away what an earlier run left to be
 * committed: this run does it again. NULL: begin with nothing. Returns EXIT_DONE, or another exit
 * status after a message. To be closed in any case.
 */
int cooldown_state_open(struct cooldown_state *s, const char *name);
void cooldown_state_close(struct cooldown_state *s);

/**
 * cooldown_state_finish(s, commits):
 * What the run wrote is written out: leave the cooldowns to be committed, or commit them at once.
 * Returns EXIT_DONE, or another exit status after a message.
 */
int cooldown_state_finish(struct cooldown_state *s, bool commits);

/**
 * cooldown_state_commit(name):
 * Commit what the last run left. Returns EXIT_DONE, or another exit status after a message.
 */
int cooldown_state_commit(const char *name);

#endif
