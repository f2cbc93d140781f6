/* registry_order - what happened within one tick of the clock, as far as it is known. */
#include "registry_order.h"
#include "unit.h"

static struct registry *memory;
static struct registry_changes changes;
static struct registry_collection *collection;

static void
begin(void)
{
	memory = registry_new();
	changes = (struct registry_changes){.memory = memory};
	collection = registry_collection_new(memory, TEXT("C"));
}

static struct text
text(const char *s)
{
	return s != NULL ? registry_text(memory, s, strlen(s)) : (struct text){NULL, 0};
}

/* A link "+A", an unlink "-A", an alias "p>A" that stays or one "p|A" that an unlink takes away. */
static void
change(const char *what, unsigned place)
{
	const bool is_alias = what[1] == '>' || what[1] == '|';
	struct registry_change *c = registry_grow(memory, &changes.list);

	*c = (struct registry_change){.type = is_alias         ? CHANGE_ALIAS
					      : what[0] == '+' ? CHANGE_LINK
							       : CHANGE_UNLINK,
		.is_dated = true,
		.collection = collection,
		.artifact = text(what + (is_alias ? 2 : 1)),
		.mark = is_alias ? registry_text(memory, what, 1) : (struct text){NULL, 0},
		.user = text(what),
		.place = place,
		.is_ended = what[1] == '|',
		.seq = changes.list.n};
}

/* The changes in order, as change() has them. */
static const char *
ordered(void)
{
	static char out[200];

	out[0] = '\0';
	registry_order(&changes);
	for (size_t i = 0; i < changes.list.n; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i > 0 ? " " : "",
			changes.list.v[i].user.p);
	changes.list.n = 0;
	return out;
}

static void
test_visits(void)
{
	begin();
	change("+A", 1);
	change("-A", 2);
	change("p|A", 9);
	EXPECT_STR(ordered(), "+A p|A -A");
	change("-A", 1);
	change("+A", 2);
	change("p>A", 9);
	EXPECT_STR(ordered(), "-A +A p>A");
	change("-A", 1);
	change("+A", 2);
	change("p|A", 9);
	EXPECT_STR(ordered(), "p|A -A +A");
	change("-A", 1);
	change("+A", 2);
	change("-A", 3);
	change("p|A", 9);
	EXPECT_STR(ordered(), "-A +A p|A -A");
	change("+A", 1);
	change("p|A", 9);
	EXPECT_STR(ordered(), "+A p|A");
	registry_free(memory);
}

/* Numbers are a guess, and what is known is stronger. */
static void
test_guess(void)
{
	begin();
	change("+A", 2);
	change("+B", 1);
	change("-D", 3);
	EXPECT_STR(ordered(), "+B +A -D");
	change("-A", 9);
	change("+A", 1);
	change("+B", 5);
	EXPECT_STR(ordered(), "+B -A +A");
	registry_free(memory);
}

/* An alias that is on A in the end was put there last, though B was linked later. */
static void
test_aliases(void)
{
	begin();
	change("+A", 1);
	change("-A", 2);
	change("+A", 3);
	change("+B", 4);
	change("p>B", 8);
	change("p>A", 9);
	EXPECT_STR(ordered(), "+A -A +A +B p>B p>A");
	change("-A", 2);
	change("+B", 1);
	change("p|A", 8);
	change("p>B", 9);
	EXPECT_STR(ordered(), "p|A +B -A p>B");
	registry_free(memory);
}

/* Two versions take an alias from each other, before either is linked: it ends all the same. */
static void
test_contradiction(void)
{
	begin();
	change("+A", 1);
	change("-A", 2);
	change("+B", 3);
	change("-B", 4);
	change("p|A", 5);
	change("p|B", 6);
	change("p|A", 7);
	EXPECT(strlen(ordered()) == strlen("+A -A +B -B p|A p|B p|A"));
	registry_free(memory);
}

/* Many at once, of which most know nothing of each other. */
static void
test_many(void)
{
	enum { N = 20000 };
	char name[24];
	bool is_sorted = true;

	begin();
	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "+%u", i);
		change(name, N - i);
	}
	registry_order(&changes);
	for (size_t i = 1; i < N; i++)
		is_sorted &= changes.list.v[i - 1].place < changes.list.v[i].place;
	EXPECT(is_sorted);
	registry_free(memory);
}

/* ---- entries of one alias ---- */

static struct registry_action acts[12], *order[12];

/* Entries "AB" from A to B, "." is none; all of one time. Returns their order from and to there. */
static const char *
chained(const char *from, const char *to, const char *const *entries)
{
	static char out[100];
	const struct text at = text(from), end = text(to);
	size_t n = 0;

	for (; entries[n] != NULL; n++) {
		const char *e = entries[n];

		order[n] = &acts[n];
		acts[n] = (struct registry_action){.place = n,
			.source = e[0] == '.' ? text(NULL) : registry_text(memory, e, 1),
			.target = e[1] == '.' ? text(NULL) : registry_text(memory, e + 1, 1),
			.user = text(e)};
	}
	registry_order_aliases(order, n, from != NULL ? &at : NULL, to != NULL ? &end : NULL);
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i > 0 ? " " : "",
			order[i]->user.p);
	return out;
}

#define CHAIN(from, to, ...) chained(from, to, (const char *const[]){__VA_ARGS__, NULL})

static void
test_chain(void)
{
	begin();
	EXPECT_STR(CHAIN(NULL, "C", "BC", "AB", ".A"), ".A AB BC");
	/* One that takes the first that goes on is stuck at C. */
	EXPECT_STR(CHAIN("A", "C", "AC", "AB", "BA"), "AB BA AC");
	EXPECT_STR(CHAIN("A", "A", "AB", "BA", "AC", "CA"), "AB BA AC CA");
	/* An unlink took it from A: no entry says so. */
	EXPECT_STR(CHAIN(NULL, "B", ".B", ".A"), ".A .B");
	EXPECT_STR(CHAIN(NULL, "A", ".B", ".A"), ".B .A");
	EXPECT_STR(CHAIN("A", NULL, "A.", ".B"), "A. .B");
	EXPECT_STR(CHAIN("A", "B", "AB", "BC", "CD", "DE", "EA", "AC", "CA", "AB", "BA"),
		"AB BC CD DE EA AC CA AB BA");
	registry_free(memory);
}

int
main(void)
{
	RUN(test_visits, "registry_order: an alias is put on while the version is linked");
	RUN(test_guess, "registry_order: numbers say what nothing else says");
	RUN(test_aliases, "registry_order: each alias goes from one version to the next");
	RUN(test_contradiction, "registry_order: what contradicts itself has an order, too");
	RUN(test_many, "registry_order: many changes of one time");
	RUN(test_chain, "registry_order_aliases: each entry goes on from where the last one led");
	UNIT_DONE();
}
