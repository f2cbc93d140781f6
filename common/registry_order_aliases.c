/*
 * Entries about one alias: see registry_order.h.
 */
#include "registry_order.h"

#define EXACT_MAX 8    /* entries of one time for which all orders are tried */
#define STEPS_MAX 5000 /* and so many steps */
#define ROUGH_MAX 1000 /* more than that are left as they are */

/* Entries of one time while the best order is looked for: one with the fewest leaps. */
struct search {
	struct registry_action **v;
	size_t n, steps;
	struct registry_action *const *next; /* of the time that follows */
	size_t nnext;
	const struct text *to;
	size_t order[EXACT_MAX], best[EXACT_MAX], fewest;
	bool is_used[EXACT_MAX];
};

static const struct text nobody = {NULL, 0};

static bool
leads_on(const struct search *s, const struct text *at)
{
	if (s->nnext == 0)
		return s->to == NULL || text_equal(s->to, at);
	for (size_t i = 0; i < s->nnext; i++)
		if (text_equal(&s->next[i]->source, at))
			return true;
	return false;
}

/* Try all that may come behind the first ${done}, which leap ${leaps} times. */
static void
search(struct search *s, size_t done, const struct text *at, size_t leaps)
{
	if (done == s->n)
		leaps += !leads_on(s, at);
	if (leaps >= s->fewest || s->steps++ > STEPS_MAX)
		return;
	if (done == s->n) {
		s->fewest = leaps;
		for (size_t i = 0; i < s->n; i++)
			s->best[i] = s->order[i];
		return;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->is_used[i])
			continue;
		s->is_used[i] = true;
		s->order[done] = i;
		search(s, done + 1, &s->v[i]->target, leaps + !text_equal(&s->v[i]->source, at));
		s->is_used[i] = false;
	}
}

static void
order_exactly(struct search *s, const struct text *at)
{
	struct registry_action *sorted[EXACT_MAX];

	s->fewest = s->n + 2;
	search(s, 0, at, 0);
	for (size_t i = 0; i < s->n; i++)
		sorted[i] = s->v[s->best[i]];
	for (size_t i = 0; i < s->n; i++)
		s->v[i] = sorted[i];
}

/* One that goes on from where the last one led, as long as there is one. */
static void
order_roughly(struct search *s, const struct text *at)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t j = i; j < s->n; j++) {
			struct registry_action *found = s->v[j];

			if (!text_equal(&found->source, at))
				continue;
			for (; j > i; j--)
				s->v[j] = s->v[j - 1];
			s->v[i] = found;
			break;
		}
		at = &s->v[i]->target;
	}
}

static size_t
same_time(struct registry_action *const *v, size_t n)
{
	size_t same = 0;

	while (same < n && v[same]->ms == v[0]->ms)
		same++;
	return same;
}

void
registry_order_aliases(struct registry_action **v, size_t n, const struct text *from,
	const struct text *to)
{
	const struct text *at = from != NULL ? from : &nobody;
	size_t len;

	for (; n > 0; v += len, n -= len) {
		struct search s = {.v = v, .to = to};

		s.n = len = same_time(v, n);
		s.next = v + len;
		s.nnext = same_time(v + len, n - len);
		if (len > 1 && len <= EXACT_MAX)
			order_exactly(&s, at);
		else if (len > 1 && len <= ROUGH_MAX)
			order_roughly(&s, at);
		at = &v[len - 1]->target;
	}
}
