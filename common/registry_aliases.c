/*
 * Aliases put on versions: see registry_diff.h.
 */
#include <stdlib.h>

#include "registry_alias.h"
#include "registry_order.h"
#include "registry_owed.h"

/* An alias on a version, before or now; or an entry of the history about it. */
struct place {
	const struct text *alias;
	const struct registry_member *before, *after;
	struct registry_action *act;
};

/* All about one alias. */
struct subject {
	const struct text *alias;
	struct place *places;
	size_t nplaces;
	const struct registry_member *before, *after; /* where it was, and is; NULL: nowhere */
	struct registry_action **acts;                /* new entries, in order */
	size_t nacts;
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

/* ---- one alias ---- */

/* Whether the entries lead to where the alias is now: one of the last time does. */
static bool
leads_to(const struct subject *s, const struct registry_member *now)
{
	for (size_t i = s->nacts; i > 0 && s->acts[i - 1]->ms == s->acts[s->nacts - 1]->ms; i--)
		if (text_equal(&s->acts[i - 1]->target, &now->artifact))
			return true;
	return false;
}

/* Whether the last of the entries, in order, is of where the alias is now. */
static bool
ends_there(const struct subject *s)
{
	const struct text *end = &s->acts[s->nacts - 1]->target;

	return s->after != NULL ? text_equal(end, &s->after->artifact) : end->p == NULL;
}

/* Whether ${act} is about a version that is, was or came to be in the collection. */
static bool
has_place(const struct registry_case *k, const struct registry_action *act)
{
	const struct registry_changes *changes = k->changes;

	if (act->target.p == NULL || registry_case_before(k, &act->target) != NULL ||
		registry_case_after(k, &act->target) != NULL)
		return true;
	for (size_t i = changes->list.n; i > 0; i--)
		if (changes->list.v[i - 1].collection == k->fresh &&
			text_equal(&changes->list.v[i - 1].artifact, &act->target))
			return true;
	return false;
}

/* What only takes the alias away is no event, wherever it leads. */
static bool
only_remove(const struct subject *s)
{
	for (size_t i = 0; i < s->nacts; i++)
		if (s->acts[i]->target.p != NULL)
			return false;
	return s->nacts > 0;
}

/* Whether an unlink took the alias away after the ${i}th entry: nothing goes on from there. */
static bool
is_ended(const struct subject *s, size_t i)
{
	const struct text *at = &s->acts[i]->target;

	if (i + 1 < s->nacts)
		return !text_equal(&s->acts[i + 1]->source, at);
	return s->after == NULL || !text_equal(&s->after->artifact, at);
}

/*
 * It was elsewhere and is back where it was told to be before, and there is but the entry that was
 * owed for that: its own is lost or late, or has just been taken for the other.
 */
static void
tell_return(struct registry_case *k, const struct subject *s, bool is_told)
{
	for (size_t i = 0; i < s->nplaces; i++) {
		const struct place *place = &s->places[i];

		if (place->after == NULL || place->before != NULL || !leads_to(s, place->after))
			continue;
		k->is_unexplained = true;
		if (is_told)
			registry_alias_place(k, place->after, place->alias);
	}
}

static void
tell_entries(struct registry_case *k, const struct subject *s, bool is_told)
{
	bool is_new = false;

	for (size_t i = 0; i < s->nacts; i++) {
		struct registry_action *act = s->acts[i];

		act->is_new = false;
		if (act->target.p == NULL || registry_owed_settle(k, act))
			continue;
		is_new |= s->after != NULL && text_equal(&act->target, &s->after->artifact);
		if (is_told)
			registry_alias_entry(k, act, is_ended(s, i));
	}
	if (!is_new)
		tell_return(k, s, is_told);
}

/* Tell where it is now, and nobody says so. Returns whether the entries lead there. */
static bool
tell_places(struct registry_case *k, const struct subject *s, bool is_told)
{
	const bool is_read = k->fresh->history[REGISTRY_ALIASES].is_read;
	bool is_led = s->nacts == 0;

	for (size_t i = 0; i < s->nplaces; i++) {
		const struct place *place = &s->places[i];

		if (place->after == NULL)
			continue;
		if (s->nacts > 0 && leads_to(s, place->after)) {
			is_led = true;
		} else if (place->before == NULL) {
			/* No server says of latest for sure; every link moves it. */
			k->is_unexplained |= is_read && !(s->is_latest && s->nacts == 0);
			if (is_told)
				registry_alias_place(k, place->after, place->alias);
		}
	}
	return is_led;
}

static void
tell_subject(struct registry_case *k, struct subject *s)
{
	const bool is_told = !s->is_latest || k->changes->with_latest;
	bool is_led;

	for (size_t i = 0; i < s->nplaces; i++) {
		if (s->places[i].before != NULL)
			s->before = s->places[i].before;
		if (s->places[i].after != NULL)
			s->after = s->places[i].after;
	}
	registry_order_aliases(s->acts, s->nacts, s->before != NULL ? &s->before->artifact : NULL,
		s->after != NULL ? &s->after->artifact : NULL);
	is_led = tell_places(k, s, is_told);
	/* Taken away again since, or too new to be seen on the version. */
	if (s->nacts > 0 && !ends_there(s))
		k->is_unexplained = true;
	/* The link shows, too, unless this history was read later than all else. */
	for (size_t i = 0; i < s->nacts && k->fresh->history[REGISTRY_LINKS].is_read; i++)
		k->is_unexplained |= !has_place(k, s->acts[i]);
	/* Entries that lead elsewhere are left for the next time: there is more to come. */
	if (is_led || s->after == NULL || only_remove(s))
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

/* All places of one alias come first, then its entries. Returns how many there are of both. */
static size_t
read_subject(struct registry_case *k, struct subject *s, struct place *v, size_t n)
{
	size_t all = 0;

	*s = (struct subject){.alias = v->alias, .places = v};
	s->is_latest = text_equal(v->alias, &TEXT("latest"));
	for (; all < n && text_equal(v[all].alias, s->alias); all++)
		s->nplaces += v[all].act == NULL;
	s->acts = arena_alloc(&k->memory->arena, (all - s->nplaces + 1) * sizeof(struct place *));
	k->memory->failed |= s->acts == NULL;
	for (size_t i = s->nplaces; i < all && s->acts != NULL; i++)
		s->acts[s->nacts++] = v[i].act;
	return all;
}

void
registry_aliases(struct registry_case *k)
{
	struct registry_history *h = &k->fresh->history[REGISTRY_ALIASES];
	struct places all = {NULL, 0, 0};
	size_t from = 0, n;

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
	for (; from < all.n && !k->memory->failed; from += n) {
		struct subject s;

		n = read_subject(k, &s, all.v + from, all.n - from);
		tell_subject(k, &s);
	}
}
