#include "registry_case.h"

#include <stdlib.h>

static int
compare_artifacts(const void *a, const void *b)
{
	const struct registry_member *x = *(const struct registry_member *const *)a,
				     *y = *(const struct registry_member *const *)b;
	const int order = text_compare(&x->artifact, &y->artifact);

	if (order != 0)
		return order;
	return x->linked_ms < y->linked_ms ? -1 : x->linked_ms > y->linked_ms;
}

static const struct registry_member **
by_artifact(struct registry *r, const struct registry_collection *c, size_t *n)
{
	const struct registry_member **v;

	*n = c != NULL ? c->members.n : 0;
	if ((v = arena_alloc(&r->arena, (*n + 1) * sizeof(*v))) == NULL) {
		r->failed = true;
		*n = 0;
		return NULL;
	}
	for (size_t i = 0; i < *n; i++)
		v[i] = &c->members.v[i];
	if (*n > 1)
		qsort(v, *n, sizeof(*v), compare_artifacts);
	return v;
}

/* The clock here may be behind the server's. */
static int64_t
told_at(const struct registry_changes *changes, const struct registry_collection *fresh)
{
	int64_t ms = changes->now_ms;

	for (size_t i = 0; i < fresh->members.n; i++)
		if (fresh->members.v[i].linked_ms > ms)
			ms = fresh->members.v[i].linked_ms;
	for (int kind = 0; kind < REGISTRY_HISTORIES; kind++)
		for (size_t i = 0; i < fresh->history[kind].actions.n; i++)
			if (fresh->history[kind].actions.v[i].ms > ms)
				ms = fresh->history[kind].actions.v[i].ms;
	return ms;
}

bool
registry_case_init(struct registry_case *k, struct registry_changes *changes,
	const struct registry_collection *old, struct registry_collection *fresh)
{
	struct registry *r = changes->memory;

	*k = (struct registry_case){.memory = r, .changes = changes, .old = old, .fresh = fresh};
	k->before = by_artifact(r, old, &k->nbefore);
	k->after = by_artifact(r, fresh, &k->nafter);
	k->told_ms = told_at(changes, fresh);
	k->is_settled = arena_alloc(&r->arena,
		((old != NULL ? old->owed.n : 0) + 1) * sizeof(*k->is_settled));
	r->failed |= k->is_settled == NULL;
	return !r->failed;
}

static const struct registry_member *
find_artifact(const struct registry_member **v, size_t n, const struct text *artifact)
{
	size_t low = 0, high = n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (text_compare(&v[middle]->artifact, artifact) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && text_equal(&v[low]->artifact, artifact) ? v[low] : NULL;
}

const struct registry_member *
registry_case_before(const struct registry_case *k, const struct text *artifact)
{
	return find_artifact(k->before, k->nbefore, artifact);
}

const struct registry_member *
registry_case_after(const struct registry_case *k, const struct text *artifact)
{
	return find_artifact(k->after, k->nafter, artifact);
}

int64_t
registry_case_past_index(const struct registry_case *k, const struct text *artifact, int64_t ms)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_ALIASES];
	int64_t index = REGISTRY_NO_INDEX;

	for (size_t i = h->actions.n; i > 0 && h->is_read; i--) {
		const struct registry_action *act = &h->actions.v[i - 1];

		if (act->ms > ms || !registry_is_version_alias(&act->alias) ||
			act->alias.len >= 16 || !text_equal(&act->target, artifact))
			continue;
		/* Two within one tick: nobody knows which. */
		if (index != REGISTRY_NO_INDEX)
			return act->ms == ms ? REGISTRY_NO_INDEX : index;
		index = strtoll(act->alias.p + 1, NULL, 10);
		if (act->ms != ms)
			break;
	}
	return index;
}

/* Whether the artifact came and went within one tick of the clock. */
static bool
is_blurred(const struct registry_case *k, const struct text *artifact, int64_t ms)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	size_t n = 0;

	for (size_t i = 0; i < h->actions.n; i++)
		n += h->actions.v[i].ms == ms && text_equal(&h->actions.v[i].target, artifact);
	return n > 1;
}

/* Whether the history says that the place that it had at ${from_ms} ended before ${ms}. */
static bool
has_ended(const struct registry_case *k, const struct text *artifact, int64_t from_ms, int64_t ms)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];

	for (size_t i = 0; i < h->actions.n; i++)
		if (h->actions.v[i].ms > from_ms && h->actions.v[i].ms < ms &&
			text_equal(&h->actions.v[i].target, artifact))
			return true;
	return false;
}

int64_t
registry_case_index(const struct registry_case *k, const struct text *artifact,
	const struct text *alias, int64_t ms)
{
	const struct registry_member *before = registry_case_before(k, artifact),
				     *after = registry_case_after(k, artifact);
	const bool is_same = before != NULL && after != NULL && text_equal(&before->id, &after->id);
	const struct registry_mark *mark =
		after != NULL ? registry_mark(&after->aliases, alias) : NULL;

	if (is_same || (mark != NULL && mark->is_on && after->linked_ms <= ms))
		return after->index;
	if (is_blurred(k, artifact, ms))
		return REGISTRY_NO_INDEX;
	if (after != NULL && after->linked_ms <= ms)
		return after->index;
	if (before != NULL && !has_ended(k, artifact, before->linked_ms, ms))
		return before->index;
	return registry_case_past_index(k, artifact, ms);
}
