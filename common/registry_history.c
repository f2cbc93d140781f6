#include "registry_history.h"

#include <stdlib.h>

static int
compare_seen(const void *a, const void *b)
{
	const struct registry_seen *x = a, *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	return x->key == y->key ? 0 : x->key < y->key ? -1 : 1;
}

/* By which ${old}, which may be NULL, knows it. */
static uint64_t
key_for(const struct registry_history *old, const struct registry_action *a)
{
	return old != NULL && old->has_old_keys ? a->old_key : a->key;
}

/* How often ${old} has seen such an entry. All before the floor have been seen. */
static size_t
times_seen(const struct registry_history *old, const struct registry_action *a)
{
	const struct registry_seen wanted = {key_for(old, a), a->ms};
	size_t low = 0, high = old->seen.n, n = 0;

	if (a->ms < old->floor_ms)
		return (size_t)-1;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare_seen(&old->seen.v[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < old->seen.n && compare_seen(&old->seen.v[low + n], &wanted) == 0)
		n++;
	return n;
}

bool
registry_history_reads_on(const struct registry_history *old, bool wants_all, int64_t now_ms,
	const struct registry_action *v, size_t n, size_t from)
{
	bool has_news = false;

	/* An empty page says nothing. */
	if (wants_all || n == from)
		return true;
	/* A server that does not keep to the order that it was asked for is read to the end. */
	for (size_t i = 1; i < n; i++)
		if (v[i].ms > v[i - 1].ms)
			return true;
	if (old == NULL || !old->is_known)
		return v[n - 1].ms >= v[0].ms - REGISTRY_WINDOW_MS;
	if (v[n - 1].ms < old->floor_ms)
		return false;
	/* All that is known gets a new key. */
	if (old->has_old_keys || old->newest_ms > now_ms - 2 * REGISTRY_WINDOW_MS)
		return true;
	for (size_t i = from; i < n; i++)
		has_news |= times_seen(old, &v[i]) == 0;
	return has_news || v[n - 1].ms >= old->newest_ms;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct registry_action *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->page < y->page ? -1 : x->page > y->page;
}

bool
registry_history_is_shifted(struct registry_history *h)
{
	struct registry_action *v = h->actions.v;

	if (h->actions.n < 2 || v[0].page == v[h->actions.n - 1].page)
		return false;
	qsort(v, h->actions.n, sizeof(*v), compare_keys);
	for (size_t i = 1; i < h->actions.n; i++)
		if (v[i].key == v[i - 1].key && v[i].page != v[i - 1].page)
			return true;
	return false;
}

void
registry_history_unique(struct registry_history *h)
{
	struct registry_action *v = h->actions.v;
	size_t n = 0;

	if (h->actions.n < 2)
		return;
	qsort(v, h->actions.n, sizeof(*v), compare_keys);
	for (size_t i = 0; i < h->actions.n; i++)
		if (n == 0 || v[i].key != v[n - 1].key)
			v[n++] = v[i];
	h->actions.n = n;
}

static int
compare_actions(const void *a, const void *b)
{
	const struct registry_action *x = a, *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->key == y->key ? 0 : x->key < y->key ? -1 : 1;
}

void
registry_news(struct registry_history *h, const struct registry_history *old)
{
	struct registry_action *v = h->actions.v;

	if (h->actions.n > 1)
		qsort(v, h->actions.n, sizeof(*v), compare_actions);
	for (size_t i = 0; i < h->actions.n; i++) {
		size_t before = 0;

		/* Of entries that are alike, as many are old as were seen. */
		for (size_t j = i; j > 0 && v[j - 1].ms == v[i].ms; j--)
			before += key_for(old, &v[j - 1]) == key_for(old, &v[i]);
		v[i].is_new = old == NULL || !old->is_known || before >= times_seen(old, &v[i]);
	}
}

void
registry_history_let_go(struct registry_history *h, int64_t before_ms)
{
	for (size_t i = 0; i < h->actions.n; i++)
		if (h->actions.v[i].ms < before_ms)
			h->actions.v[i].is_new = false;
}

static void
keep_seen(struct registry *r, struct registry_history *h, uint64_t key, int64_t ms)
{
	struct registry_seen *seen;

	if (ms >= h->floor_ms && (seen = registry_grow(r, &h->seen)) != NULL)
		*seen = (struct registry_seen){key, ms};
}

/* All before the floor counts as told, so what has not been told holds it, for a while. */
static void
raise_floor(struct registry_history *h)
{
	int64_t floor_ms;

	for (size_t i = 0; i < h->actions.n; i++)
		if (h->actions.v[i].ms > h->newest_ms)
			h->newest_ms = h->actions.v[i].ms;
	if (h->newest_ms == REGISTRY_NO_TIME)
		return;
	floor_ms = h->newest_ms - REGISTRY_WINDOW_MS;
	for (size_t i = 0; i < h->actions.n; i++)
		if (h->actions.v[i].is_new && h->actions.v[i].ms < floor_ms &&
			h->actions.v[i].ms > h->newest_ms - REGISTRY_PATIENCE_MS)
			floor_ms = h->actions.v[i].ms;
	if (floor_ms > h->floor_ms)
		h->floor_ms = floor_ms;
}

void
registry_history_keep(struct registry *r, struct registry_history *h,
	const struct registry_history *old)
{
	const bool was_known = old != NULL && old->is_known;
	const bool is_renewed = was_known && old->has_old_keys && h->is_read;

	h->has_old_keys = was_known && old->has_old_keys && !h->is_read;
	h->is_known = was_known || h->is_read;
	h->newest_ms = was_known ? old->newest_ms : REGISTRY_NO_TIME;
	h->floor_ms = was_known ? old->floor_ms : REGISTRY_NO_TIME;
	h->seen.n = 0;
	if (h->is_read)
		raise_floor(h);
	for (size_t i = 0; was_known && !is_renewed && i < old->seen.n; i++)
		keep_seen(r, h, old->seen.v[i].key, old->seen.v[i].ms);
	for (size_t i = 0; h->is_read && i < h->actions.n; i++) {
		const struct registry_action *a = &h->actions.v[i];
		size_t alike = 0;

		if (a->is_new)
			continue;
		/* What the state knew already is there; what is told now comes to it. */
		for (size_t j = i; j > 0 && h->actions.v[j - 1].ms == a->ms; j--)
			alike += h->actions.v[j - 1].key == a->key && !h->actions.v[j - 1].is_new;
		if (!was_known || is_renewed || alike >= times_seen(old, a))
			keep_seen(r, h, a->key, a->ms);
	}
	if (h->seen.n > 1)
		qsort(h->seen.v, h->seen.n, sizeof(*h->seen.v), compare_seen);
}

void
registry_history_expect(struct registry_history *h, int64_t from_ms)
{
	if (h->is_known)
		return;
	h->is_known = true;
	h->floor_ms = from_ms;
}
