/* registry_kind - links and unlinks where some entries do not say their artifact. */
#include "registry_make.h"

/* An entry of the history of links, with the server's word for it; ${artifact} NULL: not said. */
static void
entry(struct registry_collection *c, int sec, char word, const char *artifact)
{
	struct registry_history *h = &c->history[REGISTRY_LINKS];

	act(c, REGISTRY_LINKS, sec, NULL, NULL, artifact, "ann");
	h->actions.v[h->actions.n - 1].word = (uint64_t)word;
	/* Ids differ, whatever else is alike. */
	h->actions.v[h->actions.n - 1].key += h->actions.n;
}

/* A collection of which "A" is a member since second 1, or of which nothing is. */
static struct registry_collection *
before(bool has_member)
{
	struct registry_collection *c = collection();

	if (has_member)
		member(c, "M1", "A", 1, "", "");
	link_act(c, 0, "Z");
	return known(c);
}

/* The same when A is gone, and what was never seen was deleted: words of ${link} and ${unlink}. */
static struct registry_collection *
with_deleted(char link, char unlink)
{
	struct registry_collection *c = collection();

	link_act(c, 0, "Z");
	entry(c, 3, link, NULL);
	entry(c, 4, unlink, NULL);
	return c;
}

/* Of a version that was deleted, entries say no artifact, though the server names its unlinks. */
static void
test_deleted(void)
{
	struct registry_collection *fresh;

	begin();
	fresh = with_deleted('l', 'u');
	entry(fresh, 5, 'l', "B");
	entry(fresh, 6, 'u', "B");
	EXPECT_STR(diff(before(false), fresh), "LINK_ARTIFACT B ann5; UNLINK_ARTIFACT B ann6");
	end();
}

/* No unlink says its artifact: what does is a link. */
static void
test_no_names(void)
{
	struct registry_collection *fresh;

	begin();
	for (int i = 0; i < 2; i++) {
		const char link = i == 0 ? 'l' : '\0', unlink = i == 0 ? 'u' : '\0';

		fresh = collection();
		link_act(fresh, 0, "Z");
		entry(fresh, 5, link, "B");
		entry(fresh, 6, unlink, NULL);
		entry(fresh, 7, link, "B");
		entry(fresh, 8, unlink, NULL);
		EXPECT_STR(diff(before(false), fresh),
			"LINK_ARTIFACT B ann5; UNLINK_ARTIFACT B 7; LINK_ARTIFACT B ann7; "
			"UNLINK_ARTIFACT B ?");
	}
	end();
}

/* A version is gone, and one entry says its name: what a link is called decides, if it is known. */
static void
test_gone(void)
{
	struct registry_collection *fresh;

	begin();
	/* nothing says so, and the least that can have happened is told */
	fresh = with_deleted('\0', '\0');
	entry(fresh, 5, '\0', "A");
	EXPECT_STR(diff(before(true), fresh), "UNLINK_ARTIFACT A ann5");
	for (int i = 0; i < 2; i++) {
		fresh = with_deleted(i == 0 ? 'l' : 'u', 'u');
		member(fresh, "M2", "B", 2, "", "");
		entry(fresh, 2, 'l', "B");
		entry(fresh, 5, i == 0 ? 'u' : 'l', "A");
		EXPECT_STR(diff(before(true), fresh),
			i == 0 ? "LINK_ARTIFACT B ann2; UNLINK_ARTIFACT A ann5"
			       : "LINK_ARTIFACT B ann2; UNLINK_ARTIFACT A 5; "
				 "LINK_ARTIFACT A ann5; UNLINK_ARTIFACT A ?");
	}
	end();
}

/* Words that are all alike, or all those of links, say nothing. */
static void
test_no_words(void)
{
	struct registry_collection *fresh;

	begin();
	for (int i = 0; i < 2; i++) {
		fresh = collection();
		link_act(fresh, 0, "Z");
		member(fresh, "M2", "B", 7, "", "");
		member(fresh, "M3", "C", 8, "", "");
		entry(fresh, 5, 'x', "B");
		entry(fresh, 6, 'x', NULL);
		entry(fresh, 7, 'x', "B");
		entry(fresh, 8, i == 0 ? 'x' : 'y', "C");
		EXPECT_STR(diff(before(false), fresh),
			"LINK_ARTIFACT B ann5; UNLINK_ARTIFACT B ann6; LINK_ARTIFACT B ann7; "
			"LINK_ARTIFACT C ann8");
	}
	end();
}

int
main(void)
{
	RUN(test_deleted, "registry_kind: entries of what was deleted are not taken for unlinks");
	RUN(test_no_names, "registry_kind: where no unlink says its artifact, what does is a link");
	RUN(test_gone,
		"registry_kind: one entry of what is gone is an unlink, or known to be a link");
	RUN(test_no_words,
		"registry_kind: words that do not differ as links and unlinks do say nothing");
	UNIT_DONE();
}
