/*
 * queue - deliveries that wait, and which of them may go next.
 *
 * Deliveries of one key make a lane: they leave in the order in which they came, one at a time.
 * Each lane waits for its own reasons, a retry's time or its endpoint's circuit, without holding
 * up others. What has waited for too long is deferred, and the rest of its lane with it, to the
 * end of the run: the next run can send all of it in order.
 *
 * No I/O, no clock: times come in, in milliseconds of a clock that never goes back.
 */
#ifndef WB_QUEUE_H
#define WB_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery.h"
#include "endpoints.h"
#include "record.h"

#define QUEUE_BYTES_MAX ((size_t)8 * 1024 * 1024) /* of what waits; one delivery may be longer */
#define QUEUE_DEFERRED_MAX 65536 /* lanes remembered as deferred; then all new ones are */

/* What makes a lane. */
enum queue_order {
	QUEUE_COLLECTION, /* automation and collection */
	QUEUE_ENDPOINT,   /* URL */
	QUEUE_NONE        /* delivery_id: no order */
};

/* Why a delivery is deferred. */
enum queue_reason {
	QUEUE_BUDGET,  /* its next attempt would come too late */
	QUEUE_CIRCUIT, /* its endpoint's circuit has been open for too long */
	QUEUE_BEHIND,  /* an earlier one of its lane was deferred */
	QUEUE_STOPPED  /* sending was stopped */
};

struct queue_options {
	enum queue_order order;
	/* a delivery's budget, from its first attempt, or from when it is held */
	uint64_t max_time_ms;
	/* with so many lanes that may go there is no room: what is read late is in the cache */
	size_t ready_max;
	struct breaker_policy breaker;
};

struct queue;

/**
 * queue_reason_name(reason):
 * "budget", "circuit", "order" or "stopped", static.
 */
const char *queue_reason_name(enum queue_reason reason);

/**
 * queue_new(options), queue_free(q):
 * NULL when memory runs out. Freeing frees what waits.
 */
struct queue *queue_new(const struct queue_options *options);
void queue_free(struct queue *q);

/**
 * queue_has_room(q):
 * Whether another delivery should be added: less than QUEUE_BYTES_MAX wait or are under way, and
 * fewer than ready_max lanes may go.
 */
bool queue_has_room(const struct queue *q);

/**
 * queue_count(q), queue_open_circuits(q):
 * How many deliveries wait or are under way; how many endpoints have an open circuit.
 */
size_t queue_count(const struct queue *q);
size_t queue_open_circuits(const struct queue *q);

/**
 * queue_add(q, rec, line, len):
 * Put a copy of the ${len} bytes at ${line}, read as ${rec}, at the end of its lane. Returns 0, or
 * -1 when memory runs out.
 */
int queue_add(struct queue *q, const struct record *rec, const char *line, size_t len);

/**
 * queue_tick(q, now_ms):
 * Do what is due by ${now_ms}: end waits, defer what has waited for too long.
 */
void queue_tick(struct queue *q, int64_t now_ms);

/**
 * queue_next(q, now_ms):
 * A delivery that is to be attempted now, or NULL. It is under way from now on, until it is
 * given to queue_retry, queue_done or queue_defer; before that, queue_report says how
 * its endpoint did.
 */
struct delivery *queue_next(struct queue *q, int64_t now_ms);

/**
 * queue_is_ready(q):
 * Whether queue_next has something to decide at once, without waiting for queue_next_ms.
 */
bool queue_is_ready(const struct queue *q);

/**
 * queue_report(q, d, report, pause_ms, now_ms):
 * How the attempt of ${d} ended for its endpoint. With ${pause_ms} greater than 0, nothing
 * goes there for that time, because it asked for it.
 */
void queue_report(struct queue *q, struct delivery *d, enum endpoint_report report,
	int64_t pause_ms, int64_t now_ms);

/**
 * queue_deadline(q, d):
 * When the budget of ${d}, which is or was under way, ends.
 */
int64_t queue_deadline(const struct queue *q, const struct delivery *d);

/**
 * queue_retry(q, d, at_ms):
 * ${d}, which may have another message now, is to come again at ${at_ms}; its lane waits.
 */
void queue_retry(struct queue *q, struct delivery *d, int64_t at_ms);

/**
 * queue_done(q, d), queue_defer(q, d):
 * ${d} has ended and is freed: its lane goes on, or is deferred.
 */
void queue_done(struct queue *q, struct delivery *d);
void queue_defer(struct queue *q, struct delivery *d);

/**
 * queue_take_deferred(q, reason):
 * A delivery that is deferred, with the ${reason}, or NULL: the caller's now, to be freed with
 * queue_drop. To be called after queue_next, until there is none.
 */
struct delivery *queue_take_deferred(struct queue *q, enum queue_reason *reason);
void queue_drop(struct queue *q, struct delivery *d);

/**
 * queue_stop(q):
 * Defer all that waits and all that is added from now on, and what is under way if it is retried.
 */
void queue_stop(struct queue *q);

/**
 * queue_next_ms(q):
 * When the next thing happens by itself, so that queue_tick should be called; -1: nothing
 * will.
 */
int64_t queue_next_ms(const struct queue *q);

#endif
