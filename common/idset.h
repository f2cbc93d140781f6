/*
 * idset - a set of delivery ids, tens of millions of them, in 20 to 25 bytes each; in 32 to 64 as
 * long as there are few (half a million), for speed.
 *
 * An id is kept as 16 bytes: one of 32 lower-case hex digits as what the digits say, any other as
 * the first 16 bytes of a SHA-256 over a random number of the set and the id, so that nobody can
 * make up an id that is taken for another one. Growing moves entries within one block of memory,
 * which realloc(3) extends: there is no time at which there are two tables.
 */
#ifndef WB_IDSET_H
#define WB_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "siphash.h"

struct idset_entry {
	uint64_t word[2]; /* both zero: free */
};

#define IDSET_LATER 16 /* ids that wait for their memory to come */

struct idset {
	struct idset_entry *entries; /* owned */
	size_t homes;                /* entries that an id may begin its search at; some follow */
	size_t n;                    /* entries in use */
	bool has_zero;               /* the id whose 16 bytes are zero, which no entry can hold */
	struct siphash_key seed;     /* random, from the first id on */
	struct idset_entry later[IDSET_LATER];
	size_t nlater; /* ever put there */
};

/**
 * idset_init(set), idset_release(set):
 * Nothing is allocated at first.
 */
void idset_init(struct idset *set);
void idset_release(struct idset *set);

/**
 * idset_reserve(set, n):
 * Make room for ${n} ids in all, so that adding them needs no more memory. Returns 0, or -1 with
 * errno ENOMEM; the set is as it was then.
 */
int idset_reserve(struct idset *set, size_t n);

/**
 * idset_add(set, id, len):
 * Add the ${len} bytes at ${id}. Returns 1 if it is new, 0 if it was there, -1 with errno ENOMEM.
 */
int idset_add(struct idset *set, const char *id, size_t len);

/**
 * idset_add_later(set, id, len), idset_settle(set):
 * Add many ids, one after another, in less time: memory is fetched for some while others are looked
 * at. Nothing else may be done with the set until idset_settle. Both return 0, or -1 with
 * errno ENOMEM.
 */
int idset_add_later(struct idset *set, const char *id, size_t len);
int idset_settle(struct idset *set);

/**
 * idset_has(set, id, len):
 * Whether it was added.
 */
bool idset_has(const struct idset *set, const char *id, size_t len);

/**
 * idset_count(set):
 * How many different ids were added.
 */
size_t idset_count(const struct idset *set);

#endif
