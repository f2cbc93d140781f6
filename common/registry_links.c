/*
 * Links and unlinks: see registry_diff.h.
 */
#include <stdlib.h>

#include "registry_kind.h"
#include "registry_owed.h"
#include "registry_story.h"

/* ---- entries that say no artifact: the server may leave it out of unlinks ---- */

static size_t
count_nameless(const struct registry_case *k)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	size_t n = 0;

	for (size_t i = 0; i < h->actions.n; i++)
		n += registry_kind_may_be_unlink(k, &h->actions.v[i]);
	return n;
}

/*
 * The only one there is, for the only unlink that there is: no other can be told apart. Of those
 * that are in the collection no more it may be any one's.
 */
static struct registry_action *
only_nameless(const struct registry_case *k, const struct registry_story *s)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	struct registry_action *found = NULL;
	size_t gone = 0;

	for (size_t i = 0; i < k->nbefore; i++) {
		const struct registry_member *now = registry_case_after(k, &k->before[i]->artifact);

		gone += !registry_story_is_same(k->before[i], now);
	}
	if (gone != (s->before != NULL))
		return NULL;
	for (size_t i = 0; i < h->actions.n; i++) {
		if (!registry_kind_may_be_unlink(k, &h->actions.v[i]))
			continue;
		if (found != NULL || h->actions.v[i].ms < s->linked_ms ||
			(s->after != NULL && h->actions.v[i].ms > s->after->linked_ms))
			return NULL;
		found = &h->actions.v[i];
	}
	if (found != NULL)
		found->is_new = false;
	return found;
}

/* ---- one artifact ---- */

/* The entry that made ${after}, the last one that is dated like it, and how many come before it. */
static size_t
find_link(struct registry_story *s)
{
	s->link = s->n;
	if (s->after == NULL)
		return s->n;
	for (size_t i = s->n; i > 0 && s->link == s->n; i--)
		if (s->acts[i - 1]->ms == s->after->linked_ms)
			s->link = i - 1;
	if (s->link == s->n && s->n > 0 && ((s->n - 1) % 2 == 1) == (s->before != NULL) &&
		s->acts[s->n - 1]->ms - s->after->linked_ms <= REGISTRY_SKEW_MS &&
		s->after->linked_ms - s->acts[s->n - 1]->ms <= REGISTRY_SKEW_MS)
		s->link = s->n - 1;
	return s->link;
}

/*
 * The version is where it was, but entries are left. If they are older than its link and it went
 * as often as it came, that came before, and nobody has told it; a link of the same time was told
 * under the first number.
 */
static void
tell_before(struct registry_case *k, struct registry_story *s)
{
	if (s->n % 2 != 0 || s->acts[s->n - 1]->ms > s->after->linked_ms) {
		/* It may show the next time, with these entries. */
		k->is_unexplained = true;
		return;
	}
	for (size_t i = 0; i < s->n; i += 2) {
		s->acts[i]->is_new = s->acts[i + 1]->is_new = false;
		/* number_of() passes over the number of ${before}, which is ${after}. */
		registry_story_link(k, s, s->acts[i], s->acts[i]->ms,
			registry_case_past_index(k, &s->artifact, s->acts[i]->ms));
		registry_story_unlink(k, s, s->acts[i + 1], 0);
	}
}

/*
 * Whether the last of ${n} entries may be a link whose end, and what followed it, does not show
 * yet: it is young, or nobody has waited yet, and the entries take turns so. Else the link before
 * the first one is lost.
 */
static bool
is_cut_short(const struct registry_case *k, const struct registry_story *s, size_t n)
{
	return s->link == s->n && n > 0 && !s->all_links && (n % 2 == 0) != (s->before == NULL) &&
	       k->changes->first != REGISTRY_BASELINE &&
	       (k->told_ms - s->acts[n - 1]->ms < REGISTRY_LAG_MS ||
		       s->acts[n - 1]->ms > k->changes->before_ms);
}

/* Tell what the first ${n} entries say. They take turns, and the last one is an unlink, or not. */
static void
tell_acts(struct registry_case *k, struct registry_story *s, size_t n, bool ends_with_link)
{
	for (size_t i = 0; i < n; i++) {
		const struct registry_action *act = s->acts[i];
		const bool is_link = s->all_links || ((n - 1 - i) % 2 == 1) != ends_with_link;

		if (is_link && s->is_in) {
			k->is_unexplained |= !s->all_links;
			registry_story_unlink(k, s, NULL, act->ms);
		}
		if (is_link) {
			registry_story_link(k, s, act, act->ms,
				registry_case_past_index(k, &s->artifact, act->ms));
			continue;
		}
		/* The end of a link that nobody has seen; or one too new to be seen elsewhere. */
		k->is_unexplained |= !s->is_in;
		if (!s->is_in)
			s->index = registry_case_past_index(k, &s->artifact, act->ms);
		registry_story_unlink(k, s, act, 0);
	}
}

/* Tell of the link that made it a member, whatever says it. */
static void
tell_place(struct registry_case *k, struct registry_story *s)
{
	const struct registry_action *act = s->link < s->n ? s->acts[s->link] : NULL;

	registry_story_link(k, s, act, s->after->linked_ms, s->after->index);
	/* It is sorted by id, which stays. */
	((struct registry_member *)(uintptr_t)s->after)->ord = s->ord;
	if (act == NULL) {
		k->is_unexplained |= k->fresh->history[REGISTRY_LINKS].is_read;
		registry_owe(k, CHANGE_LINK, &s->artifact, &TEXT(""), s->after->linked_ms);
	}
}

static void
tell_story(struct registry_case *k, struct registry_story *s)
{
	const bool is_read = k->fresh->history[REGISTRY_LINKS].is_read;
	const size_t nameless = is_read ? count_nameless(k) : 0;
	const struct registry_action *act = NULL;
	bool ends_with_link;
	size_t n;

	registry_story_settle(k, s);
	if (registry_story_is_same(s->before, s->after)) {
		if (s->n > 0)
			tell_before(k, s);
		return;
	}
	if (s->before != NULL) {
		s->is_in = true;
		s->linked_ms = s->before->linked_ms;
		s->ord = s->before->ord;
		s->index = s->before->index;
	}
	n = find_link(s);
	/* What follows the link that made it a member will end that: then, not now. */
	k->is_unexplained |= s->link + 1 < s->n;
	s->all_links = registry_kind_all_links(k, s, n, nameless);
	ends_with_link = is_cut_short(k, s, n);
	if (ends_with_link && s->before == NULL && s->after == NULL) {
		/* It came and went: that can wait until all of it shows. */
		k->is_unexplained = true;
		return;
	}
	for (size_t i = 0; i < s->n && i <= s->link; i++)
		s->acts[i]->is_new = false;
	tell_acts(k, s, n, ends_with_link);
	if (s->is_in) {
		act = nameless > 0 ? only_nameless(k, s) : NULL;
		k->is_unexplained |= is_read && nameless == 0;
		registry_story_unlink(k, s, act,
			s->after != NULL ? s->after->linked_ms : REGISTRY_NO_TIME);
	}
	if (s->after != NULL)
		tell_place(k, s);
}

/* ---- all of them ---- */

static int
compare_acts(const void *a, const void *b)
{
	const struct registry_action *x = *(struct registry_action *const *)a,
				     *y = *(struct registry_action *const *)b;
	const int order = text_compare(&x->target, &y->target);

	return order != 0 ? order : x < y ? -1 : x > y;
}

/* New entries, by artifact. Returns how many. */
static size_t
new_acts(struct registry_case *k, struct registry_action ***acts)
{
	struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	size_t n = 0;

	*acts = arena_alloc(&k->memory->arena, (h->actions.n + 1) * sizeof(**acts));
	if (*acts == NULL) {
		k->memory->failed = true;
		return 0;
	}
	for (size_t i = 0; h->is_read && i < h->actions.n; i++)
		if (h->actions.v[i].is_new && h->actions.v[i].target.p != NULL)
			(*acts)[n++] = &h->actions.v[i];
	if (n > 1)
		qsort(*acts, n, sizeof(**acts), compare_acts);
	return n;
}

static const struct text *
first_of(const struct text *a, const struct text *b, const struct text *c)
{
	const struct text *first = a;

	if (first == NULL || (b != NULL && text_compare(b, first) < 0))
		first = b;
	if (first == NULL || (c != NULL && text_compare(c, first) < 0))
		first = c;
	return first;
}

void
registry_links(struct registry_case *k)
{
	struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	size_t i = 0, j = 0, a = 0, n;
	struct registry_action **acts;

	registry_kind_learn(k);
	n = new_acts(k, &acts);
	while (!k->memory->failed) {
		const struct text *artifact =
			first_of(i < k->nbefore ? &k->before[i]->artifact : NULL,
				j < k->nafter ? &k->after[j]->artifact : NULL,
				a < n ? &acts[a]->target : NULL);
		struct registry_story s = {.acts = acts + a, .index = REGISTRY_NO_INDEX};

		if (artifact == NULL)
			break;
		s.artifact = *artifact;
		if (i < k->nbefore && text_equal(&k->before[i]->artifact, artifact))
			s.before = k->before[i++];
		if (j < k->nafter && text_equal(&k->after[j]->artifact, artifact))
			s.after = k->after[j++];
		while (a < n && text_equal(&acts[a]->target, artifact)) {
			a++;
			s.n++;
		}
		if (registry_story_is_same(s.before, s.after))
			((struct registry_member *)(uintptr_t)s.after)->ord = s.before->ord;
		if (s.n > 0 || s.before == NULL || s.after == NULL ||
			!registry_story_is_same(s.before, s.after))
			tell_story(k, &s);
	}
	for (i = 0; i < h->actions.n; i++)
		if (h->actions.v[i].target.p == NULL)
			h->actions.v[i].is_new = false;
}
