/* execution - lines of journals: those of wb-send, those of others, and what is none. */
#include "execution.h"
#include "guard.h"
#include "unit.h"

static struct execution x;
static const char *why;
static size_t at;

static bool
reads(const char *text)
{
	const size_t len = strlen(text);

	why = NULL;
	return execution_read(&x, guard_copy(text, len), len, &why, &at);
}

static bool
is(enum execution_member member, const char *want)
{
	const struct json_span *value = &x.member[member];

	return want == NULL ? value->type == JSON_NONE
			    : value->len == strlen(want) && memcmp(value->p, want, value->len) == 0;
}

static void
members(void)
{
	EXPECT(reads(
		"{\"delivery_id\":\"1\",\"status\":\"failed\",\"at\":\"t\",\"automation\":\"a\","
		"\"event_id\":\"e\",\"event_type\":\"T\",\"url\":\"u\",\"attempts\":1,"
		"\"http_status\":404,\"reason\":\"budget\",\"error\":{\"class\":\"http\"}}"));
	EXPECT(x.status == EXECUTION_FAILED);
	EXPECT(is(EXECUTION_ID, "1") && is(EXECUTION_AT, "t") && is(EXECUTION_AUTOMATION, "a"));
	EXPECT(is(EXECUTION_EVENT_ID, "e") && is(EXECUTION_EVENT_TYPE, "T"));
	EXPECT(is(EXECUTION_URL, "u") && is(EXECUTION_HTTP_STATUS, "404"));
	EXPECT(is(EXECUTION_REASON, "budget") && is(EXECUTION_ERROR, "{\"class\":\"http\"}"));
}

static void
others(void)
{
	EXPECT(reads(" {\"status\":\"\\u0066inished\",\"x\":[{}],\"delivery_id\":\"a-_Z\"} "));
	EXPECT(x.status == EXECUTION_FINISHED && is(EXECUTION_AT, NULL));
	EXPECT(reads("{\"delivery_id\":\"1\",\"status\":\"deferred\",\"status\":\"x\"}"));
	EXPECT(x.status == EXECUTION_OTHER && is(EXECUTION_STATUS, "x"));
	/* of another type than wb-send writes: as if it were not there */
	EXPECT(reads(
		"{\"delivery_id\":\"1\",\"status\":\"deferred\",\"at\":5,\"http_status\":\"5\","
		"\"error\":\"e\",\"automation\":null}"));
	EXPECT(x.status == EXECUTION_PENDING && is(EXECUTION_AT, NULL));
	EXPECT(is(EXECUTION_HTTP_STATUS, NULL) && is(EXECUTION_ERROR, NULL));
	EXPECT(is(EXECUTION_AUTOMATION, NULL));
}

static void
jobs(void)
{
	EXPECT(reads("{\"delivery_id\":\"1\",\"status\":\"attempted\",\"queue\":\"acme/gpu\"}"));
	EXPECT(x.status == EXECUTION_PENDING && is(EXECUTION_QUEUE, "acme/gpu"));
	EXPECT(is(EXECUTION_ITEM, NULL));
	EXPECT(reads(
		"{\"delivery_id\":\"1\",\"status\":\"finished\",\"run_queue_item_id\":\"i\"}"));
	EXPECT(x.status == EXECUTION_FINISHED && is(EXECUTION_ITEM, "i"));
}

static void
none(void)
{
	EXPECT(!reads(""));
	EXPECT(!reads("[]"));
	EXPECT(!reads("{\"delivery_id\":\"1\",\"status\":\"failed\"} x") && at == 38);
	EXPECT(!reads("{\"status\":\"failed\"}"));
	EXPECT_STR(why, "there is no \"delivery_id\"");
	EXPECT(!reads("{\"delivery_id\":\"1\",\"status\":1}"));
	EXPECT_STR(why, "there is no \"status\"");
	EXPECT(!reads("{\"delivery_id\":\"a b\",\"status\":\"failed\"}") && at == 16);
	EXPECT(!reads("{\"delivery_id\":\"1\",\"status\":\"fai"));
}

static void
names(void)
{
	enum execution_status status = EXECUTION_OTHER;

	EXPECT(execution_status_find("pending", &status) && status == EXECUTION_PENDING);
	EXPECT(execution_status_find("Failed", &status) && status == EXECUTION_FAILED);
	EXPECT(!execution_status_find("deferred", &status) && !execution_status_find("", &status));
	EXPECT_STR(execution_status_name(EXECUTION_FINISHED), "Finished");
	EXPECT_STR(execution_status_name(EXECUTION_OTHER), "");
}

int
main(void)
{
	RUN(members, "the members that wb-send writes");
	RUN(others, "lines of other programs");
	RUN(jobs, "jobs for queues");
	RUN(none, "what is no line of a journal");
	RUN(names, "statuses by their names");
	UNIT_DONE();
}
