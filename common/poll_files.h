/*
 * poll_files - the files in which wb-event poll keeps what it knows between its runs, so that they
 * survive a power cut:
 *
 *	FILE       what is committed; a poll never changes it
 *	FILE.part  what a poll has found, with all events since FILE, while it writes them out
 *	FILE.next  the same when they are all written: what a commit makes FILE
 *	FILE.lock  locked by a poll or a commit
 *
 * Every event is in one of these, durably, before it is written out for the first time, and a poll
 * begins with the events of the one before it that was not committed. So whatever dies, what was
 * told is told again with the same bytes, and what was told is never found a second time.
 */
#ifndef WB_POLL_FILES_H
#define WB_POLL_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "strbuf.h"

enum poll_file { POLL_FILE, POLL_PART, POLL_NEXT, POLL_TEMPORARY, POLL_LOCK, POLL_FILES };

struct poll_files {
	const char *name;        /* as given, for messages; borrowed */
	char *paths[POLL_FILES]; /* owned */
	int lock_fd;
};

/**
 * poll_files_open(f, name):
 * Lock the files of the state ${name}; a link is followed. Returns EXIT_DONE, or another exit
 * status after a message. To be closed in any case.
 */
int poll_files_open(struct poll_files *f, const char *name);
void poll_files_close(struct poll_files *f);

/**
 * poll_files_read(f, file, sb):
 * Append what is in it. Returns 1, 0 if it is not there, or -1 after a message.
 */
int poll_files_read(const struct poll_files *f, enum poll_file file, struct strbuf *sb);

/**
 * poll_files_write(f, text):
 * Make ${text} FILE.part, durably, and take FILE.next away. Returns 0, or -1 after a message.
 */
int poll_files_write(const struct poll_files *f, const struct strbuf *text);

/**
 * poll_files_move(f, from, to):
 * Make one the other, durably. Returns 0, or -1 after a message.
 */
int poll_files_move(const struct poll_files *f, enum poll_file from, enum poll_file to);

/**
 * poll_files_commit(name):
 * Make FILE.next FILE, if no poll is at work. Returns EXIT_DONE, also if there is nothing to commit
 * but a FILE, or another exit status after a message.
 */
int poll_files_commit(const char *name);

#endif
