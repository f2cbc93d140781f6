/* graphql_retry - what is spent on a query, and on a server that answers nothing. */
#include "graphql_retry.h"
#include "unit.h"

#define T_MS ((int64_t)1000000)

/* An attempt at ${now_ms} that fails; returns whether there is another one. */
static bool
fails(struct graphql_retry *r, struct graphql_effort *e, int64_t now_ms)
{
	graphql_retry_begin(r, e, now_ms);
	return graphql_retry_failed(r, e, 503, -1, now_ms);
}

static void
test_one_query(void)
{
	for (unsigned retries = 0; retries < 4; retries++) {
		struct graphql_retry r = {.retries = retries, .max_ms = 300000, .chance = 7};
		struct graphql_effort e = {.attempts = 0};
		unsigned n = 1;

		while (fails(&r, &e, T_MS))
			n++;
		EXPECT(n == 1 + retries);
		EXPECT(e.attempts == n);
	}
}

/* Those that were under way together fail together, and share what is left. */
static void
test_many_queries(void)
{
	struct graphql_retry r = {.retries = 3, .max_ms = 300000};
	struct graphql_effort e[4] = {{.attempts = 0}};
	unsigned n = 0;

	EXPECT(graphql_retry_room(&r, 4) == 4);
	for (int i = 0; i < 4; i++)
		graphql_retry_begin(&r, &e[i], T_MS);
	for (int i = 0; i < 4; i++)
		EXPECT(graphql_retry_failed(&r, &e[i], 502, -1, T_MS));
	EXPECT(r.down == 1);
	EXPECT(graphql_retry_room(&r, 4) == 1);
	while (fails(&r, &e[n % 4], T_MS))
		n++;
	EXPECT(n + 1 == r.retries);
	graphql_retry_answered(&r);
	EXPECT(graphql_retry_room(&r, 4) == 4);
	EXPECT(fails(&r, &e[3], T_MS));
}

/* While the server is down nobody goes out before the wait is over, and after an answer at once. */
static void
test_waits(void)
{
	struct graphql_retry r = {.retries = 9, .max_ms = 300000, .chance = 99};
	struct graphql_effort failed = {.attempts = 0}, other = {.attempts = 0};
	int64_t limit_ms = 1000;

	EXPECT(graphql_retry_begins_ms(&r, &other) <= T_MS);
	for (int i = 0; i < 6; i++, limit_ms *= 2) {
		EXPECT(fails(&r, &failed, T_MS));
		EXPECT(failed.at_ms >= T_MS && failed.at_ms <= T_MS + limit_ms);
		EXPECT(graphql_retry_begins_ms(&r, &other) == failed.at_ms);
	}
	graphql_retry_answered(&r);
	EXPECT(graphql_retry_begins_ms(&r, &other) <= T_MS);
	EXPECT(graphql_retry_begins_ms(&r, &failed) == failed.at_ms);
}

static void
test_asked_to_wait(void)
{
	struct graphql_retry r = {.retries = 1, .max_ms = 300000};
	struct graphql_effort e = {.attempts = 0}, other = {.attempts = 0};

	graphql_retry_begin(&r, &e, T_MS);
	EXPECT(graphql_retry_failed(&r, &e, 429, 90000, T_MS));
	EXPECT(e.at_ms == T_MS + 90000);
	graphql_retry_answered(&r);
	EXPECT(graphql_retry_begins_ms(&r, &other) == T_MS + 90000);
	/* which is too late */
	r.max_ms = 80000;
	e = (struct graphql_effort){.attempts = 0};
	graphql_retry_begin(&r, &e, T_MS);
	EXPECT(!graphql_retry_failed(&r, &e, 429, 90000, T_MS));
}

static void
test_what_fails(void)
{
	static const long final[] = {200, 307, 400, 401, 403, 404, 409, 410, 413, 422, 501};
	static const long passing[] = {402, 408, 418, 425, 429, 500, 502, 503, 504, 599};
	struct transfer_result r = {.error = TRANSFER_HTTP};

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
		r.http_status = final[i];
		EXPECT(!graphql_retry_is_failure(&r));
	}
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		r.http_status = passing[i];
		EXPECT(graphql_retry_is_failure(&r));
	}
	r.error = TRANSFER_DENIED;
	EXPECT(!graphql_retry_is_failure(&r));
	r.error = TRANSFER_RESET;
	EXPECT(graphql_retry_is_failure(&r));
	r.truncated = true;
	EXPECT(!graphql_retry_is_failure(&r));
}

int
main(void)
{
	RUN(test_one_query, "a query is tried as often as there are retries, and once");
	RUN(test_many_queries, "queries share the retries while the server answers nothing");
	RUN(test_waits, "nobody goes out before the wait is over, unless the server answers");
	RUN(test_asked_to_wait, "a server that asks to be left alone is, by all");
	RUN(test_what_fails, "what may go well another time");
	UNIT_DONE();
}
