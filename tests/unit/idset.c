/* idset - the same answers as a sorted list gives, for ids of every kind. */
#include <errno.h>
#include <sys/resource.h>

#include "guard.h"
#include "idset.h"
#include "random.h"
#include "unit.h"

static int
add(struct idset *set, const char *id)
{
	return idset_add(set, guard_copy(id, strlen(id)), strlen(id));
}

static bool
has(const struct idset *set, const char *id)
{
	return idset_has(set, guard_copy(id, strlen(id)), strlen(id));
}

static void
kinds(void)
{
	static const char *const ids[] = {"a", "A", "0", "00000000000000000000000000000000",
		"00000000000000000000000000000001", "0000000000000000000000000000000",
		"000000000000000000000000000000000", "ABCDEFABCDEFABCDEFABCDEFABCDEFAB",
		"abcdefabcdefabcdefabcdefabcdefab", "abcdefabcdefabcdefabcdefabcdefag",
		"gbcdefabcdefabcdefabcdefabcdefab", "abcdefabcdefabcd-abcdefabcdefabc", "evt_1",
		"evt_2", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"};
	const size_t n = sizeof(ids) / sizeof(ids[0]);
	struct idset set;

	idset_init(&set);
	EXPECT(idset_count(&set) == 0);
	for (size_t i = 0; i < n; i++) {
		EXPECT(!has(&set, ids[i]));
		EXPECT(add(&set, ids[i]) == 1 && add(&set, ids[i]) == 0);
		EXPECT(idset_count(&set) == i + 1);
		for (size_t j = 0; j < n; j++)
			EXPECT(has(&set, ids[j]) == (j <= i));
	}
	idset_release(&set);
	EXPECT(idset_count(&set) == 0 && !has(&set, "a"));
	idset_release(&set);
}

/* A random id out of about ${n}, hex or not. */
static void
make_id(char id[65], size_t n)
{
	size_t number = random_below(n);

	if (number % 2 == 0)
		snprintf(id, 65, "%016zx%016zx", number * 0x9e3779b97f4a7c15u, number);
	else
		snprintf(id, 65, "delivery-%zu", number);
}

#define NUMBERS ((size_t)50000)

/* Against a table of all ids that there can be. */
static void
as_a_list(void)
{
	static bool there[NUMBERS];
	size_t count = 0;
	struct idset set;

	idset_init(&set);
	random_seed(1);
	for (int i = 0; i < 200000; i++) {
		uint64_t state = random_state;
		size_t number = random_below(NUMBERS);
		char id[65];
		int got;

		random_seed(state);
		make_id(id, NUMBERS);
		if (random_once_in(3)) {
			EXPECT(idset_has(&set, id, strlen(id)) == there[number]);
			continue;
		}
		got = idset_add(&set, id, strlen(id));
		EXPECT(got == !there[number]);
		count += !there[number];
		there[number] = true;
		EXPECT(idset_count(&set) == count);
		if (random_once_in(20000))
			EXPECT(idset_reserve(&set, random_below(2 * NUMBERS)) == 0);
	}
	idset_release(&set);
}

static void
later(void)
{
	struct idset set, other;
	char id[65];

	idset_init(&set);
	idset_init(&other);
	EXPECT(idset_settle(&set) == 0 && idset_count(&set) == 0);
	for (size_t round = 0; round < 100; round++) {
		random_seed(round);
		for (size_t i = 0; i < round * 7; i++) {
			make_id(id, 3000);
			EXPECT(idset_add_later(&set, id, strlen(id)) == 0);
			EXPECT(idset_add(&other, id, strlen(id)) >= 0);
		}
		EXPECT(idset_settle(&set) == 0 && idset_settle(&set) == 0);
		EXPECT(idset_count(&set) == idset_count(&other));
		random_seed(round);
		for (size_t i = 0; i < round * 7; i++) {
			make_id(id, 3000);
			EXPECT(idset_has(&set, id, strlen(id)));
		}
	}
	idset_release(&set);
	idset_release(&other);
}

/* The digits of an id say where it goes but for the seed: those that follow each other are no
 * trouble, and after a reservation no memory is needed. */
static void
reserved(void)
{
	struct idset set;
	struct idset_entry *entries;
	char id[65];

	idset_init(&set);
	EXPECT(idset_reserve(&set, 0) == 0 && idset_reserve(&set, 600000) == 0);
	entries = set.entries;
	for (size_t i = 0; i < 600000; i++) {
		snprintf(id, sizeof(id), "%032zx", i);
		EXPECT(idset_add(&set, id, 32) == 1);
	}
	EXPECT(set.entries == entries && idset_count(&set) == 600000);
	EXPECT(set.homes * sizeof(*entries) <= 26 * idset_count(&set));
	EXPECT(idset_reserve(&set, 5) == 0 && set.entries == entries);
	errno = 0;
	EXPECT(idset_reserve(&set, SIZE_MAX) == -1 && errno == ENOMEM);
	EXPECT(idset_count(&set) == 600000 && has(&set, "000000000000000000000000000927bf"));
	idset_release(&set);
}

/* In memory that an id takes, the time while the table grows included. */
static void
bytes_each(void)
{
	struct idset set;
	size_t most_few = 0, most_many = 0;
	char id[65];

	idset_init(&set);
	for (size_t i = 0; i < 800000; i++) {
		snprintf(id, sizeof(id), "%032zx", i);
		idset_add(&set, id, 32);
		if (i > 1000) {
			const size_t each = set.homes * sizeof(*set.entries) / set.n;
			size_t *most = i < 530000 ? &most_few : &most_many;

			*most = each > *most ? each : *most;
		}
	}
	EXPECT(most_few <= 64);
	EXPECT(most_many <= 26);
	idset_release(&set);
}

/* Two sets keep the same ids in different places. */
static void
seeds(void)
{
	struct idset a, b;

	idset_init(&a);
	idset_init(&b);
	EXPECT(add(&a, "x") == 1 && add(&b, "x") == 1);
	EXPECT(a.seed.word[0] != b.seed.word[0] && a.seed.word[1] != b.seed.word[1]);
	EXPECT(a.seed.word[0] != a.seed.word[1]);
	idset_release(&a);
	idset_release(&b);
}

int
main(void)
{
	RUN(kinds, "ids of every kind, and what looks like them");
	RUN(as_a_list, "random ids as a list has them");
	RUN(later, "many at a time");
	RUN(reserved, "after a reservation no memory is needed");
	RUN(bytes_each, "at most 26 bytes an id where there are many");
	RUN(seeds, "each set has its own order");
	UNIT_DONE();
}
