/*
 * state_file - what a tool keeps from one run to the next, so that it survives a power cut, and
 * counts only when all that came of the run is done:
 *
 *	FILE       what is committed; a run never changes it
 *	FILE.part  what a run found, while it writes out what follows from that
 *	FILE.next  what the last run left: what a commit makes FILE
 *	FILE.lock  locked by a run or a commit
 *
 * A run that needs no FILE.part begins with FILE.next.
 */
#ifndef WB_STATE_FILE_H
#define WB_STATE_FILE_H

#include <stdbool.h>

#include "strbuf.h"

enum state_path { STATE_FILE, STATE_PART, STATE_NEXT, STATE_TEMPORARY, STATE_LOCK, STATE_PATHS };

struct state_file {
	const char *name;         /* as given, for messages; borrowed */
	char *paths[STATE_PATHS]; /* owned */
	int lock_fd;
};

/**
 * state_file_open(s, name):
 * Lock the state ${name}; a link is followed. Returns EXIT_DONE, or another exit status after a
 * message. To be closed in any case.
 */
int state_file_open(struct state_file *s, const char *name);
void state_file_close(struct state_file *s);

/**
 * state_file_read(s, path, sb):
 * Append what is in it. Returns 1, 0 if it is not there, or -1 after a message.
 */
int state_file_read(const struct state_file *s, enum state_path path, struct strbuf *sb);

/**
 * state_file_write(s, path, text):
 * Make ${text} that file, durably, with mode and owner of FILE where they can be had. Returns 0, or
 * -1 after a message.
 */
int state_file_write(const struct state_file *s, enum state_path path, const struct strbuf *text);

/**
 * state_file_move(s, from, to), state_file_remove(s, path):
 * Make one the other, durably; take one away, if it is there. Return 0, or -1 after a message.
 */
int state_file_move(const struct state_file *s, enum state_path from, enum state_path to);
int state_file_remove(const struct state_file *s, enum state_path path);

/**
 * state_file_commit(s):
 * Make FILE.next FILE, durably; without one nothing is to be done, but there must be a FILE.
 * A FILE.part is refused: its run did not get to its end. Returns EXIT_DONE, or another exit status
 * after a message.
 */
int state_file_commit(const struct state_file *s);

/**
 * state_file_commit_name(name):
 * The same with a state that is not open.
 */
int state_file_commit_name(const char *name);

#endif
