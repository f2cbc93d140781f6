/* pacer - places in time. */
#include "pacer.h"
#include "forge.h"
#include "unit.h"

static void
test_spread(void)
{
	struct pacer p;

	pacer_init(&p, 100000);
	for (int64_t i = 0; i < 10; i++)
		EXPECT(pacer_take(&p, "a", 1000000) == 1000000 + i * 100000);
	EXPECT(pacer_take(&p, "b", 1000000) == 1000000);
	/* After a pause it does not catch up with all that it might have sent. */
	EXPECT(pacer_take(&p, "a", 9000000) == 9000000);
	EXPECT(pacer_take(&p, "a", 9000000) == 9100000);
	pacer_release(&p);
}

/* A timer that is a little late costs no rate. */
static void
test_slack(void)
{
	struct pacer p;
	int64_t at = 1000000;

	pacer_init(&p, 1000);
	for (int i = 0; i < 1000; i++) {
		int64_t now = at;

		at = pacer_take(&p, "a", now + 700);
		EXPECT(at <= 1000000 + (int64_t)i * 1000 + 700);
		at += 1000;
	}
	pacer_release(&p);
}

/* A place that is given back is the next one's. */
static void
test_given_back(void)
{
	struct pacer p;

	pacer_init(&p, 100000);
	pacer_give_back(&p, "a", 5);
	EXPECT(pacer_take(&p, "a", 1000000) == 1000000);
	EXPECT(pacer_take(&p, "a", 1000000) == 1100000);
	pacer_give_back(&p, "a", 1100000);
	EXPECT(pacer_take(&p, "a", 1000000) == 1100000);
	EXPECT(pacer_take(&p, "a", 1000000) == 1200000);
	/* unless others are behind it */
	pacer_give_back(&p, "a", 1100000);
	EXPECT(pacer_take(&p, "a", 1000000) == 1300000);
	pacer_release(&p);
}

static void
test_no_limit(void)
{
	struct pacer p;

	pacer_init(&p, 0);
	EXPECT(pacer_take(&p, "a", 5) == 5);
	EXPECT(pacer_take(&p, "a", 5) == 5);
	pacer_release(&p);
}

static void
test_many_hosts(void)
{
	struct pacer p;
	char host[32];

	pacer_init(&p, 1000000);
	for (int i = 0; i < 100000; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		EXPECT(pacer_take(&p, host, 1000000 + (int64_t)i * 10000) ==
			1000000 + (int64_t)i * 10000);
	}
	EXPECT(p.hosts.n <= PACER_HOSTS_MAX);
	/* The last one has a place in the future, which is not forgotten. */
	EXPECT(pacer_take(&p, "h99999", 1000990000 + 10000) == 1000990000 + 1000000);
	pacer_release(&p);
}

/* Nobody can slow down somebody else's host with a name that looks the same to a table. */
static void
test_forged(void)
{
	char mine[FORGE_LEN + 1], theirs[FORGE_LEN + 1];
	struct pacer p;

	pacer_init(&p, 1000000);
	forge("", 0, mine, theirs);
	EXPECT(pacer_take(&p, theirs, 5000000) == 5000000);
	EXPECT(pacer_take(&p, mine, 5000000) == 5000000);
	pacer_release(&p);
}

int
main(void)
{
	RUN(test_spread, "evenly spread, each host for itself");
	RUN(test_slack, "late timers cost no rate");
	RUN(test_given_back, "a place that is given back is the next one's");
	RUN(test_no_limit, "no interval: at once");
	RUN(test_many_hosts, "hosts that are done with are forgotten");
	RUN(test_forged, "names with one hash are two hosts");
	UNIT_DONE();
}
