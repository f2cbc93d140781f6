/*
 * sender_private - what the parts of the sender share: sender.c takes records and waits,
 * sender_attempt.c leads one from its slot to an answer, sender_launch.c does so where nothing may
 * be done twice, sender_end.c tells how it ended.
 */
#ifndef WB_SENDER_PRIVATE_H
#define WB_SENDER_PRIVATE_H

#include "attempt.h"
#include "judge.h"
#include "outcome.h"
#include "pacer.h"
#include "resolver.h"
#include "sender.h"
#include "slots.h"

struct sender {
	struct sender_options options;
	struct sender_hooks hooks;
	struct attempt_means means;
	struct outcome_means judges;
	struct queue *queue;
	struct transfers *transfers;
	struct resolver *resolver;
	struct judge *judge;
	struct pacer pacer;
	struct slots slots;
	struct record rec; /* of a line that is in no slot */
	size_t retrying, ended;
	uint64_t chance;
	bool stopped, has_told_shortage, has_told_failure;
	int64_t stop_ms; /* when what is under way is broken off, if stopped */
};

/* ---- sender_end.c ---- */

/**
 * sender_finish(s, slot, receipt):
 * The delivery in ${slot} has ended.
 */
void sender_finish(struct sender *s, struct slot *slot, struct receipt *receipt);

/**
 * sender_free_slot(s, slot):
 * Those that waited for how this one ends have their turn.
 */
void sender_free_slot(struct sender *s, struct slot *slot);

/**
 * sender_deferred_receipt(d, reason):
 * That ${d} is deferred for ${reason}, and how its last attempt ended.
 */
struct receipt sender_deferred_receipt(const struct delivery *d, enum queue_reason reason);

/**
 * sender_hand_out_deferred(s):
 * End what is deferred without being under way.
 */
void sender_hand_out_deferred(struct sender *s);

/**
 * sender_tell_once(has_told, message):
 * Say what does not end by itself, unless it was said before.
 */
void sender_tell_once(bool *has_told, const char *message);

/**
 * sender_attempt_ended(s, slot, result):
 * Every attempt ends here.
 */
void sender_attempt_ended(struct sender *s, struct slot *slot, struct transfer_result *result);

/**
 * sender_attempt_failed(s, slot, error, fault, message):
 * The end of an attempt that never got as far as a transfer.
 */
void sender_attempt_failed(struct sender *s, struct slot *slot, enum transfer_error error,
	enum transfer_fault fault, const char *message);

/**
 * sender_break_off(s):
 * The grace is over for all that is under way.
 */
void sender_break_off(struct sender *s);

/* ---- sender_attempt.c ---- */

/**
 * sender_begin(s, d):
 * Begin an attempt in a slot, of which there must be a free one.
 */
void sender_begin(struct sender *s, struct delivery *d);

/**
 * sender_put_back(s, slot, at_ms):
 * The attempt in ${slot} is not made now, and perhaps at ${at_ms}.
 */
void sender_put_back(struct sender *s, struct slot *slot, int64_t at_ms);

/**
 * sender_resolve(s, slot):
 * Look the host up, if need be, and send.
 */
void sender_resolve(struct sender *s, struct slot *slot);

/**
 * sender_start_transfer(s, slot, answer):
 * Send, to the host's addresses; NULL if it has none that need to be looked up.
 */
void sender_start_transfer(struct sender *s, struct slot *slot,
	const struct resolver_answer *answer);

/**
 * sender_take_secrets(s):
 * Go on with those whose secrets have come, or will not.
 */
void sender_take_secrets(struct sender *s);

/**
 * sender_stop_fetching(s):
 * Whoever wants to stop does not wait for helpers.
 */
void sender_stop_fetching(struct sender *s);

/**
 * sender_take_verdicts(s):
 * Go on with what the programs have said.
 */
void sender_take_verdicts(struct sender *s);

/**
 * sender_transfer_ended(s, slot, result):
 * The answer, or why there is none.
 */
void sender_transfer_ended(struct sender *s, struct slot *slot, struct transfer_result *result);

/* ---- sender_launch.c ---- */

/**
 * sender_launch_begin(s, slot):
 * Note that what is in ${slot} is about to be sent, and send it.
 */
void sender_launch_begin(struct sender *s, struct slot *slot);

/**
 * sender_launch_take_notes(s):
 * Send what is noted.
 */
void sender_launch_take_notes(struct sender *s);

/**
 * sender_launch_ended(s, slot, result):
 * The answer to it, or to the question whether it was done before.
 */
void sender_launch_ended(struct sender *s, struct slot *slot, struct transfer_result *result);

#endif
