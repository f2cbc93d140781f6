/* names - a set of byte strings, numbered in the order in which they came. */
#include "guard.h"
#include "names.h"
#include "unit.h"

#include <stdbool.h>

static int64_t
add(struct names *names, const char *text)
{
	return names_add(names, text, strlen(text));
}

static int64_t
find(const struct names *names, const char *text)
{
	size_t len = strlen(text);

	return names_find(names, guard_copy(text, len), len);
}

static void
numbers(void)
{
	struct names names;

	names_init(&names);
	EXPECT(find(&names, "a") == -1 && find(&names, "") == -1);
	EXPECT(add(&names, "a") == 0);
	EXPECT(add(&names, "b") == 1);
	EXPECT(add(&names, "a") == 0);
	EXPECT(add(&names, "") == 2);
	EXPECT(add(&names, "b") == 1);
	EXPECT(names.n == 3);
	EXPECT(find(&names, "a") == 0 && find(&names, "b") == 1 && find(&names, "") == 2);
	EXPECT(find(&names, "A") == -1 && find(&names, "aa") == -1 && find(&names, "ab") == -1);
	names_release(&names);
	EXPECT(names.n == 0 && find(&names, "a") == -1);
	names_release(&names);
}

/* Names that differ in nothing but their length, or in what follows a NUL. */
static void
any_bytes(void)
{
	static const char zeros[64], other[] = "a\0b";
	struct names names;

	names_init(&names);
	for (size_t len = 0; len < sizeof(zeros); len++)
		EXPECT(names_add(&names, zeros, len) == (int64_t)len);
	for (size_t len = 0; len < sizeof(zeros); len++)
		EXPECT(names_find(&names, guard_copy(zeros, len), len) == (int64_t)len);
	EXPECT(names_add(&names, other, 3) == 64);
	EXPECT(names_add(&names, other, 2) == 65);
	EXPECT(names_add(&names, other, 1) == 66);
	EXPECT(names_find(&names, "a\0c", 3) == -1);
	EXPECT(names_find(&names, "a\0b", 3) == 64);
	EXPECT(names_find(&names, "\xff\xfe", 2) == -1);
	names_release(&names);
}

/* The table grows many times, and nothing is lost or numbered anew. */
static void
many(void)
{
	static char text[100000][8];
	const size_t n = sizeof(text) / sizeof(text[0]);
	bool numbered = true, all_found = true, others_found = false;
	struct names names;

	names_init(&names);
	for (size_t i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "n%zu", i);
		numbered = numbered && add(&names, text[i]) == (int64_t)i;
		numbered = numbered && add(&names, text[i / 2]) == (int64_t)(i / 2);
	}
	EXPECT(numbered && names.n == n);
	for (size_t i = 0; i < n; i++) {
		char copy[8];

		memcpy(copy, text[i], sizeof(copy));
		all_found = all_found && find(&names, copy) == (int64_t)i;
		copy[0] = 'm';
		others_found = others_found || find(&names, copy) != -1;
	}
	EXPECT(all_found && !others_found);
	names_release(&names);
}

/* Zeroed memory is an empty set, as the modules that embed one rely on. */
static void
zeroed(void)
{
	struct names names = {0};

	EXPECT(find(&names, "a") == -1);
	EXPECT(add(&names, "a") == 0 && find(&names, "a") == 0);
	names_release(&names);
}

int
main(void)
{
	RUN(numbers, "numbers in the order of coming");
	RUN(any_bytes, "names of any bytes");
	RUN(many, "a hundred thousand names");
	RUN(zeroed, "zeroed memory is an empty set");
	UNIT_DONE();
}
