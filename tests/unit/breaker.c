/* breaker - a circuit opens, is probed, and closes. */
#include "breaker.h"
#include "unit.h"

static const struct breaker_policy policy = {3, 1000};

static void
test_opens(void)
{
	struct breaker b = {0};

	for (int64_t now = 0; now < 2; now++) {
		breaker_failed(&b, &policy, false, now);
		EXPECT(breaker_allows(&b, now));
	}
	breaker_failed(&b, &policy, false, 2);
	EXPECT(!breaker_allows(&b, 2));
	EXPECT(!breaker_allows(&b, 1001));
	EXPECT(b.since_ms == 2);
}

static void
test_success_between(void)
{
	struct breaker b = {0};

	for (int i = 0; i < 10; i++) {
		breaker_failed(&b, &policy, false, i);
		breaker_failed(&b, &policy, false, i);
		breaker_succeeded(&b);
	}
	EXPECT(breaker_allows(&b, 10));
}

static struct breaker
opened(void)
{
	struct breaker b = {0};

	for (int i = 0; i < 3; i++)
		breaker_failed(&b, &policy, false, 0);
	return b;
}

static void
test_probe(void)
{
	struct breaker b = opened();

	EXPECT(breaker_allows(&b, 1000));
	EXPECT(!breaker_allows(&b, 1000));
	EXPECT(!breaker_allows(&b, 100000));
	breaker_failed(&b, &policy, true, 1500);
	EXPECT(!breaker_allows(&b, 2499));
	EXPECT(b.since_ms == 0);
	EXPECT(breaker_allows(&b, 2500));
	breaker_succeeded(&b);
	EXPECT(breaker_allows(&b, 2500));
	EXPECT(breaker_allows(&b, 2500));
	breaker_failed(&b, &policy, false, 2501);
	EXPECT(breaker_allows(&b, 2501));
}

static void
test_untried(void)
{
	struct breaker b = opened();

	EXPECT(breaker_allows(&b, 1000));
	breaker_untried(&b, true, 1001);
	EXPECT(breaker_allows(&b, 1001));
	EXPECT(!breaker_allows(&b, 1001));
	b = opened();
	breaker_untried(&b, false, 5);
	EXPECT(!breaker_allows(&b, 5));
}

/* Failures of requests that were under way when it opened do not put the probe off. */
static void
test_late_failures(void)
{
	struct breaker b = opened();

	breaker_failed(&b, &policy, false, 900);
	EXPECT(breaker_allows(&b, 1000));
	/* nor do they end it, nor those that were not sent */
	breaker_failed(&b, &policy, false, 1100);
	breaker_untried(&b, false, 1100);
	EXPECT(!breaker_allows(&b, 100000));
	breaker_failed(&b, &policy, true, 1200);
	EXPECT(!breaker_allows(&b, 2199));
	EXPECT(breaker_allows(&b, 2200));
	/* A success closes it, whoever had it: then the probe is one of many. */
	breaker_succeeded(&b);
	breaker_failed(&b, &policy, true, 2300);
	EXPECT(breaker_allows(&b, 2300));
	breaker_untried(&b, true, 2300);
	EXPECT(breaker_allows(&b, 2300));
}

static void
test_never(void)
{
	const struct breaker_policy never = {0, 1000};
	struct breaker b = {0};

	for (int i = 0; i < 1000; i++)
		breaker_failed(&b, &never, false, i);
	EXPECT(breaker_allows(&b, 1000));
}

int
main(void)
{
	RUN(test_opens, "so many failures in a row open it");
	RUN(test_success_between, "a success begins the count anew");
	RUN(test_probe, "one probe; its failure opens it again, its success closes it");
	RUN(test_untried, "a probe that was not sent leaves its place to the next");
	RUN(test_late_failures, "ends of earlier requests neither put the probe off nor end it");
	RUN(test_never, "0 failures: it never opens");
	UNIT_DONE();
}
