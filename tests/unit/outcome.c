/* outcome - what follows from how an attempt ended, for every class of error and kind of status. */
#include "outcome.h"
#include "jq_worker.h"
#include "resolver.h"
#include "unit.h"

static struct retry_policy retry;
static struct secret_store *secrets;

/* The outcome of an attempt, the ${attempts}th of a record without success_when or secrets. */
static struct outcome
of(enum transfer_error error, long status, enum transfer_fault fault, const char *after,
	unsigned attempts)
{
	static struct transfer_result result;
	static struct attempt attempt;
	const struct outcome_means means = {.retry = &retry,
		.secrets = secrets,
		.response_max = 4096};
	struct outcome o;

	result = (struct transfer_result){.error = error, .http_status = status, .fault = fault};
	snprintf(result.retry_after, sizeof(result.retry_after), "%s", after);
	snprintf(result.message, sizeof(result.message), "message");
	attempt_init(&attempt);
	outcome_make(&o, &means, &attempt, &result, attempts, 0, 1795519028123);
	attempt_release(&attempt);
	return o;
}

static void
test_classes(void)
{
	static const struct {
		enum transfer_error error;
		long status;
		bool again;
		enum endpoint_report report;
	} cases[] = {{TRANSFER_OK, 204, false, ENDPOINT_ALIVE},
		{TRANSFER_DENIED, 0, false, ENDPOINT_UNTRIED},
		{TRANSFER_SECRET, 0, false, ENDPOINT_UNTRIED},
		{TRANSFER_REJECTED, 200, false, ENDPOINT_ALIVE},
		{TRANSFER_DNS, 0, true, ENDPOINT_DOWN}, {TRANSFER_CONNECT, 0, true, ENDPOINT_DOWN},
		{TRANSFER_TLS, 0, true, ENDPOINT_DOWN}, {TRANSFER_TIMEOUT, 0, true, ENDPOINT_DOWN},
		{TRANSFER_RESET, 0, true, ENDPOINT_DOWN},
		{TRANSFER_HTTP, 404, false, ENDPOINT_ALIVE},
		{TRANSFER_HTTP, 429, true, ENDPOINT_ALIVE},
		{TRANSFER_HTTP, 501, false, ENDPOINT_DOWN},
		{TRANSFER_HTTP, 503, true, ENDPOINT_DOWN}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct outcome o =
			of(cases[i].error, cases[i].status, TRANSFER_THEIRS, "", 1);

		if ((o.again_ms >= 0) != cases[i].again || o.report != cases[i].report)
			printf("# case %zu\n", i);
		EXPECT((o.again_ms >= 0) == cases[i].again && o.report == cases[i].report);
		EXPECT(o.pause_ms == 0 && o.receipt.http_status == cases[i].status);
		EXPECT(o.receipt.status ==
			(cases[i].error == TRANSFER_OK ? RECEIPT_FINISHED : RECEIPT_FAILED));
		EXPECT((o.receipt.error == NULL) == (cases[i].error == TRANSFER_OK));
	}
}

static void
test_waits(void)
{
	struct outcome o = of(TRANSFER_HTTP, 503, TRANSFER_THEIRS, "120", 1);

	EXPECT(o.again_ms == 120000 && o.pause_ms == 120000);
	/* It is this delivery only that 500 is about. */
	o = of(TRANSFER_HTTP, 500, TRANSFER_THEIRS, "120", 1);
	EXPECT(o.again_ms == 120000 && o.pause_ms == 0);
	o = of(TRANSFER_HTTP, 404, TRANSFER_THEIRS, "120", 1);
	EXPECT(o.again_ms == -1 && o.pause_ms == 0);
	/* Earlier, a look-up that failed would only be remembered. */
	EXPECT(of(TRANSFER_DNS, 0, TRANSFER_THEIRS, "", 1).again_ms >=
		RESOLVER_FAILED_TTL_SEC * 1000);
	EXPECT(of(TRANSFER_CONNECT, 0, TRANSFER_THEIRS, "", 1).again_ms <= RETRY_DELAY_MS);
}

static void
test_ends(void)
{
	EXPECT(of(TRANSFER_RESET, 0, TRANSFER_THEIRS, "", retry.retries).again_ms >= 0);
	EXPECT(of(TRANSFER_RESET, 0, TRANSFER_THEIRS, "", retry.retries + 1).again_ms == -1);
	EXPECT(of(TRANSFER_HTTP, 503, TRANSFER_THEIRS, "1", retry.retries + 1).pause_ms == 1000);
	/* What is our own fault says nothing of the endpoint; a mistake would only be repeated. */
	EXPECT(of(TRANSFER_CONNECT, 0, TRANSFER_SHORTAGE, "", 0).report == ENDPOINT_UNTRIED);
	EXPECT(of(TRANSFER_CONNECT, 0, TRANSFER_SHORTAGE, "", 0).again_ms >= 0);
	EXPECT(of(TRANSFER_TLS, 0, TRANSFER_MISTAKE, "", 1).report == ENDPOINT_UNTRIED);
	EXPECT(of(TRANSFER_TLS, 0, TRANSFER_MISTAKE, "", 1).again_ms == -1);
}

/* A secret that its helper could not tell: it is not asked again at once. */
static void
test_failed_helpers(void)
{
	const struct transfer_result result = {.error = TRANSFER_SECRET, .fault = TRANSFER_PASSING};
	struct outcome o = of(TRANSFER_SECRET, 0, TRANSFER_PASSING, "", 0);

	EXPECT(!outcome_counts(&result));
	EXPECT(o.report == ENDPOINT_UNTRIED && o.again_ms >= secret_store_pause_ms(secrets));
	/* However often an attempt was made before. */
	EXPECT(of(TRANSFER_SECRET, 0, TRANSFER_PASSING, "", retry.retries + 1).again_ms >= 0);
	retry.retries = 0;
	EXPECT(of(TRANSFER_SECRET, 0, TRANSFER_PASSING, "", 0).again_ms == -1);
	retry_policy_init(&retry);
}

/* What success_when says: of an answer, or before there is one. */
static void
test_verdicts(void)
{
	static const struct {
		long status;
		int verdict;
		enum transfer_error error;
		enum transfer_fault fault;
		bool counts;
		const char *message;
	} cases[] = {{200, 1, TRANSFER_OK, TRANSFER_THEIRS, true, ""},
		{200, 0, TRANSFER_REJECTED, TRANSFER_THEIRS, true,
			"success_when is not true of the response"},
		{200, -1, TRANSFER_REJECTED, TRANSFER_THEIRS, true, "success_when: why"},
		{200, JQ_WORKER_UNABLE, TRANSFER_RESET, TRANSFER_SHORTAGE, true, "why"},
		{0, -1, TRANSFER_REJECTED, TRANSFER_MISTAKE, false, "success_when: why"},
		{0, JQ_WORKER_UNABLE, TRANSFER_CONNECT, TRANSFER_SHORTAGE, false, "why"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct transfer_result result = {.http_status = cases[i].status};

		outcome_judge(&result, cases[i].verdict, "why");
		EXPECT(result.error == cases[i].error && result.fault == cases[i].fault);
		EXPECT(outcome_counts(&result) == cases[i].counts);
		EXPECT_STR(result.message, cases[i].message);
	}
}

int
main(void)
{
	retry_policy_init(&retry);
	if ((secrets = secret_store_new()) == NULL)
		return 1;
	RUN(test_classes,
		"each class: whether it is tried again, and what it says of the endpoint");
	RUN(test_waits, "waits: what is asked for, and what a failed look-up needs");
	RUN(test_verdicts, "what success_when says, of an answer and before");
	RUN(test_ends, "no more retries; shortages and mistakes of our own");
	RUN(test_failed_helpers, "helpers that fail are asked again, after a while");
	secret_store_free(secrets);
	UNIT_DONE();
}
