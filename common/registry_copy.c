/*
 * A collection copied into another registry: see registry.h.
 */
#include "registry.h"

static struct text
copy_text(struct registry *r, const struct text *text)
{
	return text->p == NULL ? *text : registry_text(r, text->p, text->len);
}

static void
copy_marks(struct registry *r, registry_marks *to, const registry_marks *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct registry_mark *mark = registry_grow(r, to);

		if (mark == NULL)
			return;
		*mark = from->v[i];
		mark->name = copy_text(r, &from->v[i].name);
	}
}

static void
copy_members(struct registry *r, struct registry_collection *to,
	const struct registry_collection *from)
{
	for (size_t i = 0; i < from->members.n; i++) {
		const struct registry_member *m = &from->members.v[i];
		struct registry_member *made = registry_grow(r, &to->members);

		if (made == NULL)
			return;
		*made = (struct registry_member){.id = copy_text(r, &m->id),
			.artifact = copy_text(r, &m->artifact),
			.index = m->index,
			.linked_ms = m->linked_ms,
			.ord = m->ord};
		copy_marks(r, &made->aliases, &m->aliases);
		copy_marks(r, &made->tags, &m->tags);
	}
}

static void
copy_history(struct registry *r, struct registry_history *to, const struct registry_history *from)
{
	to->is_known = from->is_known;
	to->has_old_keys = from->has_old_keys;
	to->floor_ms = from->floor_ms;
	to->newest_ms = from->newest_ms;
	for (size_t i = 0; i < from->seen.n; i++) {
		struct registry_seen *seen = registry_grow(r, &to->seen);

		if (seen != NULL)
			*seen = from->seen.v[i];
	}
}

static void
copy_owed(struct registry *r, struct registry_collection *to,
	const struct registry_collection *from)
{
	for (size_t i = 0; i < from->owed.n; i++) {
		struct registry_owed *owed = registry_grow(r, &to->owed);

		if (owed == NULL)
			return;
		*owed = from->owed.v[i];
		owed->artifact = copy_text(r, &owed->artifact);
		owed->alias = copy_text(r, &owed->alias);
	}
	for (size_t i = 0; i < from->ended.n; i++) {
		struct registry_ended *ended = registry_grow(r, &to->ended);

		if (ended == NULL)
			return;
		*ended = from->ended.v[i];
		ended->artifact = copy_text(r, &ended->artifact);
	}
}

struct registry_collection *
registry_copy(struct registry *r, const struct registry_collection *c)
{
	struct registry_collection *made = registry_collection_new(r, copy_text(r, &c->id));

	if (made == NULL)
		return NULL;
	made->name = copy_text(r, &c->name);
	made->entity = copy_text(r, &c->entity);
	made->project = copy_text(r, &c->project);
	made->created_ms = c->created_ms;
	made->gone_ms = c->gone_ms;
	copy_marks(r, &made->tags, &c->tags);
	copy_members(r, made, c);
	for (int i = 0; i < REGISTRY_HISTORIES; i++)
		copy_history(r, &made->history[i], &c->history[i]);
	copy_owed(r, made, c);
	return made;
}
