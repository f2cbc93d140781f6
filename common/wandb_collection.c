#include "wandb_collection.h"

#include <stdlib.h>

#include "json_text.h"
#include "registry_case.h"
#include "wandb_action.h"
#include "wandb_text.h"

/* ---- members ---- */

struct member {
	struct registry *memory;
	struct registry_member *m;
	int64_t from_alias; /* N of v<N> */
};

static bool
read_member_id(struct answer *a, void *ctx)
{
	return wandb_read_name(a, ((struct member *)ctx)->memory, &((struct member *)ctx)->m->id);
}

static bool
read_member_index(struct answer *a, void *ctx)
{
	struct registry_member *m = ((struct member *)ctx)->m;

	m->index = REGISTRY_NO_INDEX;
	return answer_is_null(a) || answer_integer(a, &m->index);
}

static bool
read_member_time(struct answer *a, void *ctx)
{
	return answer_time(a, &((struct member *)ctx)->m->linked_ms);
}

static bool
read_mark_name(struct answer *a, void *ctx)
{
	struct inner *inner = ctx;

	return wandb_read_text(a, inner->memory, inner->text);
}

static bool
read_alias(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"alias", read_mark_name, false},
		{NULL, NULL, false}};
	struct member *member = ctx;
	struct text name;
	struct inner inner = {member->memory, &name};
	struct registry_mark *mark;

	if (!answer_object(a, fields, &inner))
		return false;
	if (registry_is_version_alias(&name)) {
		if (name.len < 17)
			member->from_alias = strtoll(name.p + 1, NULL, 10);
		return true;
	}
	if ((mark = registry_grow(member->memory, &member->m->aliases)) != NULL)
		*mark = (struct registry_mark){.name = name, .is_on = true};
	return true;
}

static bool
read_aliases(struct answer *a, void *ctx)
{
	return answer_array(a, read_alias, ctx);
}

struct marks {
	struct registry *memory;
	registry_marks *marks;
};

static bool
read_tag(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"name", read_mark_name, false},
		{NULL, NULL, false}};
	struct marks *marks = ctx;
	struct text name;
	struct inner inner = {marks->memory, &name};
	struct registry_mark *mark;

	if (!answer_object(a, fields, &inner))
		return false;
	if ((mark = registry_grow(marks->memory, marks->marks)) != NULL)
		*mark = (struct registry_mark){.name = name, .is_on = true};
	return true;
}

static bool
read_artifact_id(struct answer *a, void *ctx)
{
	return wandb_read_name(a, ((struct member *)ctx)->memory,
		&((struct member *)ctx)->m->artifact);
}

static bool
read_artifact_tags(struct answer *a, void *ctx)
{
	struct member *member = ctx;
	struct marks marks = {member->memory, &member->m->tags};

	return answer_array(a, read_tag, &marks);
}

static bool
read_artifact(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"id", read_artifact_id, false},
		{"tags", read_artifact_tags, true}, {NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_member(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"id", read_member_id, false},
		{"versionIndex", read_member_index, false}, {"createdAt", read_member_time, false},
		{"aliases", read_aliases, false}, {"artifact", read_artifact, false},
		{NULL, NULL, false}};
	struct wandb_collection *wc = ctx;
	struct registry_member *m;
	struct member member = {.memory = wc->memory, .from_alias = REGISTRY_NO_INDEX};

	if (answer_is_null(a)) {
		wc->c->hidden++;
		return true;
	}
	if ((m = member.m = registry_grow(wc->memory, &wc->c->members)) == NULL)
		return answer_fail(a, "out of memory");
	*m = (struct registry_member){.index = REGISTRY_NO_INDEX};
	if (!answer_object(a, fields, &member))
		return false;
	if (m->index == REGISTRY_NO_INDEX)
		m->index = member.from_alias;
	/* Of what is not to be seen nothing can be told. */
	if (m->artifact.p == NULL) {
		wc->c->members.n--;
		wc->c->hidden++;
	}
	return true;
}

/* ---- collections ---- */

static bool
read_id(struct answer *a, void *ctx)
{
	struct wandb_collection *wc = ctx;
	struct text id;

	if (!wandb_read_name(a, wc->memory, &id))
		return false;
	if (wc->c->id.len == 0)
		wc->c->id = id;
	return text_equal(&wc->c->id, &id) ||
	       answer_fail(a, "is '%.*s', but '%.*s' was asked for", (int)id.len, id.p,
		       (int)wc->c->id.len, wc->c->id.p);
}

static bool
read_collection_name(struct answer *a, void *ctx)
{
	return wandb_read_name(a, ((struct wandb_collection *)ctx)->memory,
		&((struct wandb_collection *)ctx)->c->name);
}

static bool
read_created(struct answer *a, void *ctx)
{
	return answer_time(a, &((struct wandb_collection *)ctx)->c->created_ms);
}

static bool
read_state(struct answer *a, void *ctx)
{
	struct json_span span;

	if (!answer_string_or_null(a, &span))
		return false;
	if (json_equal(&span, "DELETED", 7))
		((struct wandb_collection *)ctx)->c->name = (struct text){NULL, 0};
	return true;
}

static bool
read_links(struct answer *a, void *ctx)
{
	struct wandb_collection *wc = ctx;

	wc->c->history[REGISTRY_LINKS].is_read = true;
	return wandb_read_connection(a, wc->memory, &wc->pages[WANDB_LINKS], wandb_read_link, wc);
}

static bool
read_alias_actions(struct answer *a, void *ctx)
{
	struct wandb_collection *wc = ctx;

	wc->c->history[REGISTRY_ALIASES].is_read = true;
	return wandb_read_connection(a, wc->memory, &wc->pages[WANDB_ALIASES],
		wandb_read_alias_action, wc);
}

static bool
read_members(struct answer *a, void *ctx)
{
	struct wandb_collection *wc = ctx;

	return wandb_read_connection(a, wc->memory, &wc->pages[WANDB_MEMBERS], read_member, wc);
}

static bool
read_tags(struct answer *a, void *ctx)
{
	struct wandb_collection *wc = ctx;
	struct marks marks = {wc->memory, &wc->c->tags};

	wc->c->has_tags = true;
	return wandb_read_connection(a, wc->memory, &wc->pages[WANDB_TAGS], read_tag, &marks);
}

/* The state comes behind the name, which it takes away. */
static const struct answer_field collection_fields[] = {{"id", read_id, false},
	{"name", read_collection_name, false}, {"createdAt", read_created, false},
	{"state", read_state, false}, {"artifactCollectionActions", read_links, true},
	{"aliasActionHistory", read_alias_actions, true},
	{"artifactMemberships", read_members, true}, {"tags", read_tags, true},
	{NULL, NULL, false}};

bool
wandb_read_collection(struct answer *a, struct wandb_collection *wc)
{
	const bool is_new = wc->c == NULL;

	if (answer_is_null(a)) {
		wc->c = NULL;
		return true;
	}
	if (is_new && (wc->c = registry_collection_new(wc->memory, TEXT(""))) == NULL)
		return answer_fail(a, "out of memory");
	if (!answer_object(a, collection_fields, wc))
		return false;
	if (wc->c->name.p == NULL)
		wc->c = NULL;
	return true;
}
