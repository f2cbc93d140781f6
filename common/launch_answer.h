/*
 * launch_answer - what W&B answers to the push of a job, and when asked whether a queue already
 * holds it. Pure.
 *
 * Nothing on the server's side keeps a push from being made twice, so after one whose end is not
 * known the queue is looked through for the run's id before the next one.
 */
#ifndef WB_LAUNCH_ANSWER_H
#define WB_LAUNCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "record.h"
#include "strbuf.h"
#include "transfer.h"

#define LAUNCH_ITEM_MAX 129               /* bytes of a queue item's id, NUL included */
#define LAUNCH_CURSOR_MAX 513             /* bytes of a cursor, NUL included */
#define LAUNCH_LOOK_MAX (8 * 1024 * 1024) /* bytes of an answer to launch_look_body */

/**
 * launch_push_read(result, item, is_doubtful):
 * Take what the answer to a push in ${result}, with its whole response, says: a success whose body
 * is none becomes an error, and errors have the server's words in their message. The item's id goes
 * into ${item}, "" if there is none. *${is_doubtful}: it may have been queued in spite of the error.
 */
void launch_push_read(struct transfer_result *result, char item[LAUNCH_ITEM_MAX],
	bool *is_doubtful);

/**
 * launch_look_body(sb, rec, cursor):
 * Append the body of a request that asks for a page of the items of the queue of ${rec}, behind
 * ${cursor} ("": the first), and for its run.
 */
void launch_look_body(struct strbuf *sb, const struct record *rec, const char *cursor);

enum launch_look {
	LAUNCH_FOUND,   /* it was queued */
	LAUNCH_MISSING, /* it was not */
	LAUNCH_MORE,    /* there is another page */
	LAUNCH_UNKNOWN  /* the question failed */
};

/**
 * launch_look_read(result, rec, item, cursor):
 * What the answer in ${result} says. LAUNCH_FOUND with the id in ${item}, "" if only the run is
 * there; LAUNCH_MORE with ${cursor}, which was the one that was asked with, set to the next;
 * LAUNCH_UNKNOWN with the error in ${result}.
 */
enum launch_look launch_look_read(struct transfer_result *result, const struct record *rec,
	char item[LAUNCH_ITEM_MAX], char cursor[LAUNCH_CURSOR_MAX]);

#endif
