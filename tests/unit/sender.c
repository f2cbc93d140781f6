/* sender - what has come is taken before anything is called late, however long its owner took. */
#include "sender.h"
#include "clock.h"
#include "unit.h"

#define LOOK_UP_MS 500

struct owner {
	unsigned asked; /* about delivery "two" */
	char error[32]; /* class, of delivery "one" */
};

static bool
may_start(void *ctx, size_t under_way)
{
	(void)ctx;
	(void)under_way;
	return true;
}

/* Delivery "two" is finished when it is to be sent. */
static bool
is_finished(void *ctx, const struct json_span *delivery_id)
{
	struct owner *owner = ctx;

	return memcmp(delivery_id->p, "two", 3) == 0 && ++owner->asked > 1;
}

/* With "two" the owner is busy until the time of the look-up for "one" is over. */
static void
done(void *ctx, const struct receipt *receipt, const char *line, size_t len)
{
	const int64_t late_ms = clock_ms() + LOOK_UP_MS;
	struct owner *owner = ctx;

	(void)line;
	(void)len;
	if (receipt->status != RECEIPT_SKIPPED)
		snprintf(owner->error, sizeof(owner->error), "%s",
			receipt->error != NULL ? receipt->error : "none");
	while (receipt->status == RECEIPT_SKIPPED && clock_ms() <= late_ms)
		continue;
}

static enum sender_added
add(struct sender *s, const char *id)
{
	char line[512], error[SENDER_ERROR_MAX];
	size_t at;

	snprintf(line, sizeof(line),
		"{\"delivery_id\":\"%s\",\"event\":{\"event_type\":\"x\"},"
		"\"automation\":{\"name\":\"a\"},\"request\":"
		"{\"url\":\"http://localhost:1/\",\"headers\":{},\"body\":\"{}\"}}",
		id);
	return sender_add(s, line, strlen(line), error, &at);
}

static void
test_busy_owner(void)
{
	struct owner owner = {.asked = 0};
	struct policy policy;
	const struct sender_hooks hooks = {.ctx = &owner,
		.is_finished = is_finished,
		.may_start = may_start,
		.done = done};
	const struct sender_options options = {.policy = &policy,
		.secrets = secret_store_new(),
		.jobs = 2,
		.connect_timeout_ms = LOOK_UP_MS,
		.timeout_ms = 600000,
		.order = QUEUE_NONE};
	struct pollfd none[1];
	struct sender *s;

	policy_init(&policy);
	policy.allow_http = true;
	EXPECT(policy_allow_host(&policy, "localhost") == 0);
	EXPECT((s = sender_new(&options, &hooks)) != NULL);
	EXPECT(add(s, "one") == SENDER_ADDED && add(s, "two") == SENDER_ADDED);
	sender_start(s);
	while (!sender_is_idle(s)) {
		EXPECT(sender_wait(s, none, 0, -1) == 0);
		sender_start(s);
	}
	/* Nobody listens there. */
	EXPECT(owner.asked == 2);
	EXPECT_STR(owner.error, "connect");
	sender_free(s);
	secret_store_free(options.secrets);
	policy_release(&policy);
}

int
main(void)
{
	RUN(test_busy_owner, "a look-up that is answered while the owner is busy is in time");
	UNIT_DONE();
}
