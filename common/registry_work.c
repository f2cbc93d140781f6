#include "registry_work.h"

#include <string.h>

#include "registry_diff.h"
#include "registry_history.h"

/* Whether the history ${i} is to be read on behind what was read. */
static bool
reads_on(const struct registry_work *w, const struct registry_changes *changes, int i)
{
	const struct registry_history *h = &w->wc.c->history[i];
	/* At a baseline nothing is news; a collection that the state does not know is all news. */
	const bool wants_all = w->old == NULL && changes->first != REGISTRY_BASELINE;

	return registry_history_reads_on(w->old != NULL ? &w->old->history[i] : NULL, wants_all,
		changes->now_ms, h->actions.v, h->actions.n, h->actions.n - w->wc.pages[i].items);
}

/* Forget a history that cannot be read to its end. */
static void
drop_history(struct registry_work *w, int i)
{
	w->wc.c->history[i].is_read = false;
	w->wc.c->history[i].actions.n = 0;
	w->wc.pages[i] = (struct wandb_page){.is_there = false};
}

/* Find what is still to be read. Returns whether there is any, or -1 with ${wrong}. */
static int
find_part(struct registry_work *w, const struct registry_changes *changes,
	const struct wandb_features *features, struct wandb_part *part, const char **wrong)
{
	int n = 0;

	*part = (struct wandb_part){.id = w->id};
	for (int i = 0; i < WANDB_CONNECTIONS; i++) {
		const struct wandb_page *page = &w->wc.pages[i];

		if (!features->has[i] || w->is_denied[i]) {
			if (i < REGISTRY_HISTORIES)
				drop_history(w, i);
			continue;
		}
		if (page->is_there && (page->next.p == NULL ||
					      (i < REGISTRY_HISTORIES && !reads_on(w, changes, i))))
			continue;
		if (page->is_there && w->asked[i].p != NULL &&
			text_equal(&w->asked[i], &page->next)) {
			*wrong = "a page ends where it began: it would never end";
			return -1;
		}
		part->wants[i] = true;
		part->after[i] = w->asked[i] = page->next;
		w->wc.c->is_torn |= i == WANDB_MEMBERS && page->is_there;
		n++;
	}
	return n > 0;
}

/* Of those not to be seen, some may be members that were known: they stay until it is said. */
static void
keep_hidden(struct registry_work *w)
{
	struct registry_collection *c = w->wc.c;
	const struct registry_history *h = &c->history[REGISTRY_LINKS];
	const size_t shown = c->members.n;

	for (size_t i = 0; w->old != NULL && c->hidden > 0 && i < w->old->members.n; i++) {
		const struct registry_member *m = &w->old->members.v[i];
		struct registry_member *kept;
		bool is_there = false;

		for (size_t j = 0; j < shown && !is_there; j++)
			is_there = text_equal(&c->members.v[j].id, &m->id);
		for (size_t j = 0; h->is_read && j < h->actions.n && !is_there; j++)
			is_there = h->actions.v[j].ms >= m->linked_ms &&
				   text_equal(&h->actions.v[j].target, &m->artifact) &&
				   h->actions.v[j].ms > w->old->history[REGISTRY_LINKS].newest_ms;
		if (!is_there && (kept = registry_grow(w->wc.memory, &c->members)) != NULL)
			*kept = *m;
	}
}

static bool
misses_members(const struct registry_collection *c, const struct registry_collection *old)
{
	for (size_t i = 0; i < old->members.n; i++)
		if (registry_member(c, &old->members.v[i].id) == NULL)
			return true;
	return false;
}

/* Whether it is worth reading once more. */
static bool
is_doubtful(const struct registry_work *w, bool is_baseline, bool is_explained)
{
	const struct registry_collection *c = w->wc.c;

	if (w->previous != NULL && registry_same(w->previous, c))
		return false;
	/* Of what nothing is told, nothing need be explained. */
	if (is_baseline)
		return c->is_torn;
	return !is_explained || (c->is_torn && (w->old == NULL || misses_members(c, w->old)));
}

static void
start_again(struct registry_work *w)
{
	w->previous = w->wc.c;
	w->reads++;
	w->wc = (struct wandb_collection){.memory = w->wc.memory,
		.c = registry_collection_new(w->wc.memory, w->id)};
	memset(w->asked, 0, sizeof(w->asked));
	if (w->wc.c == NULL)
		return;
	w->wc.c->name = w->previous->name;
	w->wc.c->entity = w->previous->entity;
	w->wc.c->project = w->previous->project;
	w->wc.c->created_ms = w->previous->created_ms;
}

enum registry_step
registry_work_next(struct registry_work *w, struct registry_changes *changes,
	const struct wandb_features *features, struct wandb_part *part, const char **wrong)
{
	const size_t told = changes->list.n;
	int more;
	bool is_explained, is_shifted;

	if ((more = find_part(w, changes, features, part, wrong)) != 0)
		return more < 0 ? REGISTRY_WORK_WRONG : REGISTRY_WORK_PART;
	w->wc.c->has_version_tags = features->has_version_tags;
	keep_hidden(w);
	registry_sort(w->wc.c);
	registry_history_unique(&w->wc.c->history[REGISTRY_LINKS]);
	is_shifted = registry_history_is_shifted(&w->wc.c->history[REGISTRY_ALIASES]);
	is_explained = registry_diff(changes, w->old, w->wc.c) && !is_shifted;
	if (!is_doubtful(w, changes->first == REGISTRY_BASELINE, is_explained) ||
		w->wc.memory->failed)
		return REGISTRY_WORK_DONE;
	changes->list.n = told;
	if (w->reads >= REGISTRY_WORK_READS)
		return REGISTRY_WORK_LATE;
	start_again(w);
	if (w->wc.c == NULL || (more = find_part(w, changes, features, part, wrong)) <= 0) {
		*wrong = "out of memory";
		return REGISTRY_WORK_WRONG;
	}
	return REGISTRY_WORK_PART;
}
