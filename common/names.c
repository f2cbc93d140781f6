#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

struct names_slot {
	uint64_t hash;
	const char *p; /* NULL: free */
	uint32_t len, number;
};

int
text_compare(const struct text *a, const struct text *b)
{
	const size_t len = a->len < b->len ? a->len : b->len;
	const int order = len > 0 ? memcmp(a->p, b->p, len) : 0;

	if (order != 0)
		return order;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return (a->p != NULL) - (b->p != NULL);
}

void
names_init(struct names *names)
{
	*names = (struct names){0};
}

void
names_release(struct names *names)
{
	free(names->slots);
	names_init(names);
}

/*
 * The slot that holds the bytes, or the free one where they would go. There is always a free one.
 */
static struct names_slot *
probe(const struct names *names, uint64_t hash, const char *p, size_t len)
{
	for (size_t i = hash & (names->nslots - 1);; i = (i + 1) & (names->nslots - 1)) {
		struct names_slot *s = &names->slots[i];

		if (s->p == NULL || (s->hash == hash && s->len == len && memcmp(s->p, p, len) == 0))
			return s;
	}
}

int64_t
names_find(const struct names *names, const char *p, size_t len)
{
	struct names_slot *s;

	if (names->n == 0)
		return -1;
	s = probe(names, hash_bytes(p, len), p, len);
	return s->p == NULL ? -1 : (int64_t)s->number;
}

static int
grow(struct names *names)
{
	struct names bigger = {.n = names->n,
		.nslots = names->nslots == 0 ? 16 : names->nslots * 2};

	if ((bigger.slots = calloc(bigger.nslots, sizeof(*bigger.slots))) == NULL)
		return -1;
	for (size_t i = 0; i < names->nslots; i++) {
		struct names_slot *s = &names->slots[i];

		if (s->p != NULL)
			*probe(&bigger, s->hash, s->p, s->len) = *s;
	}
	free(names->slots);
	*names = bigger;
	return 0;
}

int64_t
names_add(struct names *names, const char *p, size_t len)
{
	uint64_t hash = hash_bytes(p, len);
	struct names_slot *s;

	if (len > UINT32_MAX || (names->n * 4 >= names->nslots * 3 && grow(names) != 0))
		return -1;
	s = probe(names, hash, p, len);
	if (s->p == NULL)
		*s = (struct names_slot){hash, p, (uint32_t)len, (uint32_t)names->n++};
	return s->number;
}
