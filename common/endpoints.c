#include "endpoints.h"

#include <stdlib.h>

struct endpoint {
	struct table_node node;
	struct link link; /* in unused, if it has no users */
	struct link held; /* who waits for it */
	struct timer timer;
	struct breaker breaker;
	int64_t pause_until_ms;
	size_t users;
};

void
endpoints_init(struct endpoints *es, const struct breaker_policy *policy)
{
	es->policy = *policy;
	table_init(&es->table);
	timers_init(&es->timers);
	list_init(&es->unused);
	es->nunused = es->nopen = 0;
}

void
endpoints_release(struct endpoints *es)
{
	for (size_t i = 0; i < es->table.nbuckets; i++) {
		for (struct table_node *n = es->table.buckets[i], *next; n != NULL; n = next) {
			next = n->next;
			free(CONTAINER(n, struct endpoint, node));
		}
	}
	table_release(&es->table);
	timers_release(&es->timers);
}

static bool
is_open(const struct endpoint *e)
{
	return e->breaker.state != BREAKER_CLOSED;
}

static void
forget(struct endpoints *es, struct endpoint *e)
{
	es->nopen -= is_open(e);
	timers_clear(&es->timers, &e->timer);
	table_remove(&es->table, &e->node);
	free(e);
}

static struct endpoint *
make(struct endpoints *es, uint64_t key)
{
	struct endpoint *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->node.key = key;
	list_init(&e->link);
	list_init(&e->held);
	if (timers_reserve(&es->timers, es->table.n + 1) == 0 &&
		table_add(&es->table, &e->node) == 0)
		return e;
	free(e);
	return NULL;
}

struct endpoint *
endpoints_use(struct endpoints *es, uint64_t key)
{
	struct table_node *node = table_find(&es->table, key);
	struct endpoint *e = node != NULL ? CONTAINER(node, struct endpoint, node) : make(es, key);

	if (e == NULL)
		return NULL;
	if (node != NULL && e->users == 0) {
		list_remove(&e->link);
		es->nunused--;
	}
	e->users++;
	return e;
}

void
endpoints_leave(struct endpoints *es, struct endpoint *e)
{
	if (--e->users > 0)
		return;
	if (e->breaker.failures == 0 && e->pause_until_ms == 0) {
		forget(es, e);
		return;
	}
	list_append(&es->unused, &e->link);
	if (++es->nunused > ENDPOINTS_UNUSED_MAX) {
		es->nunused--;
		forget(es, CONTAINER(list_take(&es->unused), struct endpoint, link));
	}
}

bool
endpoint_allows(struct endpoint *e, int64_t now_ms, bool *is_probe)
{
	const bool allows = now_ms >= e->pause_until_ms && breaker_allows(&e->breaker, now_ms);

	*is_probe = allows && e->breaker.state == BREAKER_PROBING;
	return allows;
}

bool
endpoint_is_open(const struct endpoint *e, int64_t *since_ms)
{
	*since_ms = e->breaker.since_ms;
	return is_open(e);
}

size_t
endpoints_open(const struct endpoints *es)
{
	return es->nopen;
}

int64_t
endpoint_paused_until(const struct endpoint *e)
{
	return e->pause_until_ms;
}

/* When those that wait may go by themselves: both a pause and a circuit's wait have to be over. */
static int64_t
opens_ms(const struct endpoint *e)
{
	return e->breaker.state == BREAKER_OPEN && e->breaker.until_ms > e->pause_until_ms
		       ? e->breaker.until_ms
		       : e->pause_until_ms;
}

void
endpoints_hold(struct endpoints *es, struct endpoint *e, struct link *waiter)
{
	list_append(&e->held, waiter);
	/* What a probe finds is told by endpoints_report. */
	if (e->breaker.state != BREAKER_PROBING)
		timers_set(&es->timers, &e->timer, opens_ms(e));
}

void
endpoints_free(struct endpoints *es, struct endpoint *e, int64_t now_ms, struct link *out)
{
	struct link *waiter;

	timers_clear(&es->timers, &e->timer);
	if (list_is_empty(&e->held) || e->breaker.state == BREAKER_PROBING)
		return;
	if (opens_ms(e) > now_ms) {
		timers_set(&es->timers, &e->timer, opens_ms(e));
		return;
	}
	while ((waiter = list_take(&e->held)) != NULL) {
		list_append(out, waiter);
		if (e->breaker.state == BREAKER_OPEN)
			break;
	}
}

void
endpoints_report(struct endpoints *es, struct endpoint *e, enum endpoint_report report,
	bool is_probe, int64_t pause_ms, int64_t now_ms)
{
	es->nopen -= is_open(e);
	if (report == ENDPOINT_ALIVE)
		breaker_succeeded(&e->breaker);
	else if (report == ENDPOINT_DOWN)
		breaker_failed(&e->breaker, &es->policy, is_probe, now_ms);
	else
		breaker_untried(&e->breaker, is_probe, now_ms);
	es->nopen += is_open(e);
	if (pause_ms > 0 && now_ms + pause_ms > e->pause_until_ms)
		e->pause_until_ms = now_ms + pause_ms;
	else if (e->pause_until_ms <= now_ms)
		e->pause_until_ms = 0;
}

struct endpoint *
endpoints_due(const struct endpoints *es, int64_t now_ms)
{
	struct timer *first = timers_first(&es->timers);

	return first != NULL && first->at_ms <= now_ms ? CONTAINER(first, struct endpoint, timer)
						       : NULL;
}

int64_t
endpoints_next_ms(const struct endpoints *es)
{
	const struct timer *first = timers_first(&es->timers);

	return first != NULL ? first->at_ms : -1;
}
