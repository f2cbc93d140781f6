/*
 * registry_make - what tests of registry_diff share: collections made of a line each, and changes
 * as text.
 */
#ifndef WB_UNIT_REGISTRY_MAKE_H
#define WB_UNIT_REGISTRY_MAKE_H

#include "event.h"
#include "registry_diff.h"
#include "registry_order.h"
#include "unit.h"

#define T(n) ((int64_t)(n)*1000)

static struct registry *memory;
static struct registry_changes changes;

static inline struct text
text(const char *s)
{
	return s != NULL ? registry_text(memory, s, strlen(s)) : (struct text){NULL, 0};
}

static inline struct registry_collection *
collection(void)
{
	struct registry_collection *c = registry_collection_new(memory, text("C"));

	c->name = text("fraud");
	c->entity = text("acme");
	c->project = text("models");
	c->has_tags = c->has_version_tags = true;
	return c;
}

static inline void
put(registry_marks *marks, const char *names)
{
	for (; *names != '\0'; names++) {
		char name[2] = {*names, '\0'};
		struct registry_mark *mark = registry_grow(memory, marks);

		*mark = (struct registry_mark){.name = text(name), .is_on = true};
	}
}

/* A version, its aliases and tags of a letter each. */
static inline void
member(struct registry_collection *c, const char *id, const char *artifact, int sec,
	const char *aliases, const char *tags)
{
	struct registry_member *m = registry_grow(memory, &c->members);

	*m = (struct registry_member){.id = text(id),
		.artifact = text(artifact),
		.index = sec,
		.linked_ms = T(sec)};
	put(&m->aliases, aliases);
	put(&m->tags, tags);
}

static inline void
act(struct registry_collection *c, int kind, int sec, const char *alias, const char *source,
	const char *target, const char *user)
{
	struct registry_history *h = &c->history[kind];
	struct registry_action *a = registry_grow(memory, &h->actions);

	h->is_read = true;
	*a = (struct registry_action){.ms = T(sec),
		.place = h->actions.n,
		.alias = text(alias),
		.source = text(source),
		.target = text(target),
		.user = text(user)};
	a->key = registry_key(
		(struct text[]){a->alias, a->source, a->target, a->user, {(char *)&a->ms, 8}}, 5);
}

static inline void
link_act(struct registry_collection *c, int sec, const char *artifact)
{
	act(c, REGISTRY_LINKS, sec, NULL, NULL, artifact, "ann");
}

static inline void
alias_act(struct registry_collection *c, int sec, const char *alias, const char *source,
	const char *target)
{
	act(c, REGISTRY_ALIASES, sec, alias, source, target, "bob");
}

/* "LINK_ARTIFACT A ann 3; …", "?" for what has no time; " (doubtful)" if not all is explained. */
static inline const char *
diff(const struct registry_collection *old, struct registry_collection *fresh)
{
	static char out[2000];
	bool is_explained;

	changes.list.n = 0;
	registry_sort(fresh);
	is_explained = registry_diff(&changes, old, fresh);
	registry_order(&changes);
	out[0] = '\0';
	for (size_t i = 0; i < changes.list.n; i++) {
		const struct registry_change *c = &changes.list.v[i];
		char at[24] = "?";

		if (c->is_dated)
			snprintf(at, sizeof(at), "%lld", (long long)c->ms / 1000);
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s %.*s%.*s %.*s%s",
			i > 0 ? "; " : "", event_type_name(c->type), (int)c->artifact.len,
			c->artifact.p != NULL ? c->artifact.p : "", (int)c->mark.len,
			c->mark.p != NULL ? c->mark.p : "", (int)c->user.len,
			c->user.p != NULL ? c->user.p : "", at);
	}
	if (!is_explained)
		strcat(out, " (doubtful)");
	return out;
}

static inline void
begin(void)
{
	memory = registry_new();
	changes = (struct registry_changes){.memory = memory,
		.now_ms = T(1000),
		.before_ms = T(1000)};
}

static inline void
end(void)
{
	registry_free(memory);
}

/* As the state has it: what a baseline leaves. */
static inline struct registry_collection *
known(struct registry_collection *c)
{
	changes.first = REGISTRY_BASELINE;
	(void)diff(NULL, c);
	changes.first = REGISTRY_NOT_FIRST;
	return c;
}

#endif
