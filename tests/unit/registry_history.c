/* registry_history - how far a history is read, and what of it is news. */
#include "registry_history.h"
#include "unit.h"

#define T(n) ((int64_t)(n)*1000)

static struct registry_action page[4];

/* A page with entries of these seconds, newest first; each has its second as key. */
static size_t
entries(const int *secs)
{
	size_t n = 0;

	for (; secs[n] != 0; n++)
		page[n] = (struct registry_action){.key = (uint64_t)secs[n], .ms = T(secs[n])};
	return n;
}

#define ENTRIES(...) entries((const int[]){__VA_ARGS__, 0})

static void
test_reads_on(void)
{
	struct registry_seen seen[] = {{980, T(980)}, {990, T(990)}, {1000, T(1000)}};
	struct registry_history old = {.is_known = true,
		.floor_ms = T(880),
		.newest_ms = T(1000),
		.seen = {seen, 3, 3}};
	size_t n = ENTRIES(1000, 990);

	EXPECT(!registry_history_reads_on(&old, false, T(9000), page, n, 0));
	EXPECT(registry_history_reads_on(&old, true, T(9000), page, n, 0));
	/* Others may show behind what was seen, for a while, but not before what is remembered. */
	EXPECT(registry_history_reads_on(&old, false, T(1010), page, n, 0));
	n = ENTRIES(990, 870);
	EXPECT(!registry_history_reads_on(&old, false, T(1010), page, n, 0));
	n = ENTRIES(1001, 990);
	EXPECT(registry_history_reads_on(&old, false, T(9000), page, n, 0));
	EXPECT(!registry_history_reads_on(&old, false, T(9000), page, n, 1));
	/* Each entry gets its new key once. */
	n = ENTRIES(1000, 990);
	old.has_old_keys = true;
	EXPECT(registry_history_reads_on(&old, false, T(9000), page, n, 0));
}

/* What cannot be told yet is not forgotten while it is younger than a day. */
static void
test_held(void)
{
	struct registry *r = registry_new();
	struct registry_history h = {.is_read = true};

	page[0] = (struct registry_action){.key = 1, .ms = T(1000), .is_new = true};
	page[1] = (struct registry_action){.key = 2, .ms = T(5000)};
	h.actions.v = page;
	h.actions.n = h.actions.size = 2;
	registry_history_keep(r, &h, NULL);
	EXPECT(h.floor_ms == T(1000) && h.newest_ms == T(5000) && h.seen.n == 1);
	page[1].ms = T(100000);
	registry_history_keep(r, &h, NULL);
	EXPECT(h.floor_ms == T(100000) - REGISTRY_WINDOW_MS);
	registry_free(r);
}

int
main(void)
{
	RUN(test_reads_on, "registry_history: it is read on as long as it may have news");
	RUN(test_held, "registry_history: what is not told yet stays news");
	UNIT_DONE();
}
