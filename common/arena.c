#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

struct arena_chunk {
	struct arena_chunk *next;
	alignas(max_align_t) char bytes[];
};

void
arena_init(struct arena *a)
{
	*a = (struct arena){0};
}

void
arena_release(struct arena *a)
{
	while (a->chunks != NULL) {
		struct arena_chunk *chunk = a->chunks;

		a->chunks = chunk->next;
		free(chunk);
	}
	arena_init(a);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t unit = alignof(max_align_t);
	char *p;

	if (size > (size_t)-1 / 2)
		return NULL;
	size = size == 0 ? unit : (size + unit - 1) / unit * unit; /* even nothing has a place */
	if (size > a->left) {
		size_t room = size > CHUNK_SIZE / 4 ? size : CHUNK_SIZE;
		struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + room);

		if (chunk == NULL)
			return NULL;
		chunk->next = a->chunks;
		a->chunks = chunk;
		/*
		 * A large one has a chunk of its own; the rest of the current chunk stays in use.
		 */
		if (room == size)
			return chunk->bytes;
		a->next = chunk->bytes;
		a->left = room;
	}
	p = a->next;
	a->next += size;
	a->left -= size;
	return p;
}

char *
arena_copy(struct arena *a, const void *data, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (p != NULL && len != 0)
		memcpy(p, data, len);
	return p;
}
