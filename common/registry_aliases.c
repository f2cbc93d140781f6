/*
 * Aliases put on versions: see registry_diff.h.
 */
#include <stdlib.h>

#include "registry_owed.h"

/* An alias on a version, before or now; or an entry of the history about it. */
struct place {
	const struct text *alias;
	const struct registry_member *before, *after;
	struct registry_action *act;
};

/* All about one alias: places first, then entries in order. */
struct subject {
	struct place *places;
	size_t nplaces, nacts;
	bool is_latest;
};

bool
registry_is_version_alias(const struct text *name)
{
	if (name->len < 2 || name->p[0] != 'v')
		return false;
	for (size_t i = 1; i < name->len; i++)
		if (name->p[i] < '0' || name->p[i] > '9')
			return false;
	return true;
}

/* How many entries just like ${act} come before it. */
static unsigned
alike_before(const struct registry_case *k, const struct registry_action *act)
{
	const struct registry_action *v = k->fresh->history[REGISTRY_ALIASES].actions.v;
	unsigned n = 0;

	for (const struct registry_action *a = act; a > v && a[-1].ms == act->ms; a--)
		n += a[-1].key == act->key;
	return n;
}

/* The version's place in links and unlinks of the same time: it is put on between them. */
static unsigned
step_of(const struct registry_case *k, const struct text *artifact, int64_t ms)
{
	unsigned step = 0;

	for (size_t i = k->links_from; i < k->changes->list.n; i++) {
		const struct registry_change *c = &k->changes->list.v[i];

		if (c->type == CHANGE_LINK && c->ms == ms && text_equal(&c->artifact, artifact))
			step = c->step;
	}
	return step;
}

static void
tell_entry(struct registry_case *k, const struct registry_action *act)
{
	const struct registry_member *now = registry_case_after(k, &act->target);
	const struct registry_identity identity = {.collection = k->fresh,
		.type = CHANGE_ALIAS,
		.artifact = act->target,
		.mark = act->alias,
		.key = act->key,
		.count = alike_before(k, act)};
	struct registry_change change = {.type = CHANGE_ALIAS,
		.is_dated = true,
		.ms = act->ms,
		.collection = k->fresh,
		.artifact = act->target,
		.index = registry_case_index(k, &act->target, &act->alias, act->ms),
		.mark = act->alias,
		.user = act->user,
		.step = step_of(k, &act->target, act->ms),
		.rank = 1};

	registry_change_id(&identity, change.id);
	registry_tell(k->changes, &change, now != NULL ? now->linked_ms : act->ms);
}

/* The alias is there now and was not before, and no entry says so. */
static void
tell_place(struct registry_case *k, const struct place *place)
{
	const struct registry_member *m = place->after;
	const struct registry_member *was = k->old != NULL ? registry_member(k->old, &m->id) : NULL;
	const struct registry_mark *mark =
		was != NULL ? registry_mark(&was->aliases, place->alias) : NULL;
	const struct registry_identity identity = {.collection = k->fresh,
		.type = CHANGE_ALIAS,
		.artifact = m->artifact,
		.mark = *place->alias,
		.linked_ms = m->linked_ms,
		.ord = m->ord,
		.count = 1 + (mark != NULL ? mark->count : 0)};
	struct registry_change change = {.type = CHANGE_ALIAS,
		.collection = k->fresh,
		.artifact = m->artifact,
		.index = m->index,
		.mark = *place->alias,
		.rank = 1};

	registry_change_id(&identity, change.id);
	registry_tell(k->changes, &change, m->linked_ms);
	registry_owe(k, CHANGE_ALIAS, &m->artifact, place->alias, m->linked_ms);
}

/* ---- one alias ---- */

/*
 * Bring entries of one time into an order in which each takes the alias from where the one before
 * it left it.
 */
static void
chain(struct place *acts, size_t n, const struct text *holder)
{
	static const struct text nobody = {NULL, 0};
	struct text at = holder != NULL ? *holder : nobody;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = i; j < n && acts[j].act->ms == acts[i].act->ms; j++) {
			if (text_equal(&acts[j].act->source, &at)) {
				const struct place found = acts[j];

				for (; j > i; j--)
					acts[j] = acts[j - 1];
				acts[i] = found;
				break;
			}
		}
		at = acts[i].act->target;
	}
}

/* The same from the end, where what is now is known for sure. */
static void
chain_back(struct place *acts, size_t n, const struct text *holder)
{
	struct text at = *holder;

	for (size_t i = n; i > 0; i--) {
		for (size_t j = i; j > 0 && acts[j - 1].act->ms == acts[i - 1].act->ms; j--) {
			if (text_equal(&acts[j - 1].act->target, &at)) {
				const struct place found = acts[j - 1];

				for (; j < i; j++)
					acts[j - 1] = acts[j];
				acts[i - 1] = found;
				break;
			}
		}
		at = acts[i - 1].act->source;
	}
}

/* Whether the entries lead to where the alias is now: one of the last time does. */
static bool
leads_to(const struct place *acts, size_t n, const struct registry_member *now)
{
	for (size_t i = n; i > 0 && acts[i - 1].act->ms == acts[n - 1].act->ms; i--)
		if (text_equal(&acts[i - 1].act->target, &now->artifact))
			return true;
	return false;
}

/* What only takes the alias away is no event, wherever it leads. */
static bool
only_remove(const struct place *acts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (acts[i].act->target.p != NULL)
			return false;
	return n > 0;
}

static void
tell_entries(struct registry_case *k, const struct subject *s, bool is_told)
{
	const struct place *acts = s->places + s->nplaces;

	for (size_t i = 0; i < s->nacts; i++) {
		acts[i].act->is_new = false;
		if (acts[i].act->target.p != NULL && !registry_owed_settle(k, acts[i].act) &&
			is_told)
			tell_entry(k, acts[i].act);
	}
}

static void
tell_subject(struct registry_case *k, const struct subject *s)
{
	const bool is_read = k->fresh->history[REGISTRY_ALIASES].is_read;
	const bool is_told = !s->is_latest || k->changes->with_latest;
	struct place *acts = s->places + s->nplaces;
	const struct registry_member *before = NULL, *after = NULL;
	bool is_led = s->nacts == 0;

	for (size_t i = 0; i < s->nplaces; i++) {
		if (s->places[i].before != NULL)
			before = s->places[i].before;
		if (s->places[i].after != NULL)
			after = s->places[i].after;
	}
	chain(acts, s->nacts, before != NULL ? &before->artifact : NULL);
	if (after != NULL)
		chain_back(acts, s->nacts, &after->artifact);
	for (size_t i = 0; i < s->nplaces; i++) {
		const struct place *place = &s->places[i];

		if (place->after == NULL)
			continue;
		if (s->nacts > 0 && leads_to(acts, s->nacts, place->after)) {
			is_led = true;
		} else if (place->before == NULL) {
			/* No server says of latest for sure; every link moves it. */
			k->is_unexplained |= is_read && !(s->is_latest && s->nacts == 0);
			if (is_told)
				tell_place(k, place);
		}
	}
	/* Taken away again since, or too new to be seen on the version. */
	if (after == NULL && s->nacts > 0 && acts[s->nacts - 1].act->target.p != NULL)
		k->is_unexplained = true;
	/* Entries that lead elsewhere are left for the next time: there is more to come. */
	if (is_led || after == NULL || only_remove(acts, s->nacts))
		tell_entries(k, s, is_told);
	else
		k->is_unexplained = true;
}

/* ---- all of them ---- */

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const int order = text_compare(x->alias, y->alias);

	if (order != 0)
		return order;
	if ((x->act == NULL) != (y->act == NULL))
		return x->act == NULL ? -1 : 1;
	if (x->act != NULL)
		return x->act < y->act ? -1 : x->act > y->act;
	return text_compare(x->after != NULL ? &x->after->id : &x->before->id,
		y->after != NULL ? &y->after->id : &y->before->id);
}

struct places {
	struct place *v;
	size_t n, size;
};

static struct place *
add_place(struct registry_case *k, struct places *all, const struct text *alias)
{
	struct place *place = registry_grow(k->memory, all);

	if (place != NULL)
		place->alias = alias;
	return place;
}

static void
add_places(struct registry_case *k, struct places *all, const struct registry_collection *c,
	const struct registry_collection *other, bool is_after)
{
	for (size_t i = 0; c != NULL && i < c->members.n; i++) {
		const struct registry_member *m = &c->members.v[i];
		const struct registry_member *twin =
			m->aliases.n > 0 && other != NULL ? registry_member(other, &m->id) : NULL;

		for (size_t j = 0; j < m->aliases.n; j++) {
			const struct registry_mark *mark = &m->aliases.v[j], *there = NULL;
			struct place *place;

			if (!mark->is_on || registry_is_version_alias(&mark->name))
				continue;
			if (twin != NULL)
				there = registry_mark(&twin->aliases, &mark->name);
			if (there != NULL && !there->is_on)
				there = NULL;
			/* Of those that are on both, the one that is there now is enough. */
			if (!is_after && there != NULL)
				continue;
			if ((place = add_place(k, all, &mark->name)) == NULL)
				return;
			if (is_after)
				place->after = m;
			else
				place->before = m;
			if (there != NULL)
				place->before = twin;
		}
	}
}

void
registry_aliases(struct registry_case *k)
{
	struct registry_history *h = &k->fresh->history[REGISTRY_ALIASES];
	struct places all = {NULL, 0, 0};
	size_t from = 0, to;

	add_places(k, &all, k->old, k->fresh, false);
	add_places(k, &all, k->fresh, k->old, true);
	for (size_t i = 0; h->is_read && i < h->actions.n; i++) {
		struct registry_action *act = &h->actions.v[i];
		struct place *place;

		if (!act->is_new)
			continue;
		if (registry_is_version_alias(&act->alias))
			act->is_new = false;
		else if ((place = add_place(k, &all, &act->alias)) != NULL)
			place->act = act;
	}
	if (k->memory->failed)
		return;
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), compare_places);
	for (; from < all.n; from = to) {
		struct subject s = {.places = all.v + from};

		s.is_latest = text_equal(s.places->alias, &TEXT("latest"));
		for (to = from; to < all.n && text_equal(all.v[to].alias, s.places->alias); to++) {
			s.nplaces += all.v[to].act == NULL;
			s.nacts += all.v[to].act != NULL;
		}
		tell_subject(k, &s);
	}
}
