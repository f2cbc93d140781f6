#include "queue.h"

#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "list.h"
#include "siphash.h"
#include "table.h"
#include "timers.h"
#include "utf8.h"

#define DELIVERY_OVERHEAD 160 /* bytes beside the line: the struct, its lane's share, malloc's */

enum lane_state {
	LANE_EMPTY,    /* kept only because it is deferred */
	LANE_READY,    /* in q->ready */
	LANE_BUSY,     /* its first delivery is under way */
	LANE_PAUSED,   /* until its timer */
	LANE_HELD,     /* in its endpoint's list, until its timer at most */
	LANE_DEFERRING /* in q->deferring */
};

struct lane {
	struct table_node node;
	struct link link;
	struct timer timer;
	enum lane_state state;
	bool deferred;
	enum queue_reason reason; /* of the next delivery that is deferred */
	struct delivery *first, **last;
};

struct endpoint {
	struct table_node node;
	struct link link; /* in q->unused, if nothing goes there */
	struct link held; /* lanes that wait for it */
	struct timer timer;
	struct breaker breaker;
	int64_t pause_until_ms;
	size_t users; /* deliveries */
};

struct queue {
	struct queue_options options;
	struct siphash_key key; /* of the keys of both tables: records come from strangers */
	struct table lanes, endpoints;
	struct timers lane_timers, endpoint_timers;
	struct link ready, deferring, unused;
	size_t nready, nunused;
	struct lane rest; /* of deliveries whose lane is not remembered any more */
	size_t ndeferred; /* lanes */
	size_t count, bytes;
	bool stopped;
};

const char *
queue_reason_name(enum queue_reason reason)
{
	static const char *const names[] = {"budget", "circuit", "order", "stopped"};

	return names[reason];
}

static void
init_lane(struct lane *lane, uint64_t key)
{
	*lane = (struct lane){.node.key = key, .state = LANE_EMPTY};
	lane->last = &lane->first;
	list_init(&lane->link);
}

struct queue *
queue_new(const struct queue_options *options)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->options = *options;
	siphash_make_key(&q->key);
	table_init(&q->lanes);
	table_init(&q->endpoints);
	timers_init(&q->lane_timers);
	timers_init(&q->endpoint_timers);
	list_init(&q->ready);
	list_init(&q->deferring);
	list_init(&q->unused);
	init_lane(&q->rest, 0);
	q->rest.deferred = true;
	q->rest.reason = QUEUE_BEHIND;
	return q;
}

static void
free_delivery(struct delivery *d)
{
	free(d->message);
	free(d);
}

static void
free_waiting(struct lane *lane)
{
	for (struct delivery *d = lane->first, *next; d != NULL; d = next) {
		next = d->next;
		free_delivery(d);
	}
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->lanes.nbuckets; i++) {
		for (struct table_node *n = q->lanes.buckets[i], *next; n != NULL; n = next) {
			next = n->next;
			free_waiting(CONTAINER(n, struct lane, node));
			free(CONTAINER(n, struct lane, node));
		}
	}
	for (size_t i = 0; i < q->endpoints.nbuckets; i++) {
		for (struct table_node *n = q->endpoints.buckets[i], *next; n != NULL; n = next) {
			next = n->next;
			free(CONTAINER(n, struct endpoint, node));
		}
	}
	free_waiting(&q->rest);
	table_release(&q->lanes);
	table_release(&q->endpoints);
	timers_release(&q->lane_timers);
	timers_release(&q->endpoint_timers);
	free(q);
}

bool
queue_has_room(const struct queue *q)
{
	return q->bytes < QUEUE_BYTES_MAX && q->nready < q->options.ready_max;
}

size_t
queue_count(const struct queue *q)
{
	return q->count;
}

/* ---- keys ---- */

/* However a string is spelled, it is the same key. Behind it goes a byte that no UTF-8 holds. */
static void
add_string(struct siphash *hash, const struct json_span *string)
{
	if (string->type != JSON_STRING) {
		siphash_add(hash, "\xfe", 1);
		return;
	}
	for (size_t at = 0; string->escaped && at < string->len;) {
		struct json_char c = json_char_at(string->p + at, string->p + string->len);
		unsigned char utf8[4];

		if (c.code >= 0xd800 && c.code < 0xe000)
			c.code = 0xfffd; /* as json_decode has it */
		siphash_add(hash, utf8, utf8_encode(utf8, c.code));
		at += c.len;
	}
	if (!string->escaped)
		siphash_add(hash, string->p, string->len);
	siphash_add(hash, "\xff", 1);
}

static uint64_t
string_key(const struct queue *q, const struct json_span *string)
{
	struct siphash hash;

	siphash_init(&hash, &q->key);
	add_string(&hash, string);
	return siphash_end(&hash);
}

static uint64_t
lane_key(const struct queue *q, const struct record *rec)
{
	const struct event *event = &rec->event;
	struct siphash hash;

	if (q->options.order == QUEUE_NONE)
		return string_key(q, &rec->delivery_id);
	if (q->options.order == QUEUE_ENDPOINT)
		return string_key(q, &rec->url);
	siphash_init(&hash, &q->key);
	add_string(&hash, &rec->automation);
	add_string(&hash, &event->member[EVENT_ENTITY]);
	add_string(&hash, &event->member[EVENT_PROJECT]);
	add_string(&hash, &event->member[EVENT_COLLECTION]);
	return siphash_end(&hash);
}

/* ---- lanes ---- */

static void
make_ready(struct queue *q, struct lane *lane)
{
	lane->state = LANE_READY;
	list_append(&q->ready, &lane->link);
	q->nready++;
}

/* The lane that has been ready for longest, or NULL. */
static struct lane *
take_ready(struct queue *q)
{
	struct link *link = list_take(&q->ready);

	if (link == NULL)
		return NULL;
	q->nready--;
	return CONTAINER(link, struct lane, link);
}

/* All deliveries of ${lane}, which is in no list, are deferred, and those that will come. */
static void
defer_lane(struct queue *q, struct lane *lane, enum queue_reason reason)
{
	timers_clear(&q->lane_timers, &lane->timer);
	if (!lane->deferred) {
		lane->deferred = true;
		lane->reason = reason;
		q->ndeferred++;
	}
	lane->state = LANE_EMPTY;
	if (lane->first != NULL) {
		lane->state = LANE_DEFERRING;
		list_append(&q->deferring, &lane->link);
	}
}

static void
forget_lane(struct queue *q, struct lane *lane)
{
	q->ndeferred -= lane->deferred;
	table_remove(&q->lanes, &lane->node);
	free(lane);
}

/* Go on with a lane that is in no list, or forget it. */
static void
lane_goes_on(struct queue *q, struct lane *lane)
{
	if (lane->deferred || q->stopped)
		defer_lane(q, lane, QUEUE_STOPPED);
	else if (lane->first != NULL)
		make_ready(q, lane);
	/* Without an order, there is none to be kept by remembering. */
	if (lane->first == NULL && lane != &q->rest &&
		(!lane->deferred || q->stopped || q->options.order == QUEUE_NONE))
		forget_lane(q, lane);
}

static struct lane *
get_lane(struct queue *q, uint64_t key)
{
	struct table_node *node = table_find(&q->lanes, key);
	struct lane *lane;

	if (node != NULL)
		return CONTAINER(node, struct lane, node);
	if (q->ndeferred >= QUEUE_DEFERRED_MAX)
		return &q->rest;
	if ((lane = malloc(sizeof(*lane))) == NULL)
		return NULL;
	init_lane(lane, key);
	if (timers_reserve(&q->lane_timers, q->lanes.n + 1) != 0 ||
		table_add(&q->lanes, &lane->node) != 0) {
		free(lane);
		return NULL;
	}
	return lane;
}

/* ---- endpoints ---- */

static void
forget_endpoint(struct queue *q, struct endpoint *e)
{
	timers_clear(&q->endpoint_timers, &e->timer);
	table_remove(&q->endpoints, &e->node);
	free(e);
}

static struct endpoint *
get_endpoint(struct queue *q, uint64_t key)
{
	struct table_node *node = table_find(&q->endpoints, key);
	struct endpoint *e;

	if (node != NULL) {
		e = CONTAINER(node, struct endpoint, node);
		if (e->users == 0) {
			list_remove(&e->link);
			q->nunused--;
		}
		return e;
	}
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->node.key = key;
	list_init(&e->link);
	list_init(&e->held);
	if (timers_reserve(&q->endpoint_timers, q->endpoints.n + 1) != 0 ||
		table_add(&q->endpoints, &e->node) != 0) {
		free(e);
		return NULL;
	}
	return e;
}

/* One delivery less for it. It is remembered while there is something to remember. */
static void
leave_endpoint(struct queue *q, struct endpoint *e)
{
	if (--e->users > 0)
		return;
	if (e->breaker.failures == 0 && e->pause_until_ms == 0) {
		forget_endpoint(q, e);
		return;
	}
	list_append(&q->unused, &e->link);
	if (++q->nunused > QUEUE_ENDPOINTS_MAX) {
		q->nunused--;
		forget_endpoint(q, CONTAINER(list_take(&q->unused), struct endpoint, link));
	}
}

static bool
is_paused(const struct endpoint *e, int64_t now_ms)
{
	return now_ms < e->pause_until_ms;
}

/*
 * Let go the lanes that ${e} holds: all, if it takes requests; the first one, as a probe, if its
 * circuit may be tried; else it waits until that time.
 */
static void
release_held(struct queue *q, struct endpoint *e, int64_t now_ms)
{
	int64_t at_ms = e->pause_until_ms;
	struct link *link;

	timers_clear(&q->endpoint_timers, &e->timer);
	if (e->breaker.state == BREAKER_OPEN && e->breaker.until_ms > at_ms)
		at_ms = e->breaker.until_ms;
	if (list_is_empty(&e->held) || e->breaker.state == BREAKER_PROBING)
		return;
	if (at_ms > now_ms) {
		timers_set(&q->endpoint_timers, &e->timer, at_ms);
		return;
	}
	while ((link = list_take(&e->held)) != NULL) {
		struct lane *lane = CONTAINER(link, struct lane, link);

		timers_clear(&q->lane_timers, &lane->timer);
		make_ready(q, lane);
		if (e->breaker.state == BREAKER_OPEN)
			break;
	}
}

/* The endpoint of the first delivery of ${lane} takes nothing now. */
static void
hold(struct queue *q, struct lane *lane, struct endpoint *e, int64_t now_ms)
{
	int64_t deadline = queue_deadline(q, lane->first);
	enum queue_reason reason = QUEUE_BUDGET;

	if (e->breaker.state != BREAKER_CLOSED) {
		const int64_t end = e->breaker.since_ms + (int64_t)q->options.max_time_ms;

		deadline = end < deadline ? end : deadline;
		reason = QUEUE_CIRCUIT;
	}
	if (deadline <= now_ms || (is_paused(e, now_ms) && deadline < e->pause_until_ms)) {
		defer_lane(q, lane, reason);
		return;
	}
	lane->state = LANE_HELD;
	list_append(&e->held, &lane->link);
	timers_set(&q->lane_timers, &lane->timer, deadline);
	if (e->timer.place == 0)
		release_held(q, e, now_ms);
}

/* ---- deliveries ---- */

/* One piece of memory: the struct, the record's pack, its line. */
static struct delivery *
new_delivery(const struct record *rec, const char *line, size_t len)
{
	const size_t pack_size = record_pack_size(rec);
	struct delivery *d = malloc(sizeof(*d) + pack_size + len);
	struct record_pack *pack;
	char *copy;

	if (d == NULL)
		return NULL;
	pack = (void *)(d + 1);
	copy = (char *)pack + pack_size;
	*d = (struct delivery){.pack = pack, .pack_size = pack_size, .line = copy, .len = len};
	memcpy(copy, line, len);
	record_pack(pack, rec, line, len, copy);
	return d;
}

/* What it takes of the room. */
static size_t
delivery_bytes(const struct delivery *d)
{
	return sizeof(*d) + d->pack_size + d->len + DELIVERY_OVERHEAD;
}

int
queue_add(struct queue *q, const struct record *rec, const char *line, size_t len)
{
	struct delivery *d = new_delivery(rec, line, len);
	struct lane *lane;

	if (d == NULL)
		return -1;
	if ((d->endpoint = get_endpoint(q, string_key(q, &rec->url))) == NULL) {
		free(d);
		return -1;
	}
	d->endpoint->users++;
	if ((lane = get_lane(q, lane_key(q, rec))) == NULL) {
		leave_endpoint(q, d->endpoint);
		free(d);
		return -1;
	}
	d->lane = lane;
	*lane->last = d;
	lane->last = &d->next;
	q->count++;
	q->bytes += delivery_bytes(d);
	if (lane->state == LANE_EMPTY)
		lane_goes_on(q, lane);
	return 0;
}

void
queue_tick(struct queue *q, int64_t now_ms)
{
	struct timer *timer;

	while ((timer = timers_first(&q->endpoint_timers)) != NULL && timer->at_ms <= now_ms)
		release_held(q, CONTAINER(timer, struct endpoint, timer), now_ms);
	while ((timer = timers_first(&q->lane_timers)) != NULL && timer->at_ms <= now_ms) {
		struct lane *lane = CONTAINER(timer, struct lane, timer);

		timers_clear(&q->lane_timers, timer);
		if (lane->state == LANE_HELD) {
			list_remove(&lane->link);
			defer_lane(q, lane,
				lane->first->endpoint->breaker.state != BREAKER_CLOSED
					? QUEUE_CIRCUIT
					: QUEUE_BUDGET);
		} else {
			make_ready(q, lane);
		}
	}
}

struct delivery *
queue_next(struct queue *q, int64_t now_ms)
{
	struct lane *lane;

	queue_tick(q, now_ms);
	while ((lane = take_ready(q)) != NULL) {
		struct delivery *d = lane->first;

		if (d->attempts == 0 && d->began_ms == 0) {
			d->since_ms = now_ms;
		} else if (now_ms > queue_deadline(q, d)) {
			/* It was due earlier, and there was no place for it; nor is it a probe. */
			defer_lane(q, lane, QUEUE_BUDGET);
			release_held(q, d->endpoint, now_ms);
			continue;
		}
		if (is_paused(d->endpoint, now_ms) ||
			!breaker_allows(&d->endpoint->breaker, now_ms)) {
			hold(q, lane, d->endpoint, now_ms);
			continue;
		}
		lane->state = LANE_BUSY;
		return d;
	}
	return NULL;
}

bool
queue_is_ready(const struct queue *q)
{
	return !list_is_empty(&q->ready);
}

void
queue_report(struct queue *q, struct delivery *d, enum queue_report report, int64_t pause_ms,
	int64_t now_ms)
{
	struct endpoint *e = d->endpoint;

	if (report == QUEUE_ALIVE)
		breaker_succeeded(&e->breaker);
	else if (report == QUEUE_DOWN)
		breaker_failed(&e->breaker, &q->options.breaker, now_ms);
	else
		breaker_untried(&e->breaker, now_ms);
	if (pause_ms > 0 && now_ms + pause_ms > e->pause_until_ms)
		e->pause_until_ms = now_ms + pause_ms;
	else if (e->pause_until_ms <= now_ms)
		e->pause_until_ms = 0;
	release_held(q, e, now_ms);
}

int64_t
queue_deadline(const struct queue *q, const struct delivery *d)
{
	return d->since_ms + (int64_t)q->options.max_time_ms;
}

void
queue_retry(struct queue *q, struct delivery *d, int64_t at_ms)
{
	struct lane *lane = d->lane;

	if (q->stopped) {
		defer_lane(q, lane, QUEUE_STOPPED);
		return;
	}
	lane->state = LANE_PAUSED;
	timers_set(&q->lane_timers, &lane->timer, at_ms);
}

/* Take the first delivery out of its lane, and of the count. */
static void
take_first(struct queue *q, struct lane *lane)
{
	struct delivery *d = lane->first;

	lane->first = d->next;
	if (lane->first == NULL)
		lane->last = &lane->first;
	q->count--;
	q->bytes -= delivery_bytes(d);
}

void
queue_drop(struct queue *q, struct delivery *d)
{
	leave_endpoint(q, d->endpoint);
	free_delivery(d);
}

void
queue_done(struct queue *q, struct delivery *d)
{
	struct lane *lane = d->lane;

	take_first(q, lane);
	queue_drop(q, d);
	lane_goes_on(q, lane);
}

void
queue_defer(struct queue *q, struct delivery *d)
{
	struct lane *lane = d->lane;

	take_first(q, lane);
	queue_drop(q, d);
	if (q->options.order != QUEUE_NONE)
		defer_lane(q, lane, QUEUE_BEHIND);
	if (lane->state != LANE_DEFERRING)
		lane_goes_on(q, lane);
}

struct delivery *
queue_take_deferred(struct queue *q, enum queue_reason *reason)
{
	struct link *link = q->deferring.next;
	struct lane *lane;
	struct delivery *d;

	if (link == &q->deferring)
		return NULL;
	lane = CONTAINER(link, struct lane, link);
	d = lane->first;
	*reason = q->stopped ? QUEUE_STOPPED : lane->reason;
	lane->reason = QUEUE_BEHIND;
	take_first(q, lane);
	if (lane->first == NULL || q->options.order == QUEUE_NONE) {
		list_remove(&lane->link);
		lane->state = LANE_EMPTY;
		if (q->options.order == QUEUE_NONE && lane != &q->rest) {
			q->ndeferred -= lane->deferred;
			lane->deferred = false;
		}
		lane_goes_on(q, lane);
	}
	return d;
}

void
queue_stop(struct queue *q)
{
	struct lane *first;

	q->stopped = true;
	/* Most wait here, in the order in which they came. */
	while ((first = take_ready(q)) != NULL)
		defer_lane(q, first, QUEUE_STOPPED);
	for (size_t i = 0; i < q->lanes.nbuckets; i++) {
		for (struct table_node *n = q->lanes.buckets[i]; n != NULL; n = n->next) {
			struct lane *lane = CONTAINER(n, struct lane, node);

			if (lane->state != LANE_PAUSED && lane->state != LANE_HELD)
				continue;
			list_remove(&lane->link);
			defer_lane(q, lane, QUEUE_STOPPED);
		}
	}
}

int64_t
queue_next_ms(const struct queue *q)
{
	const struct timer *a = timers_first(&q->lane_timers);
	const struct timer *b = timers_first(&q->endpoint_timers);

	if (a == NULL || (b != NULL && b->at_ms < a->at_ms))
		a = b;
	return a != NULL ? a->at_ms : -1;
}
