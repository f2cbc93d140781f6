/* timers, table - against what a plain array says. */
#include "random.h"
#include "table.h"
#include "timers.h"
#include "unit.h"

#define N 500

static void
test_timers(void)
{
	static struct timer all[N];
	struct timers t;

	timers_init(&t);
	EXPECT(timers_first(&t) == NULL);
	EXPECT(timers_reserve(&t, N) == 0);
	for (int step = 0; step < 100000; step++) {
		struct timer *timer = &all[random_below(N)], *first;
		const struct timer *want = NULL;

		if (random_once_in(3))
			timers_clear(&t, timer);
		else
			timers_set(&t, timer, (int64_t)random_below(1000));
		if (step % 16 != 0)
			continue;
		for (size_t i = 0; i < N; i++)
			if (all[i].place != 0 && (want == NULL || all[i].at_ms < want->at_ms))
				want = &all[i];
		first = timers_first(&t);
		EXPECT((first == NULL) == (want == NULL));
		EXPECT(first == NULL || first->at_ms == want->at_ms);
	}
	for (int64_t last = -1; timers_first(&t) != NULL;) {
		EXPECT(timers_first(&t)->at_ms >= last);
		last = timers_first(&t)->at_ms;
		timers_clear(&t, timers_first(&t));
	}
	timers_release(&t);
}

static void
test_table(void)
{
	static struct table_node all[N];
	static int is_in[N];
	struct table t;

	table_init(&t);
	EXPECT(table_find(&t, 1) == NULL);
	for (size_t i = 0; i < N; i++)
		all[i].key = i * 64; /* all in a few buckets */
	for (int step = 0; step < 100000; step++) {
		size_t i = random_below(N);

		EXPECT(table_find(&t, all[i].key) == (is_in[i] ? &all[i] : NULL));
		if (is_in[i])
			table_remove(&t, &all[i]);
		else
			EXPECT(table_add(&t, &all[i]) == 0);
		is_in[i] = !is_in[i];
	}
	table_release(&t);
}

int
main(void)
{
	RUN(test_timers, "timers: the first one is the first, whatever was set and cleared");
	RUN(test_table, "table: what is in is found");
	UNIT_DONE();
}
