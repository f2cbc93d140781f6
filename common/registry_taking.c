/*
 * What a server answers: see registry_reading.h.
 */
#include <string.h>

#include "registry_reading.h"
#include "timestamp.h"
#include "wandb_answer.h"

static bool
ends_where_it_began(struct reading *rd, const struct task *task, const struct wandb_page *page)
{
	char about[READING_WHAT_MAX];

	if (page->next.p == NULL || !text_equal(&page->next, &task->after))
		return false;
	reading_fail(rd, REGISTRY_FAILED_NOW, "%s: a page ends where it began: it would never end",
		reading_what(rd, task, about));
	return true;
}

static void
take_collections(struct reading *rd, const struct task *task, struct wandb_collections *got)
{
	char about[256];

	if (got->entity.p == NULL) {
		reading_no_project(rd, task);
		return;
	}
	if (task->kind == TASK_COLLECTION && got->list.n == 0) {
		reading_fail(rd, REGISTRY_FAILED,
			rd->old != NULL && rd->old->collections.n > 0
				? "there is no collection %s any more, or the key may not see it; if it was renamed, poll it by its new name, with a state of its own"
				: "there is no collection %s, or the key may not see it",
			reading_what(rd, task, about));
		return;
	}
	if (ends_where_it_began(rd, task, &got->page))
		return;
	if (got->page.next.p != NULL)
		reading_send_collections(rd, task->entity, task->project, got->page.next);
	for (size_t i = 0; i < got->list.n; i++) {
		const struct text id = got->list.v[i].c->id;
		struct registry_work *w;

		/* Pages that move show one twice. */
		if (names_find(&rd->ids, id.p, id.len) >= 0 ||
			(w = reading_new_work(rd, id)) == NULL)
			continue;
		w->wc = got->list.v[i];
		reading_go_on(rd, w);
	}
}

static bool
is_registry(const struct text *project)
{
	static const char prefix[] = "wandb-registry-";

	return project->len >= sizeof(prefix) - 1 &&
	       memcmp(project->p, prefix, sizeof(prefix) - 1) == 0;
}

static void
take_registries(struct reading *rd, const struct task *task, struct wandb_registries *got)
{
	const struct text none = {NULL, 0};

	if (got->entity.p == NULL) {
		reading_no_registries(rd, got->has_organization);
		return;
	}
	if (ends_where_it_began(rd, task, &got->page))
		return;
	/* A server may not know the filter. */
	for (size_t i = 0; i < got->names.n; i++)
		if (is_registry(&got->names.v[i]))
			reading_send_collections(rd, got->entity, got->names.v[i], none);
	if (got->page.next.p != NULL) {
		struct task *more = reading_new_task(rd, TASK_REGISTRIES);

		if (more != NULL)
			more->after = got->page.next;
		reading_send(rd, more);
	}
}

#define AHEAD_MAX_MS ((int64_t)24 * 3600 * 1000) /* by which a server's clock may be ahead */
#define PAGES_MAX 10000 /* of a connection: a server may lead round in a circle */

/*
 * Whether all that part ${i} asks for has come: what is left out would be asked for again without
 * end.
 */
static bool
is_whole(const struct task *task, size_t i, const struct wandb_collection *got, struct answer *a)
{
	for (int j = 0; j < WANDB_CONNECTIONS; j++) {
		if (!task->parts[i].wants[j] || !task->features.has[j] || got->c == NULL)
			continue;
		if (got->pages[j].number == task->works[i]->wc.pages[j].number)
			return answer_fail(a, "c%zu.%s is missing", i,
				wandb_connection_name((enum wandb_connection)j));
		if (got->pages[j].number > PAGES_MAX)
			return answer_fail(a, "c%zu.%s does not end", i,
				wandb_connection_name((enum wandb_connection)j));
	}
	return true;
}

static bool
take_parts(struct reading *rd, const struct task *task, struct answer *a)
{
	struct wandb_parts got = {.n = task->n};
	bool ok;

	got.v = arena_alloc(&rd->memory->arena, (task->n + 1) * sizeof(*got.v));
	if (got.v == NULL)
		return answer_fail(a, "out of memory");
	for (size_t i = 0; i < task->n; i++)
		got.v[i] = task->works[i]->wc;
	if (!(ok = wandb_answer_parts(a, &got)))
		return false;
	for (size_t i = 0; i < task->n; i++)
		if (!is_whole(task, i, &got.v[i], a))
			return false;
	for (size_t i = 0; i < task->n; i++) {
		struct registry_work *w = task->works[i];

		/* Deleted; or not to be seen any more, which is the same from here. */
		if (got.v[i].c == NULL)
			continue;
		w->wc = got.v[i];
		reading_go_on(rd, w);
	}
	return ok;
}

/*
 * Reading may take long; and what is read is dated by the server's clock, so where that is ahead of
 * the one here, it counts. One that is days ahead is no clock.
 */
static void
tell_time(struct reading *rd, const struct graphql_answer *answer)
{
	int64_t now_ms = timestamp_now_ms(), *latest_ms = &rd->news->changes->now_ms;

	if (answer->date_ms > now_ms && answer->date_ms - now_ms <= AHEAD_MAX_MS)
		now_ms = answer->date_ms;
	if (now_ms > *latest_ms)
		*latest_ms = now_ms;
}

void
reading_take_data(struct reading *rd, struct task *task, const struct graphql_answer *answer)
{
	struct wandb_registries registries = {.memory = rd->memory};
	struct wandb_collections collections = {.memory = rd->memory};
	struct answer a;
	char about[256];
	bool ok = false;

	tell_time(rd, answer);
	answer_init(&a, answer->data.p, answer->data.len, "data");
	switch (task->kind) {
	case TASK_REGISTRIES:
		if ((ok = wandb_answer_registries(&a, &registries)))
			take_registries(rd, task, &registries);
		break;
	case TASK_COLLECTIONS:
		if ((ok = wandb_answer_collections(&a, &collections)))
			take_collections(rd, task, &collections);
		break;
	case TASK_COLLECTION:
		if ((ok = wandb_answer_collection(&a, &collections)))
			take_collections(rd, task, &collections);
		break;
	case TASK_PARTS:
		ok = take_parts(rd, task, &a);
		break;
	case TASK_METADATA:
		ok = registry_metadata_take(&rd->metadata, &a, task->first, task->n);
		break;
	case TASK_ENTITY:
		ok = reading_take_entity(rd, task, &a);
		break;
	}
	if (!ok)
		reading_fail(rd, REGISTRY_FAILED_NOW,
			"the answer about %s is not as it must be: %s; the server may be older or newer than this program knows",
			reading_what(rd, task, about), a.error);
	if (rd->memory->failed || rd->next->failed)
		reading_no_memory(rd);
}
