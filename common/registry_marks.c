/*
 * Tags, and how often marks were put on: see registry_diff.h.
 */
#include "registry_case.h"

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
		.mark = mark->name};
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

void
registry_case_marks(struct registry_case *k)
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
