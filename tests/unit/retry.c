/* retry - what is tried again, how long to wait, and what servers ask for. */
#include "random.h"
#include "retry.h"
#include "unit.h"

#define NOW_MS ((int64_t)1795521541500) /* 2026-11-24T11:59:01.500Z */

static void
test_defaults(void)
{
	static const long again[] = {408, 425, 429, 500, 502, 503, 504};
	struct retry_policy policy;
	size_t n = 0;

	retry_policy_init(&policy);
	for (long status = 100; status < 600; status++)
		n += retry_is_wanted(&policy, TRANSFER_HTTP, status);
	EXPECT(n == sizeof(again) / sizeof(again[0]));
	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++)
		EXPECT(retry_is_wanted(&policy, TRANSFER_HTTP, again[i]));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_HTTP, 0));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_HTTP, 600));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_HTTP, 999));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_HTTP, -1));
	EXPECT(policy.retries == 5);
	EXPECT(policy.max_time_ms == 300000);
}

static void
test_classes(void)
{
	struct retry_policy policy;

	retry_policy_init(&policy);
	EXPECT(retry_is_wanted(&policy, TRANSFER_DNS, 0));
	EXPECT(retry_is_wanted(&policy, TRANSFER_CONNECT, 0));
	EXPECT(retry_is_wanted(&policy, TRANSFER_TLS, 0));
	EXPECT(retry_is_wanted(&policy, TRANSFER_TIMEOUT, 0));
	EXPECT(retry_is_wanted(&policy, TRANSFER_RESET, 0));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_OK, 503));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_DENIED, 503));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_SECRET, 503));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_REJECTED, 200));
}

static void
test_lists(void)
{
	static const char *const wrong[] = {"", ",", "503,", ",503", "5xx,,", "600", "050", "50",
		"5030", "5x3", "xxx", "0xx", "6xx", "rejecte", "rejectedd", "503 ", "-503",
		"connect"};
	struct retry_policy policy;

	retry_policy_init(&policy);
	EXPECT(retry_policy_on(&policy, "418") == RETRY_LIST_OK);
	EXPECT(retry_is_wanted(&policy, TRANSFER_HTTP, 418));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_HTTP, 503));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_REJECTED, 200));
	EXPECT(retry_is_wanted(&policy, TRANSFER_CONNECT, 0));
	EXPECT(retry_policy_on(&policy, "404,rejected,5xx") == RETRY_LIST_OK);
	EXPECT(retry_is_wanted(&policy, TRANSFER_HTTP, 404));
	EXPECT(retry_is_wanted(&policy, TRANSFER_HTTP, 500));
	EXPECT(retry_is_wanted(&policy, TRANSFER_HTTP, 599));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_HTTP, 499));
	EXPECT(!retry_is_wanted(&policy, TRANSFER_HTTP, 418));
	EXPECT(retry_is_wanted(&policy, TRANSFER_REJECTED, 200));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT_STR(retry_policy_on(&policy, wrong[i]) == RETRY_LIST_NONE ? "refused"
										 : wrong[i],
			"refused");
	EXPECT(retry_policy_on(&policy, "503,2xx") == RETRY_LIST_SUCCESS);
	EXPECT(retry_policy_on(&policy, "200,503") == RETRY_LIST_SUCCESS);
	EXPECT(retry_policy_on(&policy, "199,300") == RETRY_LIST_OK);
}

static void
test_delay(void)
{
	static const uint64_t limits[] = {1000, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};

	for (unsigned attempts = 1; attempts < 9; attempts++) {
		uint64_t most = 0, least = UINT64_MAX;

		for (int i = 0; i < 10000; i++) {
			uint64_t ms = retry_delay_ms(attempts, random_next());

			most = ms > most ? ms : most;
			least = ms < least ? ms : least;
		}
		EXPECT(most <= limits[attempts]);
		EXPECT(most > limits[attempts] * 99 / 100);
		EXPECT(least < limits[attempts] / 100);
	}
	EXPECT(retry_delay_ms(1, 1000) == 1000);
	EXPECT(retry_delay_ms(1, 1001) == 0);
	EXPECT(retry_delay_ms(UINT32_MAX, 60000) == 60000);
	EXPECT(retry_delay_ms(UINT32_MAX, 60001) == 0);
}

static void
test_after(void)
{
	static const struct {
		const char *value;
		int64_t ms;
	} cases[] = {{"0", 0}, {"1", 1000}, {"120", 120000}, {"007", 7000}, {"864000", 864000000},
		{"864001", 864000000}, {"99999999999999999999999999", 864000000},
		{"Tue, 24 Nov 2026 11:59:02 GMT", 500}, {"Tue, 24 Nov 2026 12:59:01 GMT", 3599500},
		{"Tuesday, 24-Nov-26 11:59:02 GMT", 500}, {"Tue Nov 24 11:59:02 2026", 500},
		{"Tue Nov  3 11:59:02 2026", 0}, {"Tue, 24 Nov 2026 11:59:01 GMT", 0},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0}, {"Fri, 31 Dec 9999 23:59:59 GMT", 864000000},
		{"", -1}, {"-1", -1}, {"1.5", -1}, {"1s", -1}, {"soon", -1}, {"+1", -1},
		{"Tue, 24 Nov 2026 11:59:02", -1}, {"Tue, 24 Nov 2026 11:59:02 GMT+1", -1},
		{"2026-11-24T11:59:02Z", -1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ms = retry_after_ms(cases[i].value, NOW_MS);

		if (ms != cases[i].ms)
			printf("# for '%s': %lld\n", cases[i].value, (long long)ms);
		EXPECT(ms == cases[i].ms);
	}
}

int
main(void)
{
	RUN(test_defaults, "statuses that are tried again by default");
	RUN(test_classes, "classes that are tried again");
	RUN(test_lists, "lists of statuses");
	RUN(test_delay, "full jitter: all of the range, and not more");
	RUN(test_after, "Retry-After: seconds and dates");
	UNIT_DONE();
}
