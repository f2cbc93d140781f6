#include "registry_alias.h"

#include "registry_owed.h"

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

void
registry_alias_entry(struct registry_case *k, const struct registry_action *act, bool is_ended)
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
		.place = act->place,
		.is_ended = is_ended};

	registry_change_id(&identity, change.id);
	registry_tell(k->changes, &change, now != NULL ? now->linked_ms : act->ms);
}

void
registry_alias_place(struct registry_case *k, const struct registry_member *m,
	const struct text *alias)
{
	const struct registry_member *was = k->old != NULL ? registry_member(k->old, &m->id) : NULL;
	const struct registry_mark *mark = was != NULL ? registry_mark(&was->aliases, alias) : NULL;
	const struct registry_identity identity = {.collection = k->fresh,
		.type = CHANGE_ALIAS,
		.artifact = m->artifact,
		.mark = *alias,
		.linked_ms = m->linked_ms,
		.ord = m->ord,
		.count = 1 + (mark != NULL ? mark->count : 0)};
	struct registry_change change = {.type = CHANGE_ALIAS,
		.collection = k->fresh,
		.artifact = m->artifact,
		.index = m->index,
		.mark = *alias};

	registry_change_id(&identity, change.id);
	registry_tell(k->changes, &change, m->linked_ms);
	registry_owe(k, CHANGE_ALIAS, &m->artifact, alias, m->linked_ms);
}
