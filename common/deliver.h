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

/* An exit status beside those of diag.h: not all could be done, and the next run goes on with it. */
#define DELIVER_AGAIN 4

/* All is borrowed. */
struct deliver {
	const char *directory; /* made if it is not there */
	char **command;        /* poll or read, and what wb-event gets beside it; NULL: files */
	char **files;          /* of events, behind "--"; NULL behind the last */
	char **match, **send;  /* options for these, NULL behind the last of each */
	char **secrets;        /* where secrets are, and may go: for wb-sign and wb-send */
	char **places;         /* where they are: for wb-event poll, which binds its key itself */
	const char *journal_keep;
	bool polls; /* the command is poll: what it has found is to be committed */
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
