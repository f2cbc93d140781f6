#include "registry_order.h"

#include <stdlib.h>

/* ${after} happened later than ${before}; both are places in what is brought into order. */
struct edge {
	size_t before, after;
};

/* Changes of one time. */
struct tick {
	struct registry *memory;
	struct registry_change *v;
	size_t n;
	REGISTRY_LIST(struct edge) edges;
	size_t *ends; /* by the change that put an alias on: the unlink that ends it; n: none */
};

static bool
is_move(const struct registry_change *c)
{
	return c->type == CHANGE_LINK || c->type == CHANGE_UNLINK;
}

static void
add_edge(struct tick *t, size_t before, size_t after)
{
	struct edge *edge = registry_grow(t->memory, &t->edges);

	if (edge != NULL)
		*edge = (struct edge){before, after};
}

/* ---- what is known ---- */

/* One change, and what it belongs to: a version or an alias. */
struct item {
	const struct registry_collection *collection;
	const struct text *of;
	bool is_move;
	size_t at;
};

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order;

	if (x->collection != y->collection)
		return (uintptr_t)x->collection < (uintptr_t)y->collection ? -1 : 1;
	if ((order = text_compare(x->of, y->of)) != 0)
		return order;
	if (x->is_move != y->is_move)
		return x->is_move ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static bool
is_same(const struct item *a, const struct item *b)
{
	return a->collection == b->collection && text_equal(a->of, b->of);
}

/*
 * Put an alias between a version's ${n} links and unlinks: on the last visit that it may have been
 * put on in; if it was taken away by an unlink, on the last one that ends.
 */
static void
order_visit(struct tick *t, const struct item *moves, size_t n, size_t alias)
{
	const bool is_ended = t->v[alias].is_ended;
	size_t at = n + 1;

	for (size_t i = n + 1; i > 0 && at > n; i--) {
		const bool is_in = i > 1 ? t->v[moves[i - 2].at].type == CHANGE_LINK
					 : n == 0 || t->v[moves[0].at].type == CHANGE_UNLINK;

		if (is_in && (!is_ended || i <= n))
			at = i - 1;
	}
	/* It ends later. */
	if (at > n && n > 0 && t->v[moves[n - 1].at].type == CHANGE_LINK)
		at = n;
	if (at > n)
		return;
	if (at > 0)
		add_edge(t, moves[at - 1].at, alias);
	if (at < n) {
		add_edge(t, alias, moves[at].at);
		t->ends[alias] = is_ended ? moves[at].at : t->n;
	}
}

/* Links and unlinks of a version take turns; aliases are put on it in between. */
static void
order_version(struct tick *t, const struct item *v, size_t n)
{
	size_t moves = 0;

	for (; moves < n && v[moves].is_move; moves++)
		if (moves > 0)
			add_edge(t, v[moves - 1].at, v[moves].at);
	for (size_t i = moves; i < n && moves > 0; i++)
		if (t->v[v[i].at].type == CHANGE_ALIAS)
			order_visit(t, v, moves, v[i].at);
}

/* Each alias goes from one version to the next. */
static void
order_alias(struct tick *t, const struct item *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		add_edge(t, v[i - 1].at, v[i].at);
		if (t->ends[v[i - 1].at] < t->n)
			add_edge(t, t->ends[v[i - 1].at], v[i].at);
	}
}

/* Find edges among what belongs to the same version, or the same alias. */
static void
find_edges(struct tick *t, struct item *items, bool by_alias,
	void (*order)(struct tick *t, const struct item *v, size_t n))
{
	size_t n = 0, from = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct registry_change *c = &t->v[i];

		if (by_alias ? c->type == CHANGE_ALIAS : c->artifact.p != NULL)
			items[n++] = (struct item){c->collection,
				by_alias ? &c->mark : &c->artifact, is_move(c), i};
	}
	if (n > 1)
		qsort(items, n, sizeof(*items), compare_items);
	for (size_t to = 1; to <= n; to++) {
		if (to < n && is_same(&items[from], &items[to]))
			continue;
		order(t, items + from, to - from);
		from = to;
	}
}

/* ---- the order ---- */

/* What can come next, the one that is to come first on top. */
struct ready {
	const struct registry_change *changes;
	size_t *v, n;
};

/* An alias comes as soon as it can: it goes with what it was put on. */
static bool
is_sooner(const struct ready *r, size_t a, size_t b)
{
	const struct registry_change *x = &r->changes[a], *y = &r->changes[b];

	if (is_move(x) != is_move(y))
		return is_move(y);
	if (x->place != y->place)
		return x->place < y->place;
	return a < b;
}

static void
push(struct ready *r, size_t item)
{
	size_t at = r->n++;

	for (; at > 0 && is_sooner(r, item, r->v[(at - 1) / 2]); at = (at - 1) / 2)
		r->v[at] = r->v[(at - 1) / 2];
	r->v[at] = item;
}

static size_t
pop(struct ready *r)
{
	const size_t first = r->v[0], item = r->v[--r->n];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < r->n) {
		if (child + 1 < r->n && is_sooner(r, r->v[child + 1], r->v[child]))
			child++;
		if (!is_sooner(r, r->v[child], item))
			break;
		r->v[at] = r->v[child];
		at = child;
	}
	r->v[at] = item;
	return first;
}

static int
compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->before < y->before ? -1 : x->before > y->before;
}

/* Working memory of sort_tick: of each change, and one more. */
struct sorting {
	size_t *waits; /* for how many others; n: it has its place */
	size_t *first; /* of its edges */
	struct registry_change *sorted;
	struct ready ready;
};

static void
take(struct tick *t, struct sorting *s, size_t item, size_t to)
{
	s->sorted[to] = t->v[item];
	s->waits[item] = (size_t)-1;
	for (size_t i = s->first[item]; i < s->first[item + 1]; i++) {
		const size_t after = t->edges.v[i].after;

		if (s->waits[after] != (size_t)-1 && --s->waits[after] == 0)
			push(&s->ready, after);
	}
}

/* What is known may contradict itself, where histories do: then the first one left goes on. */
static void
sort_tick(struct tick *t, struct sorting *s)
{
	size_t left = 0, edge = 0;

	if (t->edges.n > 1)
		qsort(t->edges.v, t->edges.n, sizeof(*t->edges.v), compare_edges);
	for (size_t i = 0; i <= t->n; i++) {
		while (edge < t->edges.n && t->edges.v[edge].before < i)
			s->waits[t->edges.v[edge++].after]++;
		s->first[i] = edge;
	}
	s->ready.changes = t->v;
	for (size_t i = 0; i < t->n; i++)
		if (s->waits[i] == 0)
			push(&s->ready, i);
	for (size_t to = 0; to < t->n; to++) {
		if (s->ready.n > 0) {
			take(t, s, pop(&s->ready), to);
			continue;
		}
		while (s->waits[left] == (size_t)-1)
			left++;
		take(t, s, left, to);
	}
	for (size_t i = 0; i < t->n; i++)
		t->v[i] = s->sorted[i];
}

static void
order_tick(struct registry *memory, struct registry_change *v, size_t n)
{
	struct tick t = {.memory = memory, .v = v, .n = n};
	struct item *items = arena_alloc(&memory->arena, n * sizeof(*items));
	struct sorting s = {.waits = arena_alloc(&memory->arena, (n + 1) * sizeof(size_t)),
		.first = arena_alloc(&memory->arena, (n + 1) * sizeof(size_t)),
		.sorted = arena_alloc(&memory->arena, n * sizeof(*v)),
		.ready = {.v = arena_alloc(&memory->arena, n * sizeof(size_t))}};

	t.ends = arena_alloc(&memory->arena, n * sizeof(*t.ends));
	if (items == NULL || s.waits == NULL || s.first == NULL || s.sorted == NULL ||
		s.ready.v == NULL || t.ends == NULL) {
		memory->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		t.ends[i] = n;
	find_edges(&t, items, false, order_version);
	find_edges(&t, items, true, order_alias);
	if (!memory->failed)
		sort_tick(&t, &s);
}

static int
compare_times(const void *a, const void *b)
{
	const struct registry_change *x = a, *y = b;

	if (x->is_dated != y->is_dated)
		return x->is_dated ? -1 : 1;
	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

void
registry_order(struct registry_changes *changes)
{
	struct registry_change *v = changes->list.v;
	const size_t n = changes->list.n;
	int64_t last_ms = changes->now_ms;

	for (size_t i = 0; i < n; i++)
		if (v[i].is_dated && v[i].ms > last_ms)
			last_ms = v[i].ms;
	for (size_t i = 0; i < n; i++)
		if (!v[i].is_dated)
			v[i].ms = last_ms;
	if (n > 1)
		qsort(v, n, sizeof(*v), compare_times);
	for (size_t from = 0, to = 1; to <= n; to++) {
		if (to < n && v[from].is_dated == v[to].is_dated && v[from].ms == v[to].ms)
			continue;
		if (to - from > 1)
			order_tick(changes->memory, v + from, to - from);
		from = to;
	}
}
