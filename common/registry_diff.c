#include "registry_diff.h"

#include <stdlib.h>

#include "registry_case.h"
#include "registry_history.h"

/* ---- the case ---- */

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

bool
registry_case_init(struct registry_case *k, struct registry_changes *changes,
	const struct registry_collection *old, struct registry_collection *fresh)
{
	struct registry *r = changes->memory;

	*k = (struct registry_case){.memory = r, .changes = changes, .old = old, .fresh = fresh};
	k->before = by_artifact(r, old, &k->nbefore);
	k->after = by_artifact(r, fresh, &k->nafter);
	k->links_from = changes->list.n;
	k->settled =
		arena_alloc(&r->arena, ((old != NULL ? old->owed.n : 0) + 1) * sizeof(*k->settled));
	r->failed |= k->settled == NULL;
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

void
registry_case_owe(struct registry_case *k, int type, const struct text *artifact,
	const struct text *alias, int64_t linked_ms)
{
	struct registry_owed *owed = registry_grow(k->memory, &k->fresh->owed);

	if (owed != NULL)
		*owed = (struct registry_owed){type, *artifact, *alias, linked_ms};
}

/* ---- tags, and how often marks were put on ---- */

static void
tell_mark(struct registry_case *k, int type, const struct registry_member *m,
	const struct registry_mark *mark, unsigned count)
{
	struct registry_identity identity = {.collection = k->fresh,
		.type = type,
		.mark = mark->name,
		.count = count};
	struct registry_change change = {.type = type,
		.collection = k->fresh,
		.index = REGISTRY_NO_INDEX,
		.mark = mark->name,
		.rank = 1};
	int64_t since_ms = k->fresh->created_ms;

	if (m != NULL) {
		identity.artifact = change.artifact = m->artifact;
		identity.linked_ms = since_ms = m->linked_ms;
		identity.ord = m->ord;
		change.index = m->index;
	}
	registry_change_id(&identity, change.id);
	registry_tell(k->changes, &change, since_ms);
}

struct mark_types {
	int on, off; /* the events, or -1 */
};

/*
 * Tags are the artifact's. Those that it is known to have from another place are no news in a new
 * one. All have been put on once, since how often elsewhere is nobody's business here.
 */
static registry_marks
known_tags(struct registry_case *k, const struct registry_member *m)
{
	const struct registry_member *twin =
		k->changes->known != NULL ? registry_artifacts_find(k->changes->known, &m->artifact)
					  : NULL;
	registry_marks tags = {NULL, 0, 0};

	for (size_t i = 0; twin != NULL && i < twin->tags.n; i++) {
		struct registry_mark *mark;

		/* What it had elsewhere and lost before it came here never was here. */
		if (!twin->tags.v[i].is_on ||
			registry_mark(&m->tags, &twin->tags.v[i].name) == NULL)
			continue;
		if ((mark = registry_grow(k->memory, &tags)) == NULL)
			break;
		*mark = (struct registry_mark){twin->tags.v[i].name, 1, true};
	}
	return tags;
}

/* Make ${now}, as read, what the state is to know after ${before}, and tell the difference. */
static void
merge_marks(struct registry_case *k, const struct registry_member *m, registry_marks *now,
	const registry_marks *before, struct mark_types types)
{
	registry_marks merged = {NULL, 0, 0};
	size_t i = 0, j = 0;

	while (i < before->n || j < now->n) {
		const int order = i == before->n ? 1
				  : j == now->n  ? -1
						: text_compare(&before->v[i].name, &now->v[j].name);
		const struct registry_mark none = {.name = now->n > j ? now->v[j].name : TEXT("")},
					   *was = order <= 0 ? &before->v[i] : &none;
		struct registry_mark *mark;

		/* Each version has been the latest once. */
		if (order < 0 && m != NULL && now == &m->aliases && !k->changes->with_latest &&
			text_equal(&was->name, &TEXT("latest"))) {
			i++;
			continue;
		}
		if ((mark = registry_grow(k->memory, &merged)) == NULL)
			return;
		*mark = (struct registry_mark){was->name, was->count, order >= 0};
		if (mark->is_on && !was->is_on) {
			mark->count++;
			if (types.on >= 0)
				tell_mark(k, types.on, m, mark, mark->count);
		} else if (!mark->is_on && was->is_on && types.off >= 0) {
			tell_mark(k, types.off, m, mark, mark->count);
		}
		i += order <= 0;
		j += order >= 0;
	}
	*now = merged;
}

static void
diff_members(struct registry_case *k)
{
	static const registry_marks none = {NULL, 0, 0};
	const struct mark_types aliases = {-1, -1}, tags = {CHANGE_TAG, CHANGE_UNTAG};

	for (size_t i = 0; i < k->fresh->members.n; i++) {
		struct registry_member *m = &k->fresh->members.v[i];
		const struct registry_member *was =
			k->old != NULL ? registry_member(k->old, &m->id) : NULL;
		registry_marks known;

		if (was != NULL && was->linked_ms != m->linked_ms)
			was = NULL;
		merge_marks(k, m, &m->aliases, was != NULL ? &was->aliases : &none, aliases);
		known = was != NULL ? was->tags : known_tags(k, m);
		if (k->fresh->has_version_tags)
			merge_marks(k, m, &m->tags, &known, tags);
		else
			m->tags = known;
	}
	if (k->fresh->has_tags)
		merge_marks(k, NULL, &k->fresh->tags, k->old != NULL ? &k->old->tags : &none,
			(struct mark_types){CHANGE_COLLECTION_TAG, CHANGE_COLLECTION_UNTAG});
	else if (k->old != NULL)
		k->fresh->tags = k->old->tags;
}

/* ---- histories ---- */

/*
 * A history that can be read for the first time of a collection that is known already: what is old
 * in it nobody knows. Only what belongs to changes that show anyway is taken from it.
 */
static void
narrow_links(struct registry_case *k, struct registry_history *h)
{
	for (size_t i = 0; i < h->actions.n; i++) {
		struct registry_action *act = &h->actions.v[i];
		const struct registry_member *before = registry_case_before(k, &act->target),
					     *after = registry_case_after(k, &act->target);
		const bool is_changed = (before == NULL) != (after == NULL) ||
					(before != NULL && !text_equal(&before->id, &after->id));

		act->is_new = act->target.p != NULL && is_changed &&
			      (before != NULL ? act->ms > before->linked_ms
					      : act->ms >= after->linked_ms);
	}
}

static void
narrow_aliases(struct registry_case *k, struct registry_history *h)
{
	for (size_t i = 0; i < h->actions.n; i++) {
		struct registry_action *act = &h->actions.v[i];
		const struct registry_member *now = registry_case_after(k, &act->target), *was;
		const struct registry_mark *mark;
		bool is_last = true;

		for (size_t j = i + 1; j < h->actions.n; j++)
			is_last &= !text_equal(&h->actions.v[j].alias, &act->alias);
		was = now != NULL ? registry_member(k->old, &now->id) : NULL;
		mark = was != NULL ? registry_mark(&was->aliases, &act->alias) : NULL;
		act->is_new = is_last && act->target.p != NULL && now != NULL &&
			      (mark == NULL || !mark->is_on);
	}
}

static void
add_up(struct registry_history *h)
{
	for (size_t i = 0; i < h->actions.n; i++)
		h->news += h->actions.v[i].is_new ? h->actions.v[i].key : 0;
}

static void
find_news(struct registry_case *k)
{
	struct registry_history *links = &k->fresh->history[REGISTRY_LINKS],
				*aliases = &k->fresh->history[REGISTRY_ALIASES];
	const struct registry_collection *old = k->old;

	registry_news(links, old != NULL ? &old->history[REGISTRY_LINKS] : NULL);
	registry_news(aliases, old != NULL ? &old->history[REGISTRY_ALIASES] : NULL);
	if (old != NULL && !old->history[REGISTRY_LINKS].is_known)
		narrow_links(k, links);
	if (old != NULL && !old->history[REGISTRY_ALIASES].is_known)
		narrow_aliases(k, aliases);
	if (k->changes->first != REGISTRY_BASELINE) {
		add_up(links);
		add_up(aliases);
	}
}

/* What a history that could not be read owes, it owes still; one that was read will not show it. */
static void
keep_owed(struct registry_case *k)
{
	for (size_t i = 0; k->old != NULL && i < k->old->owed.n; i++) {
		const struct registry_owed *owed = &k->old->owed.v[i];
		const int kind = owed->type == CHANGE_ALIAS ? REGISTRY_ALIASES : REGISTRY_LINKS;

		if (!k->fresh->history[kind].is_read)
			registry_case_owe(k, owed->type, &owed->artifact, &owed->alias,
				owed->linked_ms);
	}
}

bool
registry_diff(struct registry_changes *changes, const struct registry_collection *old,
	struct registry_collection *fresh)
{
	struct registry_case k;

	if (!registry_case_init(&k, changes, old, fresh))
		return true;
	find_news(&k);
	keep_owed(&k);
	registry_links(&k);
	registry_aliases(&k);
	diff_members(&k);
	for (int i = 0; i < REGISTRY_HISTORIES; i++) {
		registry_history_keep(k.memory, &fresh->history[i],
			old != NULL ? &old->history[i] : NULL);
		if (old == NULL && changes->first != REGISTRY_BASELINE)
			registry_history_expect(&fresh->history[i], changes->first == REGISTRY_SINCE
									    ? changes->since_ms
									    : REGISTRY_NO_TIME);
	}
	return !k.is_unexplained;
}
