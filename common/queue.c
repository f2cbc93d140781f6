#include "queue.h"

#include <stdlib.h>

#include "list.h"
#include "record_key.h"
#include "siphash.h"
#include "table.h"
#include "timers.h"

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

struct queue {
	struct queue_options options;
	struct siphash_key key; /* of the keys of both tables: records come from strangers */
	struct table lanes;
	struct timers timers; /* of lanes */
	struct endpoints endpoints;
	struct link ready, deferring;
	size_t nready;
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
	timers_init(&q->timers);
	endpoints_init(&q->endpoints, &options->breaker);
	list_init(&q->ready);
	list_init(&q->deferring);
	init_lane(&q->rest, 0);
	q->rest.deferred = true;
	q->rest.reason = QUEUE_BEHIND;
	return q;
}

static void
free_waiting(struct lane *lane)
{
	for (struct delivery *d = lane->first, *next; d != NULL; d = next) {
		next = d->next;
		delivery_free(d);
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
	free_waiting(&q->rest);
	table_release(&q->lanes);
	timers_release(&q->timers);
	endpoints_release(&q->endpoints);
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

size_t
queue_open_circuits(const struct queue *q)
{
	return endpoints_open(&q->endpoints);
}

static uint64_t
lane_key(const struct queue *q, const struct record *rec)
{
	switch (q->options.order) {
	case QUEUE_NONE:
		return record_key_delivery(&q->key, rec);
	case QUEUE_ENDPOINT:
		return record_key_url(&q->key, rec);
	default:
		return record_key_collection(&q->key, rec);
	}
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
	timers_clear(&q->timers, &lane->timer);
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
	if (timers_reserve(&q->timers, q->lanes.n + 1) != 0 ||
		table_add(&q->lanes, &lane->node) != 0) {
		free(lane);
		return NULL;
	}
	return lane;
}

/* ---- endpoints ---- */

/* Lanes that have waited for ${e} as long as they have to. */
static void
release_held(struct queue *q, struct endpoint *e, int64_t now_ms)
{
	struct link released, *link;

	list_init(&released);
	endpoints_free(&q->endpoints, e, now_ms, &released);
	while ((link = list_take(&released)) != NULL) {
		struct lane *lane = CONTAINER(link, struct lane, link);

		timers_clear(&q->timers, &lane->timer);
		make_ready(q, lane);
	}
}

/* The endpoint of the first delivery of ${lane} takes nothing now. */
static void
hold(struct queue *q, struct lane *lane, struct endpoint *e, int64_t now_ms)
{
	const int64_t pause_ms = endpoint_paused_until(e);
	int64_t deadline = queue_deadline(q, lane->first), since_ms;
	enum queue_reason reason = QUEUE_BUDGET;

	if (endpoint_is_open(e, &since_ms)) {
		const int64_t end = since_ms + (int64_t)q->options.max_time_ms;

		deadline = end < deadline ? end : deadline;
		reason = QUEUE_CIRCUIT;
	}
	if (deadline <= now_ms || (pause_ms > now_ms && deadline < pause_ms)) {
		defer_lane(q, lane, reason);
		return;
	}
	lane->state = LANE_HELD;
	endpoints_hold(&q->endpoints, e, &lane->link);
	timers_set(&q->timers, &lane->timer, deadline);
}

/* ---- deliveries ---- */

/* Have ${d} count for what it takes now. */
static void
count_bytes(struct queue *q, struct delivery *d)
{
	q->bytes -= d->bytes;
	d->bytes = delivery_bytes(d);
	q->bytes += d->bytes;
}

int
queue_add(struct queue *q, const struct record *rec, const char *line, size_t len)
{
	struct delivery *d = delivery_new(rec, line, len);
	struct lane *lane;

	if (d == NULL)
		return -1;
	if ((d->endpoint = endpoints_use(&q->endpoints, record_key_url(&q->key, rec))) == NULL) {
		free(d);
		return -1;
	}
	if ((lane = get_lane(q, lane_key(q, rec))) == NULL) {
		endpoints_leave(&q->endpoints, d->endpoint);
		free(d);
		return -1;
	}
	d->lane = lane;
	*lane->last = d;
	lane->last = &d->next;
	q->count++;
	count_bytes(q, d);
	if (lane->state == LANE_EMPTY)
		lane_goes_on(q, lane);
	return 0;
}

void
queue_tick(struct queue *q, int64_t now_ms)
{
	struct endpoint *e;
	struct timer *timer;
	int64_t since_ms;

	while ((e = endpoints_due(&q->endpoints, now_ms)) != NULL)
		release_held(q, e, now_ms);
	while ((timer = timers_first(&q->timers)) != NULL && timer->at_ms <= now_ms) {
		struct lane *lane = CONTAINER(timer, struct lane, timer);

		timers_clear(&q->timers, timer);
		if (lane->state == LANE_HELD) {
			list_remove(&lane->link);
			defer_lane(q, lane,
				endpoint_is_open(lane->first->endpoint, &since_ms) ? QUEUE_CIRCUIT
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
		if (!endpoint_allows(d->endpoint, now_ms, &d->is_probe)) {
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
queue_report(struct queue *q, struct delivery *d, enum endpoint_report report, int64_t pause_ms,
	int64_t now_ms)
{
	endpoints_report(&q->endpoints, d->endpoint, report, d->is_probe, pause_ms, now_ms);
	release_held(q, d->endpoint, now_ms);
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

	count_bytes(q, d);
	if (q->stopped) {
		defer_lane(q, lane, QUEUE_STOPPED);
		return;
	}
	lane->state = LANE_PAUSED;
	timers_set(&q->timers, &lane->timer, at_ms);
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
	q->bytes -= d->bytes;
}

void
queue_drop(struct queue *q, struct delivery *d)
{
	endpoints_leave(&q->endpoints, d->endpoint);
	delivery_free(d);
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
	const struct timer *first = timers_first(&q->timers);
	const int64_t next_ms = endpoints_next_ms(&q->endpoints);

	return first != NULL && (next_ms < 0 || first->at_ms < next_ms) ? first->at_ms : next_ms;
}
