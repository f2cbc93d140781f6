#include "registry_read.h"

#include <string.h>

#include "diag.h"
#include "registry_reading.h"
#include "wandb_answer.h"

static const struct wandb_sizes sizes_first = {.collections = 100, .items = 40, .batch = 40};

/* ---- collections ---- */

/* ${c}: what the state is to know, or NULL. */
static void
finish_collection(struct reading *rd, const struct registry_collection *c)
{
	if (c == NULL)
		return;
	rd->news->collections++;
	rd->news->versions += c->members.n;
	registry_add(rd->next, registry_copy(rd->next, c));
}

/* At a baseline there is nothing to be told wrong, but all of it later if it were left out. */
static void
leave_late(struct reading *rd, const struct registry_work *w)
{
	const struct registry_collection *c = w->wc.c;
	const bool is_baseline = w->old == NULL && rd->news->changes->first == REGISTRY_BASELINE;

	diag("%.*s/%.*s/%.*s changed all the time while it was read: %s", (int)c->entity.len,
		c->entity.p, (int)c->project.len, c->project.p, (int)c->name.len, c->name.p,
		is_baseline ? "it is taken as it was last" : "it is left for the next time");
	finish_collection(rd, is_baseline ? c : w->old);
}

void
reading_go_on(struct reading *rd, struct registry_work *w)
{
	const char *wrong = NULL;
	struct wandb_part part;

	switch (registry_work_next(w, rd->news->changes, &rd->features, &part, &wrong)) {
	case REGISTRY_WORK_PART:
		reading_wait(rd, w, &part, NULL);
		break;
	case REGISTRY_WORK_DONE:
		finish_collection(rd, w->wc.c);
		break;
	case REGISTRY_WORK_LATE:
		leave_late(rd, w);
		break;
	case REGISTRY_WORK_WRONG:
		reading_fail(rd, REGISTRY_FAILED, "collection %.*s: %s", (int)w->wc.c->name.len,
			w->wc.c->name.p, wrong);
		break;
	}
}

static struct registry_work *
new_work(struct reading *rd, struct text id)
{
	struct registry_work *w = arena_alloc(&rd->memory->arena, sizeof(*w));

	if (w == NULL || names_add(&rd->ids, id.p, id.len) < 0) {
		reading_no_memory(rd);
		return NULL;
	}
	w->id = id;
	w->wc.memory = rd->memory;
	w->old = rd->old != NULL ? registry_find(rd->old, &id) : NULL;
	return w;
}

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
			"there is no collection %s, or the key may not see it",
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
		if (names_find(&rd->ids, id.p, id.len) >= 0 || (w = new_work(rd, id)) == NULL)
			continue;
		w->wc = got->list.v[i];
		reading_go_on(rd, w);
	}
}

/* What the state knows and no page has shown may be hidden by a page that moved. */
static void
look_for_missing(struct reading *rd)
{
	for (size_t i = 0; rd->old != NULL && i < rd->old->collections.n; i++) {
		const struct registry_collection *c = rd->old->collections.v[i];
		struct wandb_part part = {.id = {NULL, 0}};
		struct registry_work *w;

		if (c == NULL || names_find(&rd->ids, c->id.p, c->id.len) >= 0 ||
			(w = new_work(rd, c->id)) == NULL)
			continue;
		w->wc.c = registry_collection_new(rd->memory, c->id);
		if (w->wc.c == NULL) {
			reading_no_memory(rd);
			return;
		}
		w->wc.c->entity = c->entity;
		w->wc.c->project = c->project;
		part.id = c->id;
		for (int j = 0; j < WANDB_CONNECTIONS; j++)
			part.wants[j] = rd->features.has[j];
		reading_wait(rd, w, &part, NULL);
	}
}

/* ---- answers ---- */

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

static void
take_data(struct reading *rd, struct task *task, const struct graphql_answer *answer)
{
	struct wandb_registries registries = {.memory = rd->memory};
	struct wandb_collections collections = {.memory = rd->memory};
	struct answer a;
	char about[256];
	bool ok = false;

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

/* Until nothing is under way. */
static void
run(struct reading *rd)
{
	struct graphql_answer answer;

	reading_send_waiting(rd);
	while (!rd->failed && graphql_next(rd->g, &answer, rd->signal_fd)) {
		if (answer.verdict == GRAPHQL_STOPPED || answer.ctx == NULL) {
			rd->failed = true;
			rd->result = answer.verdict == GRAPHQL_STOPPED ? REGISTRY_STOPPED
								       : REGISTRY_FAILED;
			if (answer.verdict != GRAPHQL_STOPPED)
				diag("%s: %s", graphql_base_url(rd->g), answer.error);
			break;
		}
		rd->under_way--;
		if (answer.verdict == GRAPHQL_OK)
			take_data(rd, answer.ctx, &answer);
		else
			reading_take_refusal(rd, answer.ctx, &answer);
		reading_send_waiting(rd);
	}
}

/* ---- all of it ---- */

static void
send_first(struct reading *rd)
{
	const struct registry_scope *scope = rd->scope;
	struct task *task;

	if (scope->organization.len > 0) {
		reading_send(rd, reading_new_task(rd, TASK_REGISTRIES));
	} else if (scope->collection.len > 0) {
		if ((task = reading_new_task(rd, TASK_COLLECTION)) != NULL) {
			task->entity = scope->entity;
			task->project = scope->project;
		}
		reading_send(rd, task);
	} else {
		reading_send_collections(rd, scope->entity, scope->project, (struct text){NULL, 0});
	}
}

static void
read_metadata(struct reading *rd)
{
	if (!registry_metadata_init(&rd->metadata, rd->news->changes)) {
		reading_no_memory(rd);
		return;
	}
	for (size_t i = 0; i < rd->metadata.artifacts.n && !rd->failed; i += rd->metadata.batch) {
		struct task *task = reading_new_task(rd, TASK_METADATA);
		const size_t left = rd->metadata.artifacts.n - i;

		if (task == NULL)
			return;
		task->first = i;
		task->n = left < rd->metadata.batch ? left : rd->metadata.batch;
		reading_send(rd, task);
	}
	run(rd);
	if (!rd->failed && !registry_metadata_finish(&rd->metadata, rd->news))
		reading_no_memory(rd);
}

enum registry_result
registry_read(struct registry_source *source, const struct registry *old,
	struct registry_news *news, struct registry *next)
{
	struct reading rd = {.g = source->graphql,
		.scope = source->scope,
		.said = &source->said,
		.old = old,
		.news = news,
		.next = next,
		.memory = news->changes->memory,
		.features = {.has = {true, true, true, true},
			.has_order = {true, true},
			.has_version_tags = true,
			.is_nested = {true, true}},
		.sizes = sizes_first,
		.signal_fd = source->signal_fd};

	struct registry_artifacts known;

	names_init(&rd.ids);
	news->changes->known = &known;
	if (!registry_artifacts_init(&known, old))
		reading_no_memory(&rd);
	send_first(&rd);
	run(&rd);
	if (!rd.failed) {
		look_for_missing(&rd);
		run(&rd);
	}
	registry_changes_sort(news->changes);
	if (!rd.failed)
		read_metadata(&rd);
	graphql_cancel(rd.g);
	registry_metadata_release(&rd.metadata);
	registry_artifacts_release(&known);
	news->changes->known = NULL;
	names_release(&rd.ids);
	return rd.result;
}
