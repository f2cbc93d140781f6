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
#include "siphash.h"
#include "table.h"

enum slot_state { SLOT_FREE, SLOT_RESOLVING, SLOT_SENDING };

struct slot {
	/* the owner's, but for SLOT_FREE */
	enum slot_state state;
	struct delivery *d;
	struct attempt attempt;
	int64_t until_ms, lookup_until_ms; /* when it takes too long */
	/* the slots' */
	struct slot *next_free;
	struct table_node node; /* by its delivery_id, if noted */
	bool is_noted;
	struct delivery *twins; /* that wait for how this one ends */
};

struct slots {
	struct slot *all; /* owned */
	size_t n, busy;
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
 * A free one, of which there must be one (ss->free), in state SLOT_SENDING, for ${d}.
 */
struct slot *slots_take(struct slots *ss, struct delivery *d);

/**
 * slots_leave(ss, slot):
 * It is free again, and its attempt is cleared. Returns the twins that it kept waiting, each
 * with the next one in its member twin, or NULL.
 */
struct delivery *slots_leave(struct slots *ss, struct slot *slot);

/**
 * slots_note(ss, slot):
 * Note that the delivery of the prepared attempt in ${slot} is under way. False if it already is in
 * another slot: ${slot} is to be left, and its delivery waits there as a twin. Without memory a twin
 * is not noticed.
 */
bool slots_note(struct slots *ss, struct slot *slot);

#endif
