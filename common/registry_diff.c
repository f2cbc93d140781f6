#include "registry_diff.h"

#include "registry_case.h"
#include "registry_history.h"
#include "registry_owed.h"
#include "registry_story.h"

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

static bool
has_alias(const struct registry_member *m, const struct text *alias)
{
	const struct registry_mark *mark = m != NULL ? registry_mark(&m->aliases, alias) : NULL;

	return mark != NULL && mark->is_on;
}

static void
narrow_aliases(struct registry_case *k, struct registry_history *h)
{
	for (size_t i = 0; i < h->actions.n; i++) {
		struct registry_action *act = &h->actions.v[i];
		const struct registry_member *now = registry_case_after(k, &act->target), *was;
		bool is_last = true;

		for (size_t j = i + 1; j < h->actions.n; j++)
			is_last &= !text_equal(&h->actions.v[j].alias, &act->alias);
		was = now != NULL ? registry_member(k->old, &now->id) : NULL;
		/* Of one time, the last one may not have been read. */
		act->is_new = is_last && act->target.p != NULL && has_alias(now, &act->alias) &&
			      !has_alias(was, &act->alias);
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

/*
 * What is left of the news of a collection that is new, as it does not lead to what is there now,
 * would be told the next time, when nothing keeps old entries back any more. It need not be as new
 * as it seems: what undid it may be on a page that was not read, or show late.
 */
static void
let_go(struct registry_case *k)
{
	struct registry_history *h = k->fresh->history;

	if (k->changes->first == REGISTRY_BASELINE) {
		registry_history_let_go(&h[REGISTRY_LINKS], INT64_MAX);
		registry_history_let_go(&h[REGISTRY_ALIASES], INT64_MAX);
	} else {
		/* A link may still have its end to come, which is told. */
		registry_history_let_go(&h[REGISTRY_ALIASES], k->changes->since_ms);
	}
}

bool
registry_diff(struct registry_changes *changes, const struct registry_collection *old,
	struct registry_collection *fresh)
{
	struct registry_case k;

	if (!registry_case_init(&k, changes, old, fresh))
		return true;
	changes->is_new = old == NULL;
	find_news(&k);
	registry_links(&k);
	registry_aliases(&k);
	registry_case_marks(&k);
	if (old == NULL)
		let_go(&k);
	for (int i = 0; i < REGISTRY_HISTORIES; i++) {
		registry_history_keep(k.memory, &fresh->history[i],
			old != NULL ? &old->history[i] : NULL);
		if (old == NULL && changes->first != REGISTRY_BASELINE)
			registry_history_expect(&fresh->history[i], changes->since_ms);
	}
	registry_owed_keep(&k);
	registry_story_keep(&k);
	return !k.is_unexplained;
}
