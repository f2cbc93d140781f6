#include "registry_owed.h"

#include "registry_story.h"

static enum registry_history_kind
history_of(const struct registry_owed *owed)
{
	return owed->type == CHANGE_ALIAS ? REGISTRY_ALIASES : REGISTRY_LINKS;
}

void
registry_owe(struct registry_case *k, int type, const struct text *artifact,
	const struct text *alias, int64_t linked_ms)
{
	struct registry_owed *owed = registry_grow(k->memory, &k->fresh->owed);

	if (owed != NULL)
		*owed = (struct registry_owed){type, *artifact, *alias, linked_ms, k->told_ms};
}

bool
registry_owed_may_be(const struct registry_owed *owed, const struct registry_action *act)
{
	return owed->told_ms == REGISTRY_NO_TIME ||
	       act->ms <= owed->told_ms + REGISTRY_OWED_SKEW_MS;
}

bool
registry_owed_settle(struct registry_case *k, const struct registry_action *act)
{
	for (size_t i = 0; k->old != NULL && i < k->old->owed.n; i++) {
		const struct registry_owed *owed = &k->old->owed.v[i];

		if (owed->type != CHANGE_ALIAS || k->is_settled[i] ||
			!registry_owed_may_be(owed, act) ||
			act->ms < owed->linked_ms - REGISTRY_SKEW_MS ||
			!text_equal(&owed->alias, &act->alias) ||
			!text_equal(&owed->artifact, &act->target))
			continue;
		k->is_settled[i] = true;
		return true;
	}
	return false;
}

/* Whether an entry that shows later would be taken for news, and can still show. */
static bool
is_due(const struct registry_case *k, const struct registry_owed *owed)
{
	const struct registry_history *h = &k->fresh->history[history_of(owed)];

	/* What a membership tells of has a time, and its entry has the same. */
	const int64_t latest_ms = owed->type == CHANGE_LINK ? owed->linked_ms + REGISTRY_SKEW_MS
							    : owed->told_ms + REGISTRY_OWED_SKEW_MS;
	const bool is_young = owed->told_ms + REGISTRY_OWED_DAY_MS >= k->told_ms;

	/* A history that shows for the first time may lag then. At a baseline nothing was told. */
	if (!h->is_known)
		return is_young && k->changes->first != REGISTRY_BASELINE;
	return latest_ms >= h->floor_ms && (is_young || !h->is_read);
}

static void
keep(struct registry_case *k, struct registry_collection *c, struct registry_owed owed)
{
	struct registry_owed *kept;

	/* A state of an older version does not say it. */
	if (owed.told_ms == REGISTRY_NO_TIME)
		owed.told_ms = k->told_ms;
	if (is_due(k, &owed) && (kept = registry_grow(k->memory, &c->owed)) != NULL)
		*kept = owed;
}

void
registry_owed_keep(struct registry_case *k)
{
	const struct registry_history *h = k->fresh->history;
	struct registry_collection all = {.owed = {NULL, 0, 0}};
	size_t more;

	for (size_t i = 0; k->old != NULL && i < k->old->owed.n; i++)
		if (!k->is_settled[i])
			keep(k, &all, k->old->owed.v[i]);
	for (size_t i = 0; i < k->fresh->owed.n; i++)
		keep(k, &all, k->fresh->owed.v[i]);
	if (all.owed.n > REGISTRY_OWED_MAX &&
		(!h[REGISTRY_LINKS].is_read || !h[REGISTRY_ALIASES].is_read)) {
		more = all.owed.n - REGISTRY_OWED_MAX;
		all.owed.v += more;
		all.owed.n -= more;
		all.owed.size -= more;
	}
	k->fresh->owed.v = all.owed.v;
	k->fresh->owed.n = all.owed.n;
	k->fresh->owed.size = all.owed.size;
}
