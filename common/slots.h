/*
 * slots - places for the attempts that are under way at the same time, each with what an attempt
 * needs, and which deliveries these are.
 */
#ifndef WB_SLOTS_H
#define WB_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt.h"
#include "delivery.h"
#include "judge.h"
#include "launch_answer.h"
#include "siphash.h"
#include "strbuf.h"
#include "table.h"
#include "transfer.h"

enum slot_state {
	SLOT_FREE,
	SLOT_STARTING,
	SLOT_FETCHING,  /* a secret */
	SLOT_CHECKING,  /* whether the program of success_when can be run */
	SLOT_NOTING,    /* in the journal that it is about to be sent */
	SLOT_RESOLVING, /* the host */
	SLOT_SENDING,
	SLOT_JUDGING /* the answer, by the program */
};

/* The queue asked for a job that may be on it already, and what is known of it. */
struct slot_launch {
	bool is_look;       /* what is under way is the question */
	struct strbuf body; /* of the question */
	char cursor[LAUNCH_CURSOR_MAX];
	char item[LAUNCH_ITEM_MAX];
	uint64_t ticket; /* of the line in the journal */
};

struct slot {
	/* the owner's */
	struct delivery *d;
	struct attempt attempt;
	int64_t until_ms, lookup_until_ms; /* when it takes too long */
	struct judge_case judged;
	struct transfer_result result; /* that is judged, and the body of its response: */
	struct strbuf response;
	struct slot_launch launch; /* for a request that puts a job on a queue */
	/* the slots' */
	enum slot_state state;
	struct slot *next_free;
	struct table_node node; /* by its delivery_id, if noted */
	bool is_noted;
	struct delivery *twins; /* that wait for how this one ends */
};

struct slots {
	struct slot *all; /* owned */
	size_t n, busy, fetching, resolving, noting;
	struct slot *free;
	struct table noted;
	struct siphash_key key; /* of its keys: records come from strangers */
};

/**
 * slots_init(ss, n), slots_release(ss):
 * ${n} free ones. Returns 0, or -1 when memory runs out; slots_release is due in any case.
 */
int slots_init(struct slots *ss, size_t n);
void slots_release(struct slots *ss);

/**
 * slots_take(ss, d):
 * A free one, of which there must be one (ss->free), in state SLOT_STARTING, for ${d}.
 */
struct slot *slots_take(struct slots *ss, struct delivery *d);

/**
 * slots_set(ss, slot, state):
 * It is in ${state} now; SLOT_FREE is for slots_leave only.
 */
void slots_set(struct slots *ss, struct slot *slot, enum slot_state state);

/**
 * slots_leave(ss, slot):
 * It is free again, its attempt is cleared and its response released. Returns the twins that it
 * kept waiting, each with the next one in its member twin, or NULL.
 */
struct delivery *slots_leave(struct slots *ss, struct slot *slot);

/**
 * slots_note(ss, slot):
 * Note that the delivery of the prepared attempt in ${slot} is under way. False if it already is in
 * another slot: ${slot} is to be left, and its delivery waits there as a twin. Without memory a
 * twin is not noticed.
 */
bool slots_note(struct slots *ss, struct slot *slot);

#endif
