/*
 * deliver - one run of the whole pipeline, with all that it keeps in one directory.
 *
 *	lock            locked by a run
 *	registry.state  of wb-event poll
 *	rests           cooldowns, of wb-match
 *	journal.jsonl, dead.jsonl, *.rejects
 *	receipts.jsonl  of all runs
 */
#ifndef WB_DELIVER_H
#define WB_DELIVER_H

#include <signal.h>
#include <stdbool.h>

/* A status beside those of diag.h: not all could be done, and the next run goes on with it. */
#define DELIVER_AGAIN 4

/* Where what is to be delivered comes from. */
enum deliver_source {
	DELIVER_FILES, /* of events */
	DELIVER_READ,  /* wb-event read */
	DELIVER_POLL,  /* wb-event poll; what it has found is to be committed */
	DELIVER_RETRY  /* the dead letters of the directory */
};

/* All is borrowed. */
struct deliver {
	const char *directory; /* made if it is not there */
	enum deliver_source source;
	char **words;         /* for poll or read; or files, behind "--"; NULL behind the last */
	char **match, **send; /* options for these, NULL behind the last of each */
	char **secrets;       /* where secrets are, and may go: for wb-sign and wb-send */
	char **places;        /* where they are: for wb-event poll, which binds its key itself */
	const char *journal_keep;
	bool prints, dry_run;
};

/**
 * deliver_run(d, signals, mask, is_stopped):
 * Run it, and commit when all that can be done is done. ${signals} is of signals_open, and ${mask}
 * the mask of signals that programs get. SIGTERM is passed on to them; other signals come from a
 * terminal, which sends them to all. *${is_stopped} becomes true if there was one. Returns an exit
 * status, after messages if it is not EXIT_DONE. Where another run goes on in the directory, a
 * poll returns at once, and others wait for its end.
 */
int deliver_run(const struct deliver *d, int signals, const sigset_t *mask, bool *is_stopped);

#endif
