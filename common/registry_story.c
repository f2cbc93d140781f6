#include "registry_story.h"

#include "registry_owed.h"

bool
registry_story_is_same(const struct registry_member *a, const struct registry_member *b)
{
	return a != NULL && b != NULL && a->linked_ms == b->linked_ms && text_equal(&a->id, &b->id);
}

static void
tell(struct registry_case *k, struct registry_story *s, int type, const struct registry_action *act,
	int64_t ms, bool is_dated)
{
	const bool is_unknown = type == CHANGE_UNLINK && !s->is_in;
	const struct registry_identity identity = {.collection = k->fresh,
		.type = type,
		.artifact = s->artifact,
		.linked_ms = is_unknown ? 0 : s->linked_ms,
		.ord = is_unknown ? 0 : s->ord,
		.key = is_unknown && act != NULL ? act->key : 0,
		.at_ms = is_unknown ? ms : 0};
	struct registry_change change = {.type = type,
		.is_dated = is_dated,
		.ms = ms,
		.collection = k->fresh,
		.artifact = s->artifact,
		.index = s->index,
		/* What does not show yet is new; an unlink came before what bounds it. */
		.place = type == CHANGE_LINK ? UINT64_MAX : 0};

	if (act != NULL) {
		change.user = act->user;
		change.place = act->place;
	}
	registry_change_id(&identity, change.id);
	registry_tell(k->changes, &change, s->linked_ms);
}

/* How many entries of the artifact have the time ${ms}, up to ${act}; all if it is NULL. */
static unsigned
count_before(const struct registry_case *k, const struct registry_story *s,
	const struct registry_action *act, int64_t ms)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	unsigned n = 0;

	for (size_t i = 0; h->is_read && i < h->actions.n && &h->actions.v[i] != act; i++)
		n += h->actions.v[i].ms == ms && text_equal(&h->actions.v[i].target, &s->artifact);
	return n;
}

/*
 * Which link of its time it is. The history counts, told entries too, so that all who read it come
 * to the same; where there is none, what was told does.
 */
static unsigned
number_of(const struct registry_case *k, const struct registry_story *s,
	const struct registry_action *act, int64_t ms)
{
	const unsigned entries = count_before(k, s, act, ms);
	unsigned n = s->all_links ? entries : entries / 2, told = 0;

	for (size_t i = 0; k->old != NULL && i < k->old->ended.n; i++) {
		const struct registry_ended *ended = &k->old->ended.v[i];

		if (ended->linked_ms == ms && told < ended->ord + 1 &&
			text_equal(&ended->artifact, &s->artifact))
			told = ended->ord + 1;
	}
	if (s->before != NULL && s->before->linked_ms == ms && told < s->before->ord + 1)
		told = s->before->ord + 1;
	if (s->is_told && s->linked_ms == ms && told < s->ord + 1)
		told = s->ord + 1;
	return n > told ? n : told;
}

void
registry_story_link(struct registry_case *k, struct registry_story *s,
	const struct registry_action *act, int64_t ms, int64_t index)
{
	s->ord = number_of(k, s, act, ms);
	s->linked_ms = ms;
	s->index = index;
	tell(k, s, CHANGE_LINK, act, ms, true);
	s->is_in = s->is_told = true;
}

static void
remember_end(struct registry_case *k, struct registry_ended ended)
{
	struct registry_ended *kept;

	if (k->told_ms - ended.linked_ms < REGISTRY_LAG_MS &&
		(kept = registry_grow(k->memory, &k->fresh->ended)) != NULL)
		*kept = ended;
}

void
registry_story_keep(struct registry_case *k)
{
	for (size_t i = 0; k->old != NULL && i < k->old->ended.n; i++)
		remember_end(k, k->old->ended.v[i]);
}

void
registry_story_unlink(struct registry_case *k, struct registry_story *s,
	const struct registry_action *act, int64_t until_ms)
{
	const bool has_bound = act == NULL && until_ms != REGISTRY_NO_TIME;

	if (act == NULL)
		registry_owe(k, CHANGE_UNLINK, &s->artifact, &TEXT(""), s->linked_ms);
	tell(k, s, CHANGE_UNLINK, act,
		act != NULL ? act->ms
		: has_bound ? until_ms
			    : 0,
		act != NULL || has_bound);
	if (s->is_in)
		remember_end(k, (struct registry_ended){s->artifact, s->linked_ms, s->ord});
	s->is_in = false;
}
