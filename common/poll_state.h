/*
 * poll_state - what wb-event poll knows between its runs: the registry as it was, and the events
 * that are told and not committed. state_file says in which files.
 *
 * A file is lines of JSON: a head, a line for each collection, and the events.
 */
#ifndef WB_POLL_STATE_H
#define WB_POLL_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "poll_first.h"
#include "poll_head.h"
#include "state_file.h"
#include "registry.h"
#include "strbuf.h"

/*
 * Of which registry it is, and, for a first run, what of it is told (poll_first.h). A first run
 * that was not committed goes on as it was asked for, but for one that asks for more: it begins
 * anew. ${run} is the name of this run, or NULL. All borrowed.
 */
struct poll_identity {
	const char *server, *scope, *first, *run;
};

struct poll_state {
	struct state_file file;
	struct poll_identity identity;
	char first[POLL_FIRST_MAX];  /* of the first run that is not committed */
	struct registry *registry;   /* to compare with; NULL: a first run */
	struct strbuf told;          /* events that are not committed, lines */
	size_t nevents;              /* how many */
	char base[POLL_HEAD_DIGEST]; /* of FILE; "" if there is none */
	struct strbuf text;          /* of the file written last */
};

/**
 * poll_state_open(s, name, identity):
 * Lock the files of the state ${name} and read what they say. Returns EXIT_DONE, or another exit
 * status after a message: in use, of another registry, of a newer version, damaged. To be closed in
 * any case.
 */
int poll_state_open(struct poll_state *s, const char *name, const struct poll_identity *identity);
void poll_state_close(struct poll_state *s);

/**
 * poll_state_tell(s, line, len):
 * Add an event, a line.
 */
void poll_state_tell(struct poll_state *s, const char *line, size_t len);

/**
 * poll_state_write(s, next):
 * Make FILE.part durable, with ${next} and all events that are told. Returns 0, or -1 after a
 * message.
 */
int poll_state_write(struct poll_state *s, const struct registry *next);

/**
 * poll_state_finish(s, next):
 * The events are written out: make FILE.part FILE.next. From now on ${next}, which is taken over,
 * is what to compare with. Returns 0, or -1 after a message.
 */
int poll_state_finish(struct poll_state *s, struct registry *next);

/**
 * poll_state_advance(s):
 * Commit what was finished: make FILE.next FILE. Returns 0, or -1 after a message.
 */
int poll_state_advance(struct poll_state *s);

#endif
