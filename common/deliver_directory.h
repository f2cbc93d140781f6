/*
 * deliver_directory - where a run of the whole pipeline keeps things, and the lock of it.
 */
#ifndef WB_DELIVER_DIRECTORY_H
#define WB_DELIVER_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>

enum place {
	PLACE_LOCK,  /* locked by a run */
	PLACE_STATE, /* of wb-event poll */
	PLACE_RESTS, /* cooldowns, of wb-match */
	PLACE_JOURNAL,
	PLACE_RECEIPTS, /* of all runs */
	PLACE_DEAD,     /* letters */
	PLACE_AGAIN,    /* those that are being sent again */
	PLACE_EVENT_REJECTS,
	PLACE_MATCH_REJECTS,
	PLACE_RENDER_REJECTS,
	PLACE_SEND_REJECTS,
	PLACES
};

struct deliver_directory {
	const char *name; /* as given; borrowed */
	char path[PLACES][PATH_MAX];
	int lock_fd;
};

/**
 * deliver_directory_open(dir, name, is_busy):
 * Make the directory ${name}, if it is not there, and lock it. Returns -1 to go on, or an exit
 * status after a message; where another run goes on in it, EXIT_DONE, with *${is_busy} set and
 * without a message. To be closed in any case.
 */
int deliver_directory_open(struct deliver_directory *dir, const char *name, bool *is_busy);

/**
 * deliver_directory_wait(dir):
 * Wait for the lock of one that was busy. Returns as deliver_directory_open does.
 */
int deliver_directory_wait(struct deliver_directory *dir);
/**
 * deliver_directory_take_letters(dir), deliver_directory_drop_letters(dir):
 * Make the dead letters those that are to be sent again, unless there still are some of an earlier
 * take: 1, or 0 if there are none. Take them away, when all of them are done: 0. Return -1 after a
 * message.
 */
int deliver_directory_take_letters(const struct deliver_directory *dir);
int deliver_directory_drop_letters(const struct deliver_directory *dir);

void deliver_directory_close(struct deliver_directory *dir);

#endif
