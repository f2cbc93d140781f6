/* registry_diff, registry_line - what has changed, whatever of it histories show. */
#include "json.h"
#include "registry_line.h"
#include "registry_make.h"
#include "strbuf.h"

static struct registry_collection *
old_one(void)
{
	struct registry_collection *c = collection();

	member(c, "M1", "A", 1, "p", "t");
	link_act(c, 1, "A");
	alias_act(c, 1, "p", NULL, "A");
	return known(c);
}

static void
test_nothing(void)
{
	struct registry_collection *fresh;

	begin();
	fresh = collection();
	member(fresh, "M1", "A", 1, "p", "t");
	link_act(fresh, 1, "A");
	alias_act(fresh, 1, "p", NULL, "A");
	EXPECT_STR(diff(old_one(), fresh), "");
	end();
}

static void
test_histories(void)
{
	struct registry_collection *fresh;

	begin();
	fresh = collection();
	member(fresh, "M3", "B", 5, "p", "");
	link_act(fresh, 1, "A");
	link_act(fresh, 2, "A");
	link_act(fresh, 3, "A");
	link_act(fresh, 4, "A");
	link_act(fresh, 5, "B");
	alias_act(fresh, 5, "p", "A", "B");
	EXPECT_STR(diff(old_one(), fresh),
		"UNLINK_ARTIFACT A ann2; LINK_ARTIFACT A ann3; UNLINK_ARTIFACT A ann4; "
		"LINK_ARTIFACT B ann5; ADD_ARTIFACT_ALIAS Bp bob5");
	end();
}

static void
test_no_histories(void)
{
	struct registry_collection *fresh;

	begin();
	fresh = collection();
	member(fresh, "M2", "B", 5, "p", "u");
	EXPECT_STR(diff(old_one(), fresh), "LINK_ARTIFACT B 5; ADD_ARTIFACT_ALIAS Bp ?; "
					   "ADD_ARTIFACT_TAG Bu ?; UNLINK_ARTIFACT A ?");
	end();
}

/* What was told without its entries is not told again when they show. */
static void
test_late(void)
{
	struct registry_collection *second, *third, *old;

	begin();
	old = old_one();
	second = collection();
	member(second, "M2", "B", 5, "p", "");
	(void)diff(old, second);
	third = collection();
	member(third, "M2", "B", 5, "p", "");
	link_act(third, 1, "A");
	link_act(third, 4, "A");
	link_act(third, 5, "B");
	alias_act(third, 1, "p", NULL, "A");
	alias_act(third, 4, "p", "A", "C");
	alias_act(third, 5, "p", "C", "B");
	EXPECT_STR(diff(second, third), "ADD_ARTIFACT_ALIAS Cp bob4 (doubtful)");
	EXPECT(third->owed.n == 0);
	end();
}

/* A collection with version B, and its alias p, since second 5, of which no history tells. */
static struct registry_collection *
bare(void)
{
	struct registry_collection *c = collection();

	member(c, "M2", "B", 5, "p", "");
	return c;
}

/* What a server without histories has shown before: version A, with p, in the place of B. */
static struct registry_collection *
old_bare(void)
{
	struct registry_collection *c = collection();

	member(c, "M1", "A", 1, "p", "");
	return known(c);
}

/* The same, as histories are that lag behind: they tell but of what is old. */
static struct registry_collection *
lagging(void)
{
	struct registry_collection *c = bare();

	link_act(c, 1, "A");
	alias_act(c, 1, "p", NULL, "A");
	return c;
}

static struct registry_collection *
whole(void)
{
	struct registry_collection *c = lagging();

	link_act(c, 4, "A");
	link_act(c, 5, "B");
	alias_act(c, 5, "p", "A", "B");
	return c;
}

/* Histories that lag for several polls. */
static void
test_late_twice(void)
{
	struct registry_collection *c, *next;

	begin();
	c = lagging();
	EXPECT_STR(diff(old_one(), c), "LINK_ARTIFACT B 5; ADD_ARTIFACT_ALIAS Bp ?; "
				       "UNLINK_ARTIFACT A ? (doubtful)");
	EXPECT(c->owed.n == 3);
	for (int i = 0; i < 3; i++) {
		next = lagging();
		EXPECT_STR(diff(c, next), "");
		c = next;
	}
	next = lagging();
	link_act(next, 4, "A");
	EXPECT_STR(diff(c, next), "");
	EXPECT(next->owed.n == 2);
	c = whole();
	EXPECT_STR(diff(next, c), "");
	EXPECT(c->owed.n == 0);
	end();
}

/* What is dated behind the telling is another event, even if its own entry never shows. */
static void
test_owed_in_time(void)
{
	struct registry_collection *c, *next;

	begin();
	c = lagging();
	(void)diff(old_one(), c);
	changes.now_ms = T(3000);
	next = collection();
	member(next, "M2", "B", 5, "p", "");
	alias_act(next, 1, "p", NULL, "A");
	alias_act(next, 2000, "p", "B", "C");
	alias_act(next, 2001, "p", "C", "B");
	link_act(next, 2000, "A");
	link_act(next, 2001, "A");
	EXPECT_STR(diff(c, next),
		"ADD_ARTIFACT_ALIAS Cp bob2000; LINK_ARTIFACT A ann2000; "
		"ADD_ARTIFACT_ALIAS Bp bob2001; UNLINK_ARTIFACT A ann2001 (doubtful)");
	end();
}

/* A server whose histories show only later, and may lag then: nothing is doubled, nothing lost. */
static void
test_first_history(void)
{
	struct registry_collection *c, *next;

	begin();
	c = old_bare();
	EXPECT(!c->history[REGISTRY_LINKS].is_known && c->owed.n == 0);
	next = bare();
	EXPECT_STR(diff(c, next),
		"LINK_ARTIFACT B 5; ADD_ARTIFACT_ALIAS Bp ?; UNLINK_ARTIFACT A ?");
	EXPECT(next->owed.n == 3);
	c = lagging();
	EXPECT_STR(diff(next, c), "");
	next = whole();
	EXPECT_STR(diff(c, next), "");
	EXPECT(next->owed.n == 0);
	next = bare();
	(void)diff(old_bare(), next);
	c = whole();
	EXPECT_STR(diff(next, c), "");
	next = whole();
	member(next, "M3", "C", 7, "p", "");
	next->members.v[0].aliases.n = 0;
	link_act(next, 7, "C");
	alias_act(next, 8, "p", "B", "C");
	EXPECT_STR(diff(bare(), next), "LINK_ARTIFACT C ann7; ADD_ARTIFACT_ALIAS Cp bob8");
	EXPECT_STR(diff(c, next), "LINK_ARTIFACT C ann7; ADD_ARTIFACT_ALIAS Cp bob8");
	end();
}

/* An alias that comes back to where it was told to be while that is owed: which entry shows? */
static void
test_alias_back(void)
{
	struct registry_collection *c, *next;

	begin();
	for (int sec = 1; sec <= 1000; sec += 999) {
		c = old_one();
		next = collection();
		member(next, "M1", "A", 1, "pq", "t");
		link_act(next, 1, "A");
		EXPECT_STR(diff(c, next), "ADD_ARTIFACT_ALIAS Aq ?");
		c = collection();
		member(c, "M1", "A", 1, "p", "t");
		EXPECT_STR(diff(next, c), "");
		next = collection();
		member(next, "M1", "A", 1, "pq", "t");
		alias_act(next, sec, "q", NULL, "A");
		EXPECT_STR(diff(c, next), "ADD_ARTIFACT_ALIAS Aq ? (doubtful)");
		c = collection();
		member(c, "M1", "A", 1, "pq", "t");
		alias_act(c, sec, "q", NULL, "A");
		alias_act(c, 1001, "q", NULL, "A");
		EXPECT_STR(diff(next, c), "");
		EXPECT(c->owed.n == 0);
	}
	end();
}

/* A version that comes back within the second in which it was linked, when its unlink is owed. */
static void
test_back_in_one_time(void)
{
	struct registry_collection *c, *next;
	struct registry_action *v;

	begin();
	c = collection();
	link_act(c, 1, "A");
	EXPECT_STR(diff(old_one(), c), "UNLINK_ARTIFACT A ? (doubtful)");
	next = collection();
	member(next, "M2", "A", 1, "", "");
	for (int i = 0; i < 3; i++)
		link_act(next, 1, "A");
	v = next->history[REGISTRY_LINKS].actions.v;
	v[1].key++;
	v[2].key += 2;
	EXPECT_STR(diff(c, next), "LINK_ARTIFACT A ann1");
	EXPECT(next->owed.n == 0);
	end();
}

/* A collection in which alias p went from A to B at one time, of which only the first is read. */
static struct registry_collection *
torn_page(void)
{
	struct registry_collection *c = collection();

	member(c, "M1", "A", 1, "", "");
	member(c, "M2", "B", 2, "pq", "");
	link_act(c, 1, "A");
	link_act(c, 2, "B");
	alias_act(c, 200, "p", NULL, "A");
	alias_act(c, 900, "q", NULL, "B");
	return c;
}

/* What the end of a page has left without what undid it is old all the same. */
static void
test_torn_page(void)
{
	struct registry_collection *c, *next;

	begin();
	c = known(torn_page());
	EXPECT(c->history[REGISTRY_ALIASES].floor_ms > T(200));
	next = torn_page();
	alias_act(next, 200, "p", "A", "B");
	EXPECT_STR(diff(c, next), "");
	/* So in a history that was refused at first. */
	c = torn_page();
	c->history[REGISTRY_ALIASES].is_read = false;
	c = known(c);
	EXPECT(!c->history[REGISTRY_ALIASES].is_known);
	next = torn_page();
	EXPECT_STR(diff(c, next), "");
	c = next;
	next = torn_page();
	alias_act(next, 200, "p", "A", "B");
	EXPECT_STR(diff(c, next), "");
	end();
}

/* A history that lags behind when a collection is read first, where nothing old is to be told. */
static void
test_late_at_first(void)
{
	struct registry_collection *c, *next;

	begin();
	for (int i = 0; i < 2; i++) {
		changes.first = i == 0 ? REGISTRY_BASELINE : REGISTRY_SINCE;
		changes.since_ms = i == 0 ? REGISTRY_NO_TIME : T(201);
		c = torn_page();
		EXPECT_STR(diff(NULL, c),
			i == 0 ? " (doubtful)" : "ADD_ARTIFACT_ALIAS Bq bob900 (doubtful)");
		changes.first = REGISTRY_NOT_FIRST;
		next = torn_page();
		alias_act(next, 901, "p", "A", "B");
		EXPECT_STR(diff(c, next), "");
	}
	end();
}

/* What is owed does not grow without end, and not for ever. */
static void
test_owed_bounds(void)
{
	struct registry_collection *c, *next;
	char id[24];

	begin();
	c = old_one();
	for (int round = 0; round < 3; round++) {
		next = collection();
		member(next, "M1", "A", 1, "p", "t");
		for (int i = 0; i < 700; i++) {
			snprintf(id, sizeof(id), "M%d-%d", round, i);
			member(next, id, id, 100 + round, "", "");
		}
		(void)diff(c, next);
		EXPECT(next->owed.n <= 1000);
		c = next;
	}
	EXPECT(c->owed.n == 1000);
	/* What is older than all that a history is asked for will never be news. */
	next = collection();
	for (int i = 0; i < 50; i++) {
		snprintf(id, sizeof(id), "M%d", i);
		member(next, id, id, i, "", "");
	}
	link_act(next, 900, "Z");
	EXPECT(known(next)->owed.n == 0);
	EXPECT(c->owed.v[999].linked_ms == T(102) && c->owed.v[0].linked_ms > T(100));
	end();
	begin();
	c = lagging();
	(void)diff(old_one(), c);
	changes.now_ms += (int64_t)25 * 3600 * 1000;
	next = bare();
	EXPECT_STR(diff(c, next), "");
	EXPECT(next->owed.n == 3);
	next = lagging();
	EXPECT_STR(diff(c, next), "");
	EXPECT(next->owed.n == 0);
	end();
}

/* A version came and went, and one entry shows: the other may come, or be lost. */
static void
test_half_a_visit(void)
{
	struct registry_collection *c, *next;

	begin();
	c = old_one();
	next = collection();
	member(next, "M1", "A", 1, "p", "t");
	link_act(next, 999, "B");
	EXPECT_STR(diff(c, next), " (doubtful)");
	c = collection();
	member(c, "M1", "A", 1, "p", "t");
	link_act(c, 999, "B");
	link_act(c, 1000, "B");
	EXPECT_STR(diff(next, c), "LINK_ARTIFACT B ann999; UNLINK_ARTIFACT B ann1000");
	changes.now_ms = T(2000);
	changes.before_ms = T(998);
	c = collection();
	member(c, "M1", "A", 1, "p", "t");
	link_act(c, 999, "B");
	EXPECT_STR(diff(old_one(), c), " (doubtful)");
	changes.before_ms = T(1000);
	c = collection();
	member(c, "M1", "A", 1, "p", "t");
	link_act(c, 999, "B");
	EXPECT_STR(diff(next, c), "UNLINK_ARTIFACT B ann999 (doubtful)");
	end();
}

/* Two entries of one time, and the one before them is cut off: the last one is the link. */
static void
test_cut_in_one_time(void)
{
	struct registry_collection *c = NULL, *next;

	begin();
	c = collection();
	member(c, "M2", "A", 5, "", "");
	link_act(c, 5, "A");
	link_act(c, 5, "A");
	c->history[REGISTRY_LINKS].actions.v[1].key++;
	c = known(c);
	EXPECT(c->history[REGISTRY_LINKS].seen.n == 2);
	next = collection();
	link_act(next, 7, "A");
	EXPECT_STR(diff(c, next), "UNLINK_ARTIFACT A ann7");
	end();
}

/* An entry that the place does not show yet, or a place that the history does not show yet. */
static void
test_doubtful(void)
{
	struct registry_collection *fresh;

	begin();
	fresh = collection();
	member(fresh, "M1", "A", 1, "p", "t");
	link_act(fresh, 2, "A");
	EXPECT_STR(diff(old_one(), fresh), " (doubtful)");
	fresh = collection();
	member(fresh, "M1", "A", 1, "p", "t");
	member(fresh, "M2", "B", 5, "", "");
	link_act(fresh, 1, "A");
	alias_act(fresh, 1, "p", NULL, "A");
	EXPECT_STR(diff(old_one(), fresh), "LINK_ARTIFACT B 5 (doubtful)");
	fresh = collection();
	member(fresh, "M1", "A", 1, "p", "t");
	alias_act(fresh, 4, "p", "A", "B");
	EXPECT_STR(diff(old_one(), fresh), " (doubtful)");
	/* The history was read later than where the alias is, of entries of one time. */
	fresh = collection();
	member(fresh, "M1", "A", 1, "", "t");
	member(fresh, "M2", "B", 2, "p", "");
	link_act(fresh, 1, "A");
	link_act(fresh, 2, "B");
	alias_act(fresh, 5, "p", "A", "B");
	alias_act(fresh, 5, "p", "B", "C");
	EXPECT_STR(diff(old_one(), fresh), "LINK_ARTIFACT B ann2; ADD_ARTIFACT_ALIAS Bp bob5; "
					   "ADD_ARTIFACT_ALIAS Cp bob5 (doubtful)");
	/* So, too, when the alias was taken away again. */
	fresh = collection();
	member(fresh, "M1", "A", 1, "p", "t");
	link_act(fresh, 1, "A");
	alias_act(fresh, 1, "p", NULL, "A");
	alias_act(fresh, 6, "q", NULL, "B");
	alias_act(fresh, 7, "q", "B", NULL);
	EXPECT_STR(diff(old_one(), fresh), "ADD_ARTIFACT_ALIAS Bq bob6 (doubtful)");
	end();
}

static void
test_tags(void)
{
	struct registry_collection *a, *b, *c;

	begin();
	a = old_one();
	b = collection();
	member(b, "M1", "A", 1, "p", "");
	put(&b->tags, "x");
	EXPECT_STR(diff(a, b), "REMOVE_ARTIFACT_TAG At ?; ADD_COLLECTION_TAG x ?");
	c = collection();
	member(c, "M1", "A", 1, "p", "t");
	EXPECT_STR(diff(b, c), "ADD_ARTIFACT_TAG At ?; REMOVE_COLLECTION_TAG x ?");
	end();
}

/* Every time that a tag is put on is another change, with another id. */
static void
test_ids(void)
{
	char ids[3][REGISTRY_CHANGE_ID];
	struct registry_collection *c;

	begin();
	c = old_one();
	for (int i = 0; i < 3; i++) {
		struct registry_collection *off = collection(), *on = collection();

		member(off, "M1", "A", 1, "p", "");
		member(on, "M1", "A", 1, "p", "t");
		(void)diff(c, off);
		(void)diff(off, on);
		memcpy(ids[i], changes.list.v[0].id, REGISTRY_CHANGE_ID);
		c = on;
	}
	EXPECT(strcmp(ids[0], ids[1]) != 0 && strcmp(ids[1], ids[2]) != 0 &&
		strcmp(ids[0], ids[2]) != 0);
	end();
}

/* The state's text says all that is needed for the next comparison. */
static void
test_line(void)
{
	struct registry_collection *second, *third;
	struct registry *other = registry_new();
	const char *old_line =
		"{\"id\":\"C\",\"name\":\"n\",\"entity\":\"e\",\"project\":\"p\",\"created\":1,"
		"\"owed\":[{\"artifact\":\"A\",\"linked\":1,\"type\":\"UNLINK_ARTIFACT\"}]}";
	struct strbuf line, again;
	struct json js;

	begin();
	strbuf_init(&line, 1 << 20);
	strbuf_init(&again, 1 << 20);
	second = collection();
	second->name = registry_text(memory, "\"\n\xc3\xa9\0x", 6);
	member(second, "M2", "B", 5, "pq", "tu");
	member(second, "M3", "C", 5, "", "");
	second->members.v[1].index = REGISTRY_NO_INDEX;
	alias_act(second, 5, "p", "A", "B");
	(void)diff(old_one(), second);
	third = collection();
	member(third, "M2", "B", 5, "", "u");
	third->members.v[0].ord = 0;
	third->name = second->name;
	(void)diff(second, third);
	registry_line_write(&line, third);
	json_init(&js, line.buf, line.len);
	EXPECT(registry_line_read(&js, other) && json_end(&js));
	EXPECT(other->collections.n == 1 && !other->failed);
	registry_line_write(&again, other->collections.v[0]);
	EXPECT(line.len == again.len && memcmp(line.buf, again.buf, line.len) == 0);
	json_init(&js, old_line, strlen(old_line));
	EXPECT(registry_line_read(&js, other) && other->collections.v[0]->owed.n == 1 &&
		other->collections.v[0]->owed.v[0].told_ms == REGISTRY_NO_TIME);
	for (size_t len = 0; len < line.len; len++) {
		json_init(&js, line.buf, len);
		EXPECT(!registry_line_read(&js, other) || !json_end(&js));
	}
	strbuf_release(&line);
	strbuf_release(&again);
	registry_free(other);
	end();
}

int
main(void)
{
	RUN(test_nothing, "registry_diff: what is as it was makes no change");
	RUN(test_histories, "registry_diff: what histories say is told with author and time");
	RUN(test_no_histories, "registry_diff: without histories, what is there now says it");
	RUN(test_late, "registry_diff: entries that come late tell only what nobody has told");
	RUN(test_late_twice, "registry_diff: so do those that come later than the next poll");
	RUN(test_owed_in_time, "registry_diff: what is dated behind the telling is told");
	RUN(test_first_history,
		"registry_diff: a history that shows for the first time, late or not, doubles nothing");
	RUN(test_alias_back,
		"registry_diff: an alias that comes back is told, whichever entry shows");
	RUN(test_back_in_one_time, "registry_diff: an unlink is known among links of one time");
	RUN(test_torn_page, "registry_diff: what a page shows without its end is no news later");
	RUN(test_late_at_first, "registry_diff: nor is what histories show that lag at first");
	RUN(test_owed_bounds, "registry_diff: what histories owe is bounded in number and time");
	RUN(test_half_a_visit,
		"registry_diff: half of what came and went waits for the other half");
	RUN(test_cut_in_one_time, "registry_diff: of entries of one time the last one is the link");
	RUN(test_doubtful, "registry_diff: what does not fit together is doubtful");
	RUN(test_tags, "registry_diff: tags are put on and taken off");
	RUN(test_ids, "registry_diff: each time that a tag is put on has an id of its own");
	RUN(test_line, "registry_line: a collection written and read is the same");
	UNIT_DONE();
}
