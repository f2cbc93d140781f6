#include "idset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "sha256.h"

#define FIRST_HOMES ((size_t)64)
/*
 * Searches do not wrap around: at four fifths full, a run of entries reaches this far beyond the
 * last home once in a million million tables, which then grows.
 */
#define TAIL ((size_t)64)
/*
 * Up to here a table is at most half full and grows to twice its length: a search looks at two
 * entries, not at a dozen. Beyond, memory counts for more.
 */
#define SMALL_HOMES ((size_t)512 * 1024)
#define HOMES_MAX ((size_t)UINT32_MAX) /* home() knows 32 bits */

void
idset_init(struct idset *set)
{
	*set = (struct idset){0};
}

void
idset_release(struct idset *set)
{
	free(set->entries);
	idset_init(set);
}

static bool
is_free(const struct idset_entry *e)
{
	return (e->word[0] | e->word[1]) == 0;
}

/*
 * Where the search for ${e} begins. It grows with the hash, and so in proportion with the
 * table: what spread() relies on. The seed keeps strangers from choosing ids that meet.
 */
static size_t
home(const struct idset *set, const struct idset_entry *e)
{
	uint64_t hash =
		hash_mix(hash_mix(e->word[0] ^ set->seed.word[0]) ^ e->word[1] ^ set->seed.word[1]);

	return (size_t)((hash >> 32) * set->homes >> 32);
}

/* The entry that is ${e}, or the free one where it would go; NULL if the tail is full. */
static struct idset_entry *
probe(const struct idset *set, const struct idset_entry *e)
{
	struct idset_entry *end = set->entries + set->homes + TAIL;

	for (struct idset_entry *p = set->entries + home(set, e); p < end; p++)
		if (is_free(p) || (p->word[0] == e->word[0] && p->word[1] == e->word[1]))
			return p;
	return NULL;
}

/*
 * Take the ${old} entries at the end of the table and put them where they belong, from the first
 * one on. An entry never goes behind the place that it was taken from: its home was not behind it
 * before, and has moved by no more than the entries did.
 */
static void
spread(struct idset *set, size_t old)
{
	struct idset_entry *end = set->entries + set->homes + TAIL;

	for (struct idset_entry *from = end - old; from < end; from++) {
		struct idset_entry e = *from;

		*from = (struct idset_entry){{0, 0}};
		if (!is_free(&e))
			*probe(set, &e) = e;
	}
}

/* Make the table ${homes} long. Returns 0, or -1 with errno ENOMEM. */
static int
resize(struct idset *set, size_t homes)
{
	size_t old = set->entries == NULL ? 0 : set->homes + TAIL;
	struct idset_entry *entries = NULL;

	if (homes <= HOMES_MAX && homes <= SIZE_MAX / sizeof(*entries) - TAIL)
		entries = realloc(set->entries, (homes + TAIL) * sizeof(*entries));
	if (entries == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (old == 0)
		siphash_make_key(&set->seed);
	memmove(entries + (homes + TAIL - old), entries, old * sizeof(*entries));
	memset(entries, 0, (homes + TAIL - old) * sizeof(*entries));
	set->entries = entries;
	set->homes = homes;
	spread(set, old);
	return 0;
}

/* How long the table is to be next, so that growing is rare. */
static size_t
next_homes(const struct idset *set)
{
	if (set->homes < FIRST_HOMES)
		return FIRST_HOMES;
	return set->homes < SMALL_HOMES ? 2 * set->homes : set->homes + set->homes / 4;
}

/* How many entries a table of ${homes} may have. */
static size_t
most_entries(size_t homes)
{
	return homes <= SMALL_HOMES ? homes / 2 : homes - homes / 5;
}

int
idset_reserve(struct idset *set, size_t n)
{
	size_t homes;

	if (n > HOMES_MAX / 5 * 4) {
		errno = ENOMEM;
		return -1;
	}
	homes = 2 * n;
	if (homes > SMALL_HOMES)
		homes = n + n / 4 > SMALL_HOMES ? n + n / 4 + 1 : SMALL_HOMES + 1;
	if (set->entries != NULL && homes <= set->homes)
		return 0;
	return resize(set, homes > next_homes(set) ? homes : next_homes(set));
}

/* clang-format off */
/* Lower-case hex digits, each with 0x10 beside its value. */
static const unsigned char hex_digits[256] = {
	['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13, ['4'] = 0x14, ['5'] = 0x15,
	['6'] = 0x16, ['7'] = 0x17, ['8'] = 0x18, ['9'] = 0x19, ['a'] = 0x1a, ['b'] = 0x1b,
	['c'] = 0x1c, ['d'] = 0x1d, ['e'] = 0x1e, ['f'] = 0x1f,
};
/* clang-format on */

/*
 * Read 32 lower-case hex digits. False if they are none. Without a branch a digit: those of random
 * digits cannot be foreseen, and would take most of the time of loading a journal.
 */
static bool
read_hex(struct idset_entry *e, const char *id)
{
	unsigned all = 0x10;

	for (int word = 0; word < 2; word++) {
		uint64_t w = 0;

		for (int i = 0; i < 16; i++) {
			unsigned digit = hex_digits[(unsigned char)id[16 * word + i]];

			all &= digit;
			w = w << 4 | (digit & 15);
		}
		e->word[word] = w;
	}
	return all != 0;
}

/* What stands for the id in the table. */
static struct idset_entry
entry_of(const struct idset *set, const char *id, size_t len)
{
	struct idset_entry e = {{0, 0}};
	unsigned char digest[SHA256_SIZE];
	struct sha256 hash;

	if (len == 32 && read_hex(&e, id))
		return e;
	sha256_init(&hash);
	sha256_update(&hash, "wb-tools idset", sizeof("wb-tools idset"));
	sha256_update(&hash, &set->seed, sizeof(set->seed));
	sha256_update(&hash, id, len);
	sha256_final(&hash, digest);
	memcpy(e.word, digest, sizeof(e.word));
	return e;
}

/* Make sure that there is a table, and a place in it. Returns 0, or -1 with errno ENOMEM. */
static int
make_place(struct idset *set)
{
	if (set->entries != NULL && set->n < most_entries(set->homes))
		return 0;
	return resize(set, next_homes(set));
}

/* Returns 1 if it is new, 0 if it was there, -1 with errno ENOMEM. */
static int
add_entry(struct idset *set, const struct idset_entry *e)
{
	bool is_new = !set->has_zero;
	struct idset_entry *p;

	if (is_free(e)) {
		set->has_zero = true;
		return is_new;
	}
	if (make_place(set) != 0)
		return -1;
	while ((p = probe(set, e)) == NULL)
		if (resize(set, next_homes(set)) != 0)
			return -1;
	is_new = is_free(p);
	*p = *e;
	set->n += is_new;
	return is_new;
}

int
idset_add(struct idset *set, const char *id, size_t len)
{
	struct idset_entry e;

	/* The seed comes with the table, and the id's bytes may depend on it. */
	if (make_place(set) != 0)
		return -1;
	e = entry_of(set, id, len);
	return add_entry(set, &e);
}

int
idset_add_later(struct idset *set, const char *id, size_t len)
{
	struct idset_entry *e = &set->later[set->nlater % IDSET_LATER];

	if (make_place(set) != 0 || (set->nlater >= IDSET_LATER && add_entry(set, e) < 0))
		return -1;
	*e = entry_of(set, id, len);
	set->nlater++;
	__builtin_prefetch(set->entries + home(set, e), 1);
	return 0;
}

int
idset_settle(struct idset *set)
{
	size_t n = set->nlater < IDSET_LATER ? set->nlater : IDSET_LATER;

	for (size_t i = 0; i < n; i++)
		if (add_entry(set, &set->later[i]) < 0)
			return -1;
	set->nlater = 0;
	return 0;
}

bool
idset_has(const struct idset *set, const char *id, size_t len)
{
	struct idset_entry e, *p;

	if (set->entries == NULL)
		return false;
	e = entry_of(set, id, len);
	if (is_free(&e))
		return set->has_zero;
	p = probe(set, &e);
	return p != NULL && !is_free(p);
}

size_t
idset_count(const struct idset *set)
{
	return set->n + set->has_zero;
}
