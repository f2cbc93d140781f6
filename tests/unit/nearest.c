/* nearest - the name that was probably meant. */
#include "nearest.h"
#include "unit.h"

static void
names_meant(void)
{
	static const char *const names[] = {"entity", "project", "collection", "alias",
		"alias_regex", "tag", "on"};
	static const struct {
		const char *word, *want;
	} cases[] = {
		{"entity", "entity"},
		{"entiti", "entity"},
		{"entty", "entity"},
		{"eentity", "entity"},
		{"netity", "entity"},
		{"Project", "project"},
		{"proj", "project"},
		{"coll", "collection"},
		{"colection", "collection"},
		{"collections", "collection"},
		{"alias-regex", "alias_regex"},
		{"alais", "alias"},
		{"tags", "tag"},
		{"gat", "tag"},
		{"onn", "on"},
		{"", NULL},
		{"x", NULL},
		{"xyzzy", NULL},
		{"completely different", NULL},
		{"a word that is far too long for any name to be near it, however one counts",
			NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *near = nearest_name(cases[i].word, strlen(cases[i].word), names, 7);

		if (near == NULL || cases[i].want == NULL) {
			if (near != cases[i].want)
				printf("# %s: %s\n", cases[i].word,
					near != NULL ? near : "nothing");
			EXPECT(near == cases[i].want);
		} else {
			EXPECT_STR(near, cases[i].want);
		}
	}
	EXPECT(nearest_name("tag", 3, names, 0) == NULL);
	EXPECT_STR(nearest_name("tagXXXXXXXX", 3, names, 7),
		"tag"); /* by its length, not to the NUL */
}

int
main(void)
{
	RUN(names_meant, "the name that was probably meant");
	UNIT_DONE();
}
