/*
 * arena - many small allocations that live and die together.
 */
#ifndef WB_ARENA_H
#define WB_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* owned */
	char *next;
	size_t left;
};

/**
 * arena_init(a):
 * Nothing is allocated yet.
 */
void arena_init(struct arena *a);

/**
 * arena_release(a):
 * Free all that was ever handed out.
 */
void arena_release(struct arena *a);

/**
 * arena_alloc(a, size):
 * ${size} bytes, zeroed, aligned for any type; NULL when memory runs out.
 */
void *arena_alloc(struct arena *a, size_t size);

/**
 * arena_copy(a, data, len):
 * A copy of ${len} bytes with a NUL behind it, or NULL.
 */
char *arena_copy(struct arena *a, const void *data, size_t len);

#endif
