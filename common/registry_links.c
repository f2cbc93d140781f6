/*
 * Links and unlinks: see registry_diff.h.
 */
#include <stdlib.h>

#include "registry_case.h"

#define SKEW_MS 1000 /* by which a membership and its action may be dated apart */

/* What is known of one artifact. */
struct story {
	const struct registry_member *before, *after; /* NULL: not in the collection */
	struct registry_action **acts;
	size_t n;
	size_t link; /* the one that made ${after}; n: none of them */
	/* as far as it is told: */
	bool is_in, is_told; /* whether a link has been */
	int64_t linked_ms, index;
	unsigned ord, step;
	bool all_links; /* the entries are all links: unlinks do not say of what they are */
};

static bool
is_same_place(const struct registry_member *a, const struct registry_member *b)
{
	return a != NULL && b != NULL && a->linked_ms == b->linked_ms && text_equal(&a->id, &b->id);
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static void
tell(struct registry_case *k, struct story *s, int type, const struct text *artifact,
	const struct registry_action *act, int64_t ms, bool is_dated)
{
	const bool is_unknown = type == CHANGE_UNLINK && !s->is_in;
	const struct registry_identity identity = {.collection = k->fresh,
		.type = type,
		.artifact = *artifact,
		.linked_ms = is_unknown ? 0 : s->linked_ms,
		.ord = is_unknown ? 0 : s->ord,
		.at_ms = is_unknown ? ms : 0};
	struct registry_change change = {.type = type,
		.is_dated = is_dated,
		.ms = ms,
		.collection = k->fresh,
		.artifact = *artifact,
		.index = s->index,
		.step = s->step++,
		.rank = type == CHANGE_UNLINK ? 2 : 0};

	if (act != NULL)
		change.user = act->user;
	registry_change_id(&identity, change.id);
	registry_tell(k->changes, &change, s->linked_ms);
}

/* How many entries of ${artifact} have the time ${ms}, up to ${act}; all if it is NULL. */
static unsigned
count_before(const struct registry_case *k, const struct text *artifact,
	const struct registry_action *act, int64_t ms)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	unsigned n = 0;

	for (size_t i = 0; h->is_read && i < h->actions.n && &h->actions.v[i] != act; i++)
		n += h->actions.v[i].ms == ms && text_equal(&h->actions.v[i].target, artifact);
	return n;
}

/*
 * Which link of its time it is. The history counts, told entries too, so that all who read it come
 * to the same; where there is none, what was told does.
 */
static unsigned
number_of(const struct registry_case *k, const struct story *s, const struct text *artifact,
	const struct registry_action *act, int64_t ms)
{
	const unsigned entries = count_before(k, artifact, act, ms);
	unsigned n = s->all_links ? entries : entries / 2, told = 0;

	for (size_t i = 0; k->old != NULL && i < k->old->owed.n; i++) {
		const struct registry_owed *owed = &k->old->owed.v[i];

		told += owed->type == CHANGE_UNLINK && owed->linked_ms == ms &&
			text_equal(&owed->artifact, artifact);
	}
	if (s->before != NULL && s->before->linked_ms == ms && told < s->before->ord + 1)
		told = s->before->ord + 1;
	if (s->is_told && s->linked_ms == ms && told < s->ord + 1)
		told = s->ord + 1;
	return n > told ? n : told;
}

static void
tell_link(struct registry_case *k, struct story *s, const struct text *artifact,
	const struct registry_action *act, int64_t ms, int64_t index)
{
	s->ord = number_of(k, s, artifact, act, ms);
	s->linked_ms = ms;
	s->index = index;
	tell(k, s, CHANGE_LINK, artifact, act, ms, true);
	s->is_in = s->is_told = true;
}

/* ${act}: what says it, or NULL; then it is not dated unless something bounds it, ${until_ms}. */
static void
tell_unlink(struct registry_case *k, struct story *s, const struct text *artifact,
	const struct registry_action *act, int64_t until_ms)
{
	const bool has_bound = act == NULL && until_ms != REGISTRY_NO_TIME;

	if (act == NULL)
		registry_case_owe(k, CHANGE_UNLINK, artifact, &TEXT(""), s->linked_ms);
	tell(k, s, CHANGE_UNLINK, artifact, act,
		act != NULL ? act->ms
		: has_bound ? until_ms
			    : 0,
		act != NULL || has_bound);
	s->is_in = false;
}

/* ---- entries that say no artifact: the server may leave it out of unlinks ---- */

static size_t
count_nameless(const struct registry_case *k)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	size_t n = 0;

	for (size_t i = 0; i < h->actions.n; i++)
		n += h->actions.v[i].is_new && h->actions.v[i].target.p == NULL;
	return n;
}

/*
 * The only one there is, for the only unlink that there is: no other can be told apart. Of those
 * that are in the collection no more it may be any one's.
 */
static struct registry_action *
only_nameless(const struct registry_case *k, const struct story *s)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	struct registry_action *found = NULL;
	size_t gone = 0;

	for (size_t i = 0; i < k->nbefore; i++) {
		const struct registry_member *now = registry_case_after(k, &k->before[i]->artifact);

		gone += !is_same_place(k->before[i], now);
	}
	if (gone != (s->before != NULL))
		return NULL;
	for (size_t i = 0; i < h->actions.n; i++) {
		if (!h->actions.v[i].is_new || h->actions.v[i].target.p != NULL)
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

/* Whether ${n} entries, alternating, lead from before to after. */
static bool
fits(const struct story *s, size_t n)
{
	return (n % 2 == 0) == ((s->before != NULL) == (s->after != NULL));
}

static void
leave_out(struct story *s, size_t i)
{
	s->acts[i]->is_new = false;
	s->n--;
	for (; i < s->n; i++)
		s->acts[i] = s->acts[i + 1];
}

/* The last entry that is dated like the link ${owed}; s->n: none. */
static size_t
find_owed_link(const struct story *s, const struct registry_owed *owed)
{
	size_t found = s->n;

	for (size_t i = 0; i < s->n; i++)
		if (s->acts[i]->ms == owed->linked_ms)
			found = i;
	/* One that is only near may be another, unless there is one too many. */
	for (size_t i = 0; found == s->n && !fits(s, s->n) && i < s->n; i++)
		if (distance(s->acts[i]->ms, owed->linked_ms) <= SKEW_MS)
			return i;
	return found;
}

static bool
is_owed_for(const struct registry_owed *owed, const struct text *artifact)
{
	return (owed->type == CHANGE_LINK || owed->type == CHANGE_UNLINK) &&
	       text_equal(&owed->artifact, artifact);
}

/* The entry of ${owed}, of entries that take turns beginning with a link or not; s->n: none. */
static size_t
find_in_turn(const struct story *s, const struct registry_owed *owed, bool begins_with_link)
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
	for (; from < s->n; from++)
		if (((from % 2 == 0) != begins_with_link) && s->acts[from]->is_new)
			return from;
	return s->n;
}

/*
 * Leave out the entries of what was told without them, if all entries since then are there: if they
 * lead from before the first of these to now. Returns whether.
 */
static bool
settle_in_turn(const struct registry_collection *old, struct story *s, const struct text *artifact)
{
	const struct registry_owed *first = NULL;
	bool was_in;

	for (size_t i = 0; i < old->owed.n && first == NULL; i++)
		if (is_owed_for(&old->owed.v[i], artifact))
			first = &old->owed.v[i];
	if (first == NULL)
		return true;
	was_in = first->type == CHANGE_UNLINK;
	if ((s->n % 2 == 0) != (was_in == (s->after != NULL)))
		return false;
	for (size_t i = 0; i < old->owed.n; i++) {
		size_t found = s->n;

		if (is_owed_for(&old->owed.v[i], artifact))
			found = find_in_turn(s, &old->owed.v[i], !was_in);
		if (found < s->n)
			s->acts[found]->is_new = false;
	}
	/* Only now, since turns are counted in all of them. */
	for (size_t i = s->n; i > 0; i--)
		if (!s->acts[i - 1]->is_new)
			leave_out(s, i - 1);
	return true;
}

/* Leave out the entries of what was told without them. */
static void
settle_owed(struct registry_case *k, struct story *s, const struct text *artifact)
{
	const struct registry_collection *old = k->old;

	if (old == NULL || s->n == 0 || settle_in_turn(old, s, artifact))
		return;
	for (size_t i = 0; i < old->owed.n && s->n > 0; i++) {
		const struct registry_owed *owed = &old->owed.v[i];
		size_t found = s->n;

		if (!is_owed_for(owed, artifact))
			continue;
		if (owed->type == CHANGE_LINK)
			found = find_owed_link(s, owed);
		else if (s->acts[0]->ms >= owed->linked_ms && !fits(s, s->n))
			found = 0;
		if (found < s->n)
			leave_out(s, found);
		else
			k->is_unexplained |= owed->type == CHANGE_UNLINK;
	}
}

/*
 * The entry that made ${after}, and how many come before it. Of those that are dated like it, the
 * last one before which links and unlinks take turns.
 */
static size_t
find_link(struct story *s)
{
	bool found = false;

	s->link = s->n;
	if (s->after == NULL)
		return s->n;
	for (size_t i = s->n; i > 0 && !found; i--) {
		if (s->acts[i - 1]->ms != s->after->linked_ms)
			continue;
		found = ((i - 1) % 2 == 1) == (s->before != NULL);
		if (found || s->link == s->n)
			s->link = i - 1;
	}
	if (s->link == s->n && s->n > 0 && ((s->n - 1) % 2 == 1) == (s->before != NULL) &&
		distance(s->acts[s->n - 1]->ms, s->after->linked_ms) <= SKEW_MS)
		s->link = s->n - 1;
	return s->link;
}

/* How many unlinks would have no entry if all of the first ${n} entries were links. */
static size_t
missing_unlinks(const struct story *s, size_t n)
{
	return n + (s->before != NULL);
}

/*
 * The version is where it was, but entries are left. If they are older than its link and it went
 * as often as it came, that came before, and nobody has told it; a link of the same time was told
 * under the first number.
 */
static void
tell_before(struct registry_case *k, struct story *s, const struct text *artifact)
{
	if (s->n % 2 != 0 || s->acts[s->n - 1]->ms > s->after->linked_ms) {
		/* It may show the next time, with these entries. */
		k->is_unexplained = true;
		return;
	}
	for (size_t i = 0; i < s->n; i += 2) {
		s->acts[i]->is_new = s->acts[i + 1]->is_new = false;
		/* number_of() passes over the number of ${before}, which is ${after}. */
		tell_link(k, s, artifact, s->acts[i], s->acts[i]->ms,
			registry_case_past_index(k, artifact, s->acts[i]->ms));
		tell_unlink(k, s, artifact, s->acts[i + 1], 0);
	}
}

/* Tell what the first ${n} entries say. */
static void
tell_acts(struct registry_case *k, struct story *s, const struct text *artifact, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct registry_action *act = s->acts[i];
		const bool is_link = s->all_links || (n - 1 - i) % 2 == 1;

		if (is_link && s->is_in) {
			k->is_unexplained |= !s->all_links;
			tell_unlink(k, s, artifact, NULL, act->ms);
		}
		if (is_link) {
			tell_link(k, s, artifact, act, act->ms,
				registry_case_past_index(k, artifact, act->ms));
			continue;
		}
		/* The end of a link that nobody has seen; or one too new to be seen elsewhere. */
		k->is_unexplained |= !s->is_in;
		if (!s->is_in)
			s->index = registry_case_past_index(k, artifact, act->ms);
		tell_unlink(k, s, artifact, act, 0);
	}
}

static void
tell_story(struct registry_case *k, struct story *s, const struct text *artifact)
{
	const bool is_read = k->fresh->history[REGISTRY_LINKS].is_read;
	const size_t nameless = is_read ? count_nameless(k) : 0;
	const struct registry_action *act = NULL;
	size_t n;

	settle_owed(k, s, artifact);
	if (is_same_place(s->before, s->after)) {
		if (s->n > 0)
			tell_before(k, s, artifact);
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
	for (size_t i = 0; i < s->n && i <= s->link; i++)
		s->acts[i]->is_new = false;
	s->all_links = nameless > 0 && missing_unlinks(s, n) <= nameless;
	tell_acts(k, s, artifact, n);
	if (s->is_in) {
		act = nameless > 0 ? only_nameless(k, s) : NULL;
		k->is_unexplained |= is_read && nameless == 0;
		tell_unlink(k, s, artifact, act,
			s->after != NULL ? s->after->linked_ms : REGISTRY_NO_TIME);
	}
	if (s->after == NULL)
		return;
	act = s->link < s->n ? s->acts[s->link] : NULL;
	tell_link(k, s, artifact, act, s->after->linked_ms, s->after->index);
	/* It is sorted by id, which stays. */
	((struct registry_member *)(uintptr_t)s->after)->ord = s->ord;
	if (act == NULL) {
		k->is_unexplained |= is_read;
		registry_case_owe(k, CHANGE_LINK, artifact, &TEXT(""), s->after->linked_ms);
	}
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

	n = new_acts(k, &acts);
	while (!k->memory->failed) {
		const struct text *artifact =
			first_of(i < k->nbefore ? &k->before[i]->artifact : NULL,
				j < k->nafter ? &k->after[j]->artifact : NULL,
				a < n ? &acts[a]->target : NULL);
		struct story s = {.acts = acts + a, .index = REGISTRY_NO_INDEX};

		if (artifact == NULL)
			break;
		if (i < k->nbefore && text_equal(&k->before[i]->artifact, artifact))
			s.before = k->before[i++];
		if (j < k->nafter && text_equal(&k->after[j]->artifact, artifact))
			s.after = k->after[j++];
		while (a < n && text_equal(&acts[a]->target, artifact)) {
			a++;
			s.n++;
		}
		if (is_same_place(s.before, s.after))
			((struct registry_member *)(uintptr_t)s.after)->ord = s.before->ord;
		if (s.n > 0 || s.before == NULL || s.after == NULL ||
			!is_same_place(s.before, s.after))
			tell_story(k, &s, artifact);
	}
	for (i = 0; i < h->actions.n; i++)
		if (h->actions.v[i].target.p == NULL)
			h->actions.v[i].is_new = false;
}
