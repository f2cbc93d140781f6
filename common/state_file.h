/*
 * state_file - what a tool keeps from one run to the next, so that it survives a power cut, and
 * counts only when all that came of the run is done:
 *
 *	FILE       what is committed; a run never changes it
 *	FILE.next  what the last run left: what a commit makes FILE
 *	FILE.lock  locked by a run or a commit
 */
#ifndef WB_STATE_FILE_H
#define WB_STATE_FILE_H

#include "strbuf.h"

enum { STATE_FILE, STATE_NEXT, STATE_TEMPORARY, STATE_LOCK, STATE_PATHS };

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
 * state_file_read(s, sb):
 * Append what is committed. Returns 1, 0 if there is nothing yet, or -1 after a message.
 */
int state_file_read(const struct state_file *s, struct strbuf *sb);

/**
 * state_file_write(s, text):
 * Make ${text} FILE.next, durably; NULL: take FILE.next away. Returns 0, or -1 after a message.
 */
int state_file_write(const struct state_file *s, const struct strbuf *text);

/**
 * state_file_commit(s):
 * Make FILE.next FILE, durably; without a FILE.next nothing is to be done. Returns EXIT_DONE, or
 * another exit status after a message.
 */
int state_file_commit(const struct state_file *s);

#endif
