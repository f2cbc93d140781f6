#include "registry_read.h"

#include "diag.h"
#include "registry_history.h"
#include "registry_order.h"
#include "registry_reading.h"

#define GONE_MAX_MS ((int64_t)90 * 24 * 3600 * 1000) /* for which a collection is remembered */

static const struct wandb_sizes sizes_first = {.collections = 100, .items = 40, .batch = 40};

/* ---- collections ---- */

/*
 * At a baseline all that has happened so far, by the server's clocks, is known, also of what a page
 * that moved has hidden, or what is not to be seen yet.
 */
static void
raise_floor(struct registry *next, const struct registry_collection *c)
{
	int64_t newest_ms = c->created_ms;

	for (size_t i = 0; i < c->members.n; i++)
		if (c->members.v[i].linked_ms > newest_ms)
			newest_ms = c->members.v[i].linked_ms;
	for (int i = 0; i < REGISTRY_HISTORIES; i++)
		if (c->history[i].newest_ms > newest_ms)
			newest_ms = c->history[i].newest_ms;
	if (newest_ms - REGISTRY_WINDOW_MS > next->floor_ms)
		next->floor_ms = newest_ms - REGISTRY_WINDOW_MS;
}

/* ${c}: what the state is to know, or NULL. */
static void
finish_collection(struct reading *rd, const struct registry_collection *c)
{
	if (c == NULL)
		return;
	if (rd->news->changes->first == REGISTRY_BASELINE)
		raise_floor(rd->next, c);
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
		if (rd->memory->failed)
			reading_no_memory(rd);
		else
			reading_fail(rd, REGISTRY_FAILED_NOW, "collection %.*s: %s",
				(int)w->wc.c->name.len, w->wc.c->name.p, wrong);
		break;
	}
}

struct registry_work *
reading_new_work(struct reading *rd, struct text id)
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

/*
 * What the state knows and no page has shown may be hidden by a page that moved. What was not shown
 * the last time either shows itself when it comes back.
 */
static void
look_for_missing(struct reading *rd)
{
	for (size_t i = 0; rd->old != NULL && i < rd->old->collections.n; i++) {
		const struct registry_collection *c = rd->old->collections.v[i];
		struct wandb_part part = {.id = {NULL, 0}};
		struct registry_work *w;

		if (c->gone_ms != REGISTRY_NO_TIME ||
			names_find(&rd->ids, c->id.p, c->id.len) >= 0 ||
			(w = reading_new_work(rd, c->id)) == NULL)
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

/* Collections that were there the last time. */
struct gone {
	const struct registry_collection *first;
	size_t n;
};

static void
say_gone(const struct reading *rd, const struct gone *gone)
{
	const struct registry_collection *c = gone->first;

	if (gone->n == 1)
		diag("%s: there is no collection %.*s/%.*s/%.*s any longer, or the key may not see it; that makes no event",
			graphql_base_url(rd->g), (int)c->entity.len, c->entity.p,
			(int)c->project.len, c->project.p, (int)c->name.len, c->name.p);
	else if (gone->n > 1)
		diag("%s: there are no collections %.*s/%.*s/%.*s and %zu more any longer, or the key may not see them; that makes no event",
			graphql_base_url(rd->g), (int)c->entity.len, c->entity.p,
			(int)c->project.len, c->project.p, (int)c->name.len, c->name.p,
			gone->n - 1);
}

/*
 * What is not shown any more may come back, when rights are given back or what was deleted is
 * restored. So the state keeps what it knew of it, for a while.
 */
static void
keep_gone(struct reading *rd, struct gone *gone)
{
	const int64_t now_ms = rd->news->changes->now_ms;

	for (size_t i = 0; rd->old != NULL && i < rd->old->collections.n; i++) {
		const struct registry_collection *c = rd->old->collections.v[i];
		struct registry_collection *kept;

		if (registry_find(rd->next, &c->id) != NULL ||
			(c->gone_ms != REGISTRY_NO_TIME && now_ms - c->gone_ms > GONE_MAX_MS) ||
			(kept = registry_copy(rd->next, c)) == NULL)
			continue;
		if (kept->gone_ms == REGISTRY_NO_TIME) {
			kept->gone_ms = now_ms;
			gone->first = gone->n++ == 0 ? c : gone->first;
		}
		registry_add(rd->next, kept);
	}
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
			reading_take_data(rd, answer.ctx, &answer);
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

/* What the state says of time; from when on collections that it does not know are told of. */
static void
set_times(struct registry_changes *changes, const struct registry *old, struct registry *next)
{
	if (changes->first != REGISTRY_SINCE)
		changes->since_ms = old != NULL ? old->floor_ms : REGISTRY_NO_TIME;
	changes->before_ms = old != NULL ? old->read_ms : REGISTRY_NO_TIME;
	next->floor_ms = changes->since_ms;
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
	struct gone gone = {.n = 0};
	struct registry_artifacts known;

	set_times(news->changes, old, next);
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
	if (!rd.failed)
		keep_gone(&rd, &gone);
	next->read_ms = news->changes->now_ms;
	registry_order(news->changes);
	if (!rd.failed)
		read_metadata(&rd);
	if (!rd.failed)
		say_gone(&rd, &gone);
	graphql_cancel(rd.g);
	registry_metadata_release(&rd.metadata);
	registry_artifacts_release(&known);
	news->changes->known = NULL;
	names_release(&rd.ids);
	return rd.result;
}
