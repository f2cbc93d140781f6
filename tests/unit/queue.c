/* queue - what goes when: order, retries' waits, circuits, budgets, stopping. */
#include "queue.h"
#include "forge.h"
#include "random.h"
#include "unit.h"

static const struct queue_options usual = {QUEUE_COLLECTION, 60000, SIZE_MAX, {3, 1000}};

/* Add delivery ${id} of a collection to an endpoint. */
static void
add(struct queue *q, int id, int collection, int endpoint)
{
	static struct record rec;
	char line[512];
	struct json js;
	int len = snprintf(line, sizeof(line),
		"{\"delivery_id\":\"%d\",\"event\":{\"event_type\":\"x\",\"entity_name\":\"e\","
		"\"artifact_collection_name\":\"c%d\"},\"automation\":{\"name\":\"a\"},\"request\":"
		"{\"url\":\"https://e%d/\",\"headers\":{},\"body\":\"%d\"}}",
		id, collection, endpoint, collection);

	json_init(&js, line, (size_t)len);
	EXPECT(record_read(&js, &rec));
	EXPECT(queue_add(q, &rec, line, (size_t)len) == 0);
}

static int
id_of(const struct delivery *d)
{
	return d != NULL ? atoi(d->line + strlen("{\"delivery_id\":\"")) : -1;
}

static int
collection_of(const struct delivery *d)
{
	/* the line has no NUL at its end */
	return atoi((const char *)memmem(d->line, d->len, "\"body\":\"", 8) + 8);
}

/* Take the next one as under way. */
static struct delivery *
start(struct queue *q, int64_t now)
{
	struct delivery *d = queue_next(q, now);

	if (d != NULL)
		d->attempts++;
	return d;
}

static void
end(struct queue *q, struct delivery *d, int64_t now)
{
	queue_report(q, d, ENDPOINT_ALIVE, 0, now);
	queue_done(q, d);
}

static void
retry(struct queue *q, struct delivery *d, int64_t now, int64_t at)
{
	queue_report(q, d, ENDPOINT_DOWN, 0, now);
	queue_retry(q, d, at);
}

/* What began before the circuit opened does not end the probe. */
static void
test_others_probe(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *early[5], *probe;

	for (int i = 0; i < 7; i++)
		add(q, i, i, 1);
	for (int i = 0; i < 5; i++)
		early[i] = start(q, 1);
	for (int i = 0; i < 3; i++)
		retry(q, early[i], 2, 50000);
	EXPECT(start(q, 3) == NULL);
	EXPECT(id_of(probe = start(q, 1002)) == 5);
	retry(q, early[3], 1003, 50000);
	queue_report(q, early[4], ENDPOINT_UNTRIED, 0, 1004);
	queue_retry(q, early[4], 50000);
	EXPECT(start(q, 2100) == NULL);
	end(q, probe, 2100);
	EXPECT(id_of(start(q, 2100)) == 6);
	queue_free(q);
}

/* The deferred ones as text: "3 budget, 4 order". */
static const char *
deferred(struct queue *q)
{
	static char text[1024];
	enum queue_reason reason;
	struct delivery *d;
	size_t len = 0;

	text[0] = '\0';
	while ((d = queue_take_deferred(q, &reason)) != NULL) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d %s",
			len != 0 ? ", " : "", id_of(d), queue_reason_name(reason));
		queue_drop(q, d);
	}
	return text;
}

static void
test_order(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *one, *two, *three;

	add(q, 1, 1, 1);
	add(q, 2, 1, 2);
	add(q, 3, 2, 1);
	EXPECT(queue_count(q) == 3);
	EXPECT(id_of(one = start(q, 1)) == 1);
	EXPECT(id_of(three = start(q, 1)) == 3);
	EXPECT(start(q, 1) == NULL);
	retry(q, one, 2, 100);
	EXPECT(queue_next_ms(q) == 100);
	end(q, three, 3);
	EXPECT(start(q, 99) == NULL);
	EXPECT(id_of(one = start(q, 100)) == 1);
	EXPECT(start(q, 100) == NULL);
	end(q, one, 101);
	EXPECT(id_of(two = start(q, 101)) == 2);
	end(q, two, 102);
	EXPECT(queue_count(q) == 0);
	EXPECT(queue_next_ms(q) == -1);
	queue_free(q);
}

static void
test_orders(void)
{
	struct queue_options options = usual;
	struct queue *q;

	options.order = QUEUE_ENDPOINT;
	q = queue_new(&options);
	add(q, 1, 1, 1);
	add(q, 2, 2, 1);
	add(q, 3, 1, 2);
	EXPECT(id_of(start(q, 1)) == 1);
	EXPECT(id_of(start(q, 1)) == 3);
	EXPECT(start(q, 1) == NULL);
	queue_free(q);
	options.order = QUEUE_NONE;
	q = queue_new(&options);
	add(q, 1, 1, 1);
	add(q, 2, 1, 1);
	add(q, 1, 1, 1);
	EXPECT(id_of(start(q, 1)) == 1);
	EXPECT(id_of(start(q, 1)) == 2);
	/* the same one is not under way twice */
	EXPECT(start(q, 1) == NULL);
	queue_free(q);
}

/* Add a delivery with these texts in it. */
static void
add_texts(struct queue *q, const char *id, const char *automation, const char *event,
	const char *url)
{
	static struct record rec;
	char line[512];
	struct json js;
	int len = snprintf(line, sizeof(line),
		"{\"delivery_id\":\"%s\",\"event\":{\"event_type\":\"x\"%s},\"automation\":{\"name\":\"%s\"},"
		"\"request\":{\"url\":\"%s\",\"headers\":{},\"body\":\"\"}}",
		id, event, automation, url);

	json_init(&js, line, (size_t)len);
	EXPECT(record_read(&js, &rec));
	EXPECT(queue_add(q, &rec, line, (size_t)len) == 0);
}

/* Whoever writes records must not get at others' endpoints and lanes with a made-up name. */
static void
test_forged(void)
{
	char mine[FORGE_LEN + 1], theirs[FORGE_LEN + 1];
	struct queue_options options = usual;
	struct queue *q = queue_new(&options);
	struct delivery *one, *two;

	forge("https://a.example/", 18, mine, theirs);
	EXPECT(hash_bytes(mine, FORGE_LEN) == hash_bytes(theirs, FORGE_LEN));
	add_texts(q, "1", "a", "", mine);
	add_texts(q, "2", "b", "", theirs);
	one = start(q, 1);
	two = start(q, 1);
	EXPECT(one != NULL && two != NULL && one->endpoint != two->endpoint);
	queue_free(q);
	q = queue_new(&options);
	forge("", 0, mine, theirs);
	add_texts(q, "1", mine, "", "https://a.example/");
	add_texts(q, "2", theirs, "", "https://a.example/");
	EXPECT(start(q, 1) != NULL && start(q, 1) != NULL);
	queue_free(q);
	options.order = QUEUE_NONE;
	q = queue_new(&options);
	add_texts(q, "1", "a", "", "https://a.example/");
	add_texts(q, "2", "a", "", "https://a.example/");
	EXPECT(start(q, 1) != NULL && start(q, 1) != NULL);
	queue_free(q);
}

/* What is in one name is not in the next one: "ab" and "c" are not "a" and "bc". */
static void
test_parts(void)
{
	static const char *const events[] = {
		",\"entity_name\":\"a\",\"project_name\":\"bc\"",
		",\"entity_name\":\"ab\",\"project_name\":\"c\"",
		",\"entity_name\":\"abc\"",
		",\"project_name\":\"abc\"",
		",\"entity_name\":\"abc\",\"project_name\":\"\"",
		",\"artifact_collection_name\":\"abc\"",
	};
	struct queue *q = queue_new(&usual);

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		add_texts(q, "1", "x", events[i], "https://a.example/");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		EXPECT(start(q, 1) != NULL);
	queue_free(q);
}

/* However a name is spelled, it is one collection. */
static void
test_spelling(void)
{
	static struct record rec;
	static const char *const lines[] = {
		"{\"delivery_id\":\"1\",\"event\":{\"event_type\":\"x\",\"artifact_collection_name\":\"ab\"},\"automation\":{\"name\":\"a\"},\"request\":{\"url\":\"https://e/\",\"headers\":{},\"body\":\"\"}}",
		"{\"delivery_id\":\"2\",\"event\":{\"event_type\":\"x\",\"artifact_collection_name\":\"\\u0061b\"},\"automation\":{\"name\":\"a\"},\"request\":{\"url\":\"https://e/\",\"headers\":{},\"body\":\"\"}}"};
	struct queue *q = queue_new(&usual);
	struct json js;

	for (size_t i = 0; i < 2; i++) {
		json_init(&js, lines[i], strlen(lines[i]));
		EXPECT(record_read(&js, &rec));
		EXPECT(queue_add(q, &rec, lines[i], strlen(lines[i])) == 0);
	}
	EXPECT(start(q, 1) != NULL);
	EXPECT(start(q, 1) == NULL);
	queue_free(q);
}

static void
test_circuit(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *d;

	for (int i = 1; i <= 6; i++)
		add(q, i, i, 1);
	add(q, 7, 7, 2);
	for (int i = 1; i <= 3; i++)
		retry(q, start(q, i), i, 500);
	/* Open: only the other endpoint gets something. */
	EXPECT(id_of(d = start(q, 4)) == 7);
	end(q, d, 4);
	EXPECT(start(q, 600) == NULL);
	EXPECT(queue_next_ms(q) == 1003);
	d = start(q, 1003);
	EXPECT(d != NULL);
	EXPECT(start(q, 1003) == NULL);
	/* The probe fails: it opens again. */
	retry(q, d, 1100, 1200);
	EXPECT(start(q, 2099) == NULL);
	d = start(q, 2100);
	EXPECT(d != NULL);
	end(q, d, 2200);
	/* It closes: all others go. */
	for (int i = 0; i < 5; i++)
		EXPECT(start(q, 2200) != NULL);
	EXPECT(start(q, 2200) == NULL);
	EXPECT_STR(deferred(q), "");
	queue_free(q);
}

/* A probe that was never sent leaves its place to another one at once. */
static void
test_untried_probe(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *d;

	for (int i = 1; i <= 5; i++)
		add(q, i, i, 1);
	for (int i = 1; i <= 3; i++) {
		d = start(q, 1);
		queue_report(q, d, ENDPOINT_DOWN, 0, 1);
		queue_done(q, d);
	}
	EXPECT(start(q, 2) == NULL);
	EXPECT(id_of(d = start(q, 1001)) == 4);
	queue_report(q, d, ENDPOINT_UNTRIED, 0, 1002);
	queue_done(q, d);
	EXPECT(id_of(d = start(q, 1002)) == 5);
	end(q, d, 1003);
	queue_free(q);
}

/* So does one whose budget has ended when its turn comes, because everything was late. */
static void
test_late_probe(void)
{
	struct queue_options options = usual;
	struct delivery *one, *two;
	struct queue *q;

	options.breaker.failures = 2;
	q = queue_new(&options);
	add(q, 1, 1, 1);
	one = start(q, 1);
	retry(q, one, 2, 58550);
	add(q, 2, 2, 1);
	EXPECT(id_of(two = start(q, 58000)) == 2);
	retry(q, two, 58500, 58600);
	/* Open, and both wait for it. */
	EXPECT(start(q, 58550) == NULL);
	EXPECT(start(q, 58600) == NULL);
	EXPECT(queue_next_ms(q) == 59500);
	EXPECT(id_of(start(q, 60500)) == 2);
	EXPECT_STR(deferred(q), "1 budget");
	queue_free(q);
}

static void
test_circuit_budget(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *d;

	for (int i = 1; i <= 3; i++)
		add(q, i, i, 1);
	for (int i = 1; i <= 3; i++) {
		d = start(q, 1000);
		queue_report(q, d, ENDPOINT_DOWN, 0, 1000);
		queue_done(q, d);
	}
	add(q, 4, 4, 1);
	add(q, 5, 4, 1);
	EXPECT(start(q, 1001) == NULL);
	/* Probes go on failing. */
	for (int64_t now = 2000; now < 61000; now += 1500) {
		d = start(q, now);
		EXPECT(id_of(d) == 4);
		if (d == NULL)
			break;
		retry(q, d, now, now + 10);
		EXPECT(start(q, now + 20) == NULL);
	}
	EXPECT(start(q, 61000) == NULL);
	EXPECT_STR(deferred(q), "4 circuit, 5 order");
	/* What comes later is not held for another budget. */
	add(q, 6, 6, 1);
	EXPECT(start(q, 61001) == NULL);
	EXPECT_STR(deferred(q), "6 circuit");
	/* The rest of a key stays deferred, even to another endpoint. */
	add(q, 7, 4, 2);
	EXPECT(start(q, 61002) == NULL);
	EXPECT_STR(deferred(q), "7 order");
	add(q, 8, 8, 2);
	EXPECT(id_of(start(q, 61002)) == 8);
	queue_free(q);
}

static void
test_pause(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *d;

	for (int i = 1; i <= 3; i++)
		add(q, i, i, 1);
	d = start(q, 10);
	queue_report(q, d, ENDPOINT_ALIVE, 5000, 10);
	queue_retry(q, d, 5010);
	EXPECT(start(q, 11) == NULL);
	EXPECT(start(q, 5009) == NULL);
	EXPECT(queue_next_ms(q) == 5010);
	for (int i = 1; i <= 3; i++)
		EXPECT(start(q, 5010) != NULL);
	EXPECT_STR(deferred(q), "");
	queue_free(q);
}

/* A pause that is longer than what is left of a budget is not waited for. */
static void
test_long_pause(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *one, *two;

	add(q, 1, 1, 1);
	add(q, 2, 2, 1);
	one = start(q, 10);
	two = start(q, 10);
	retry(q, one, 10, 50000);
	queue_report(q, two, ENDPOINT_ALIVE, 50000, 40000);
	queue_defer(q, two);
	EXPECT(start(q, 50000) == NULL);
	EXPECT_STR(deferred(q), "1 budget");
	queue_free(q);
}

static void
test_defer(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *d;

	add(q, 1, 1, 1);
	add(q, 2, 1, 1);
	add(q, 3, 2, 1);
	d = start(q, 1);
	EXPECT(queue_deadline(q, d) == 60001);
	queue_report(q, d, ENDPOINT_DOWN, 0, 60000);
	queue_defer(q, d);
	EXPECT_STR(deferred(q), "2 order");
	EXPECT(id_of(start(q, 60000)) == 3);
	add(q, 4, 1, 1);
	EXPECT(start(q, 60000) == NULL);
	EXPECT_STR(deferred(q), "4 order");
	queue_free(q);
}

/* Without an order, nothing else is deferred with one. */
static void
test_defer_unordered(void)
{
	struct queue_options options = usual;
	struct queue *q;
	struct delivery *d;

	options.order = QUEUE_NONE;
	q = queue_new(&options);
	add(q, 1, 1, 1);
	add(q, 2, 1, 1);
	d = start(q, 1);
	queue_report(q, d, ENDPOINT_DOWN, 0, 2);
	queue_defer(q, d);
	EXPECT_STR(deferred(q), "");
	EXPECT(id_of(d = start(q, 2)) == 2);
	end(q, d, 2);
	add(q, 1, 1, 1);
	EXPECT(id_of(start(q, 2)) == 1);
	queue_free(q);
}

static void
test_stop(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *one, *two, *three;

	for (int i = 1; i <= 4; i++)
		add(q, i, i, 1);
	add(q, 5, 1, 1);
	one = start(q, 1);
	two = start(q, 1);
	three = start(q, 1);
	retry(q, three, 2, 100);
	queue_stop(q);
	EXPECT(start(q, 200) == NULL);
	EXPECT_STR(deferred(q), "4 stopped, 3 stopped");
	end(q, one, 200);
	EXPECT_STR(deferred(q), "5 stopped");
	retry(q, two, 200, 300);
	EXPECT_STR(deferred(q), "2 stopped");
	add(q, 6, 6, 1);
	EXPECT_STR(deferred(q), "6 stopped");
	EXPECT(queue_count(q) == 0);
	EXPECT(queue_next_ms(q) == -1);
	queue_free(q);
}

static void
test_room(void)
{
	struct queue *q = queue_new(&usual);
	size_t n = 0;

	while (queue_has_room(q) && n < 1000000)
		add(q, (int)n++, 1, 1);
	EXPECT(n > QUEUE_BYTES_MAX / 1024);
	EXPECT(n < QUEUE_BYTES_MAX / 256);
	end(q, start(q, 1), 1);
	end(q, start(q, 1), 1);
	EXPECT(queue_has_room(q));
	queue_free(q);
}

/* There is no hurry to read on while enough may go, whether it is much or little. */
/* What is kept of how attempts ended counts, too. */
static void
test_messages(void)
{
	struct queue *q = queue_new(&usual);
	struct delivery *d;
	char *message;

	add(q, 1, 1, 1);
	d = start(q, 1);
	EXPECT(queue_has_room(q));
	if ((message = malloc(QUEUE_BYTES_MAX + 1)) == NULL)
		exit(1);
	memset(message, 'x', QUEUE_BYTES_MAX);
	message[QUEUE_BYTES_MAX] = '\0';
	d->message = message;
	retry(q, d, 2, 3);
	EXPECT(!queue_has_room(q));
	EXPECT(start(q, 3) == d);
	free(d->message);
	d->message = NULL;
	retry(q, d, 4, 5);
	EXPECT(queue_has_room(q));
	end(q, start(q, 5), 6);
	EXPECT(queue_count(q) == 0 && queue_has_room(q));
	queue_free(q);
}

static void
test_ready(void)
{
	struct queue_options options = usual;
	struct queue *q;
	struct delivery *d;

	options.ready_max = 2;
	q = queue_new(&options);
	add(q, 1, 1, 1);
	add(q, 2, 1, 1);
	EXPECT(queue_has_room(q)); /* one lane */
	add(q, 3, 2, 1);
	EXPECT(!queue_has_room(q));
	d = start(q, 1);
	EXPECT(id_of(d) == 1 && queue_has_room(q));
	end(q, d, 1); /* and 2 may go */
	EXPECT(!queue_has_room(q));
	queue_stop(q);
	EXPECT(queue_has_room(q)); /* to be deferred */
	queue_free(q);
}

/* More deferred keys than are remembered: none is sent out of order. */
static void
test_many_deferred(void)
{
	struct queue *q = queue_new(&usual);
	const int n = QUEUE_DEFERRED_MAX + 1000;
	struct delivery *d;

	for (int i = 0; i < n; i++) {
		add(q, i, i, i);
		d = start(q, 1);
		if (d == NULL)
			break;
		queue_report(q, d, ENDPOINT_UNTRIED, 0, 1);
		queue_defer(q, d);
	}
	(void)deferred(q);
	for (int i = 0; i < n; i += 100) {
		add(q, n + i, i, i);
		EXPECT(start(q, 2) == NULL);
		EXPECT(strstr(deferred(q), "order") != NULL);
	}
	EXPECT(queue_count(q) == 0);
	queue_free(q);
}

/* ---- a run with everything, at random ---- */

#define DELIVERIES 20000
#define COLLECTIONS 50
#define JOBS 16

struct run {
	struct queue *q;
	struct delivery *busy[JOBS];
	int next[COLLECTIONS]; /* what has to come next of each, as an index of ids */
	int ids[COLLECTIONS][DELIVERIES];
	int added[COLLECTIONS];
	bool is_busy[COLLECTIONS], is_deferred[COLLECTIONS];
	int ended;
};

static void
ended(struct run *r, const struct delivery *d, bool is_deferred)
{
	int c = collection_of(d);

	EXPECT(r->ids[c][r->next[c]] == id_of(d));
	r->next[c]++;
	r->ended++;
	r->is_deferred[c] |= is_deferred;
}

static void
finish_one(struct run *r, size_t i, int64_t now)
{
	struct delivery *d = r->busy[i];
	size_t how = random_below(20);

	r->busy[i] = NULL;
	r->is_busy[collection_of(d)] = false;
	queue_report(r->q, d,
		how < 12   ? ENDPOINT_ALIVE
		: how < 19 ? ENDPOINT_DOWN
			   : ENDPOINT_UNTRIED,
		random_once_in(50) ? (int64_t)random_below(3000) : 0, now);
	if (how >= 12 && how < 18 && now + 500 < queue_deadline(r->q, d)) {
		queue_retry(r->q, d, now + (int64_t)random_below(500));
		return;
	}
	if (random_once_in(500)) {
		ended(r, d, true);
		queue_defer(r->q, d);
	} else {
		ended(r, d, false);
		queue_done(r->q, d);
	}
}

static void
start_some(struct run *r, int64_t now)
{
	for (size_t i = 0; i < JOBS; i++) {
		struct delivery *d;
		int c;

		if (r->busy[i] != NULL || (d = start(r->q, now)) == NULL)
			continue;
		c = collection_of(d);
		EXPECT(!r->is_busy[c]);
		EXPECT(!r->is_deferred[c]);
		EXPECT(r->ids[c][r->next[c]] == id_of(d));
		r->busy[i] = d;
		r->is_busy[c] = true;
	}
}

static void
take_deferred(struct run *r)
{
	enum queue_reason reason;
	struct delivery *d;

	while ((d = queue_take_deferred(r->q, &reason)) != NULL) {
		ended(r, d, true);
		queue_drop(r->q, d);
	}
}

static void
test_random(void)
{
	static struct run r;
	const struct queue_options options = {QUEUE_COLLECTION, 20000, SIZE_MAX, {5, 400}};
	int64_t now = 1;
	int id = 0;

	r.q = queue_new(&options);
	for (long steps = 0; r.ended < DELIVERIES && steps < 10000000; steps++) {
		int c = (int)random_below(COLLECTIONS);

		now += (int64_t)random_below(20);
		if (id < DELIVERIES && queue_count(r.q) < 1000) {
			r.ids[c][r.added[c]++] = id;
			add(r.q, id++, c, (int)random_below(5));
		}
		start_some(&r, now);
		take_deferred(&r);
		if (r.busy[steps % JOBS] != NULL && random_once_in(2))
			finish_one(&r, (size_t)(steps % JOBS), now);
	}
	EXPECT(r.ended == DELIVERIES);
	EXPECT(queue_count(r.q) == 0);
	queue_free(r.q);
}

int
main(void)
{
	RUN(test_order, "one of a key at a time, in order, while others go on");
	RUN(test_orders, "order of endpoints; no order");
	RUN(test_spelling, "a name is the same however it is spelled");
	RUN(test_forged, "names with one hash are two names");
	RUN(test_parts, "names do not run into each other");
	RUN(test_circuit, "a circuit opens, is probed, opens again and closes");
	RUN(test_untried_probe, "a probe that was not sent leaves its place to the next");
	RUN(test_others_probe, "what began before a circuit opened does not end its probe");
	RUN(test_late_probe, "and so does one whose budget has ended when its turn comes");
	RUN(test_circuit_budget,
		"what a circuit holds back for too long is deferred, its key with it");
	RUN(test_pause, "an endpoint that asks for a pause gets it");
	RUN(test_long_pause, "a pause beyond the budget defers");
	RUN(test_defer, "behind a deferred one all of its key is");
	RUN(test_defer_unordered, "without an order nothing else is deferred");
	RUN(test_stop, "stopping defers what waits, what is retried and what comes");
	RUN(test_room, "room is bounded in bytes");
	RUN(test_messages, "room: messages count");
	RUN(test_ready, "queue: no room while enough is ready");
	RUN(test_many_deferred, "more deferred keys than can be remembered");
	RUN(test_random, "20,000 deliveries at random: each ends once, in order");
	UNIT_DONE();
}
