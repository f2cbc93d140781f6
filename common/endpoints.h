/*
 * endpoints - what is remembered of where deliveries go: the circuits that failures have opened,
 * the pauses that were asked for, and who waits for the end of either.
 *
 * Pure: times come in, in milliseconds of a clock that never goes back.
 */
#ifndef WB_ENDPOINTS_H
#define WB_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "breaker.h"
#include "list.h"
#include "table.h"
#include "timers.h"

#define ENDPOINTS_UNUSED_MAX 4096 /* remembered for their failures, with nothing to send there */

struct endpoint; /* owned by its endpoints */

struct endpoints {
	struct breaker_policy policy;
	struct table table;
	struct timers timers;
	struct link unused;
	size_t nunused;
	size_t nopen; /* circuits that are not closed */
};

/* How an attempt ended for its endpoint. */
enum endpoint_report {
	ENDPOINT_ALIVE,  /* it answered */
	ENDPOINT_DOWN,   /* it did not, or with an error of its own */
	ENDPOINT_UNTRIED /* it was not asked */
};

/**
 * endpoints_init(es, policy), endpoints_release(es):
 * Nothing is allocated at first; must not move between the two.
 */
void endpoints_init(struct endpoints *es, const struct breaker_policy *policy);
void endpoints_release(struct endpoints *es);

/**
 * endpoints_use(es, key), endpoints_leave(es, e):
 * The endpoint with ${key}, for one more user, or NULL when memory runs out; a user less: when
 * there is none it is kept only as long as there is something to remember.
 */
struct endpoint *endpoints_use(struct endpoints *es, uint64_t key);
void endpoints_leave(struct endpoints *es, struct endpoint *e);

/**
 * endpoint_allows(e, now_ms, is_probe):
 * Whether a request may go there now. It may be the probe of an open circuit, which *${is_probe}
 * tells: then it must go, and endpoints_report must hear of it.
 */
bool endpoint_allows(struct endpoint *e, int64_t now_ms, bool *is_probe);

/**
 * endpoint_is_open(e, since_ms):
 * Whether its circuit is open, and if so in *${since_ms} since when nothing has come through.
 */
bool endpoint_is_open(const struct endpoint *e, int64_t *since_ms);

/**
 * endpoints_open(es):
 * How many circuits are open, those that are being probed included.
 */
size_t endpoints_open(const struct endpoints *es);

/**
 * endpoint_paused_until(e):
 * The end of the last pause that it asked for; 0 or a time that is past: there is none.
 */
int64_t endpoint_paused_until(const struct endpoint *e);

/**
 * endpoints_hold(es, e, waiter):
 * ${waiter}, which is in no list, waits for ${e}, which does not allow a request now, until
 * endpoints_free lets it go or list_remove takes it out.
 */
void endpoints_hold(struct endpoints *es, struct endpoint *e, struct link *waiter);

/**
 * endpoints_free(es, e, now_ms, out):
 * Append to ${out} those who need not wait any more: all, if ${e} takes requests; the first one, as
 * a probe, if its circuit may be tried. If a probe is not to go after all, call this again.
 */
void endpoints_free(struct endpoints *es, struct endpoint *e, int64_t now_ms, struct link *out);

/**
 * endpoints_report(es, e, report, is_probe, pause_ms, now_ms):
 * An attempt, the probe or not, ended so. With ${pause_ms} greater than 0, nothing goes there for
 * that time, because it asked for it. endpoints_free comes next.
 */
void endpoints_report(struct endpoints *es, struct endpoint *e, enum endpoint_report report,
	bool is_probe, int64_t pause_ms, int64_t now_ms);

/**
 * endpoints_due(es, now_ms), endpoints_next_ms(es):
 * An endpoint for which endpoints_free is to be called by now, or NULL; when there will be one by
 * itself, or -1.
 */
struct endpoint *endpoints_due(const struct endpoints *es, int64_t now_ms);
int64_t endpoints_next_ms(const struct endpoints *es);

#endif
