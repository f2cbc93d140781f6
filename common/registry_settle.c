/*
 * Entries of links and unlinks that were told without them: see registry_story.h.
 */
#include "registry_owed.h"
#include "registry_story.h"

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/* Whether ${n} entries, alternating, lead from before to after. */
static bool
fits(const struct registry_story *s, size_t n)
{
	return (n % 2 == 0) == ((s->before != NULL) == (s->after != NULL));
}

static void
leave_out(struct registry_story *s, size_t i)
{
	s->acts[i]->is_new = false;
	s->n--;
	for (; i < s->n; i++)
		s->acts[i] = s->acts[i + 1];
}

/* The last entry that is dated like the link ${owed}; s->n: none. */
static size_t
find_link(const struct registry_story *s, const struct registry_owed *owed)
{
	size_t found = s->n;

	for (size_t i = 0; i < s->n; i++)
		if (s->acts[i]->ms == owed->linked_ms)
			found = i;
	/* One that is only near may be another, unless there is one too many. */
	for (size_t i = 0; found == s->n && !fits(s, s->n) && i < s->n; i++)
		if (distance(s->acts[i]->ms, owed->linked_ms) <= REGISTRY_SKEW_MS)
			return i;
	return found;
}

static bool
is_about(const struct registry_owed *owed, const struct registry_story *s)
{
	return (owed->type == CHANGE_LINK || owed->type == CHANGE_UNLINK) &&
	       text_equal(&owed->artifact, &s->artifact);
}

/* The first unlink from entry ${i} on that may be that of ${owed}; s->n: none. */
static size_t
find_unlink(const struct registry_story *s, const struct registry_owed *owed, size_t i,
	bool begins_with_link)
{
	for (; i < s->n; i++)
		if (((i % 2 == 0) != begins_with_link) && s->acts[i]->is_new &&
			registry_owed_may_be(owed, s->acts[i]))
			return i;
	return s->n;
}

/*
 * The entry of ${owed}, of entries that take turns beginning with a link or not; s->n: none. An
 * unlink is looked for behind the last link of its link's time; but what has one time may have come
 * again in it, and that link be one before all of these, as that of ${is_first} is.
 */
static size_t
find_in_turn(const struct registry_story *s, const struct registry_owed *owed,
	bool begins_with_link, bool is_first)
{
	size_t from = 0, found = s->n;

	for (size_t i = 0; i < s->n; i++) {
		const bool is_link = (i % 2 == 0) == begins_with_link;

		if (is_link && s->acts[i]->ms == owed->linked_ms) {
			from = i + 1;
			found = s->acts[i]->is_new ? i : found;
		}
	}
	if (owed->type == CHANGE_LINK)
		return found;
	if (!is_first)
		found = find_unlink(s, owed, from, begins_with_link);
	return is_first || found == s->n ? find_unlink(s, owed, 0, begins_with_link) : found;
}

/*
 * Leave out the entries of what was told without them, if all entries since then are there: if they
 * lead from before the first of these to now. Returns whether.
 */
static bool
settle_in_turn(struct registry_case *k, struct registry_story *s)
{
	const struct registry_owed *v = k->old->owed.v, *first = NULL;
	bool was_in;

	for (size_t i = 0; i < k->old->owed.n && first == NULL; i++)
		if (is_about(&v[i], s))
			first = &v[i];
	if (first == NULL)
		return true;
	was_in = first->type == CHANGE_UNLINK;
	if ((s->n % 2 == 0) != (was_in == (s->after != NULL)))
		return false;
	for (size_t i = 0; i < k->old->owed.n; i++) {
		const size_t found =
			is_about(&v[i], s) ? find_in_turn(s, &v[i], !was_in, &v[i] == first) : s->n;

		if (found == s->n)
			continue;
		s->acts[found]->is_new = false;
		k->is_settled[i] = true;
	}
	/* Only now, since turns are counted in all of them. */
	for (size_t i = s->n; i > 0; i--)
		if (!s->acts[i - 1]->is_new)
			leave_out(s, i - 1);
	return true;
}

/* Whether the entries of unlinks may show while that of the link which made ${after} does not. */
static bool
is_behind(const struct registry_story *s)
{
	if (!fits(s, s->n))
		return true;
	for (size_t i = 0; i < s->n && s->after != NULL; i++)
		if (s->acts[i]->ms >= s->after->linked_ms)
			return false;
	return s->after != NULL && s->before == NULL;
}

void
registry_story_settle(struct registry_case *k, struct registry_story *s)
{
	if (k->old == NULL || s->n == 0 || settle_in_turn(k, s))
		return;
	for (size_t i = 0; i < k->old->owed.n && s->n > 0; i++) {
		const struct registry_owed *owed = &k->old->owed.v[i];
		const bool is_unlink = owed->type == CHANGE_UNLINK;
		size_t found = s->n;

		if (!is_about(owed, s) || !registry_owed_may_be(owed, s->acts[0]))
			continue;
		if (!is_unlink)
			found = find_link(s, owed);
		else if (s->acts[0]->ms >= owed->linked_ms && is_behind(s))
			found = 0;
		if (found < s->n) {
			leave_out(s, found);
			k->is_settled[i] = true;
		} else {
			k->is_unexplained |= is_unlink;
		}
	}
}
