#include "registry_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "json_text.h"
#include "list.h"
#include "registry_metadata.h"
#include "registry_work.h"
#include "strbuf.h"
#include "wandb_answer.h"
#include "wandb_query.h"

#define QUERY_MAX ((size_t)8 * 1024 * 1024)
#define ITEMS_MIN 4
#define REGISTRIES "{\"name\":{\"$regex\":\"^wandb-registry-\"}}"

static const struct wandb_sizes sizes_first = {.collections = 100, .items = 40, .batch = 40};

enum task_kind { TASK_REGISTRIES, TASK_COLLECTIONS, TASK_COLLECTION, TASK_PARTS, TASK_METADATA };

/* A query under way. */
struct task {
	enum task_kind kind;
	struct text entity, project, after;
	struct registry_work **works; /* TASK_PARTS: of each part */
	struct wandb_part *parts;
	size_t n;
	size_t first; /* TASK_METADATA: of the artifacts */
	struct wandb_features features; /* that it was made with */
};

/* A part that waits for others to go with. */
struct waiting {
	struct registry_work *work;
	struct wandb_part part;
};

struct reading {
	struct graphql *g;
	const struct registry_scope *scope;
	const struct registry *old;
	struct registry_news *news;
	struct registry *next, *memory;
	struct wandb_features features;
	struct wandb_sizes sizes;
	REGISTRY_LIST(struct waiting) waiting;
	struct names ids; /* of collections that were met */
	struct registry_metadata metadata;
	size_t under_way;
	int signal_fd;
	enum registry_result result;
	bool failed;
};

static void
fail(struct reading *rd, enum registry_result result, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void
fail(struct reading *rd, enum registry_result result, const char *fmt, ...)
{
	char text[GRAPHQL_ERROR_MAX + 512];
	va_list ap;

	if (rd->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag("%s", text);
	rd->failed = true;
	rd->result = result;
}

/* What ${task} asks about, for messages. */
static const char *
what(const struct reading *rd, const struct task *task, char out[256])
{
	switch (task->kind) {
	case TASK_REGISTRIES:
		snprintf(out, 256, "the registries of %.*s", (int)rd->scope->organization.len,
			rd->scope->organization.p);
		break;
	case TASK_COLLECTIONS:
		snprintf(out, 256, "the collections of %.*s/%.*s", (int)task->entity.len,
			task->entity.p, (int)task->project.len, task->project.p);
		break;
	case TASK_COLLECTION:
		snprintf(out, 256, "%.*s/%.*s/%.*s", (int)task->entity.len, task->entity.p,
			(int)task->project.len, task->project.p, (int)rd->scope->collection.len,
			rd->scope->collection.p);
		break;
	case TASK_PARTS:
		snprintf(out, 256, "%zu collections in detail", task->n);
		break;
	case TASK_METADATA:
		snprintf(out, 256, "the metadata of %zu versions", task->n);
		break;
	}
	return out;
}

/* ---- sending ---- */

static struct task *
new_task(struct reading *rd, enum task_kind kind)
{
	struct task *task = arena_alloc(&rd->memory->arena, sizeof(*task));

	if (task == NULL)
		fail(rd, REGISTRY_FAILED, "out of memory");
	else
		task->kind = kind;
	return task;
}

static void
write_query(const struct reading *rd, const struct task *task, struct strbuf *query,
	struct strbuf *variables)
{
	switch (task->kind) {
	case TASK_REGISTRIES:
		wandb_query_registries(query);
		wandb_variable(variables, "org", &rd->scope->organization);
		wandb_variable(variables, "filters", &TEXT(REGISTRIES));
		wandb_variable(variables, "after", &task->after);
		wandb_variables_end(variables);
		break;
	case TASK_COLLECTIONS:
	case TASK_COLLECTION:
		if (task->kind == TASK_COLLECTIONS)
			wandb_query_collections(query, &rd->features, &rd->sizes);
		else
			wandb_query_collection(query, &rd->features, &rd->sizes);
		wandb_variable(variables, "entity", &task->entity);
		wandb_variable(variables, "project", &task->project);
		if (task->kind == TASK_COLLECTIONS)
			wandb_variable(variables, "after", &task->after);
		else
			wandb_variable(variables, "name", &rd->scope->collection);
		wandb_variables_end(variables);
		break;
	case TASK_PARTS:
		wandb_query_parts(query, variables, &rd->features, &rd->sizes, task->parts, task->n);
		break;
	case TASK_METADATA:
		wandb_query_metadata(query, variables, rd->metadata.artifacts.v + task->first,
			task->n);
		break;
	}
}

static void
send_task(struct reading *rd, struct task *task)
{
	struct strbuf query, variables;

	if (task == NULL || rd->failed)
		return;
	strbuf_init(&query, QUERY_MAX);
	strbuf_init(&variables, QUERY_MAX);
	task->features = rd->features;
	write_query(rd, task, &query, &variables);
	if (strbuf_str(&query) == NULL || strbuf_str(&variables) == NULL ||
		graphql_send(rd->g, query.buf, variables.buf, task) != 0)
		fail(rd, REGISTRY_FAILED, "out of memory");
	else
		rd->under_way++;
	strbuf_release(&query);
	strbuf_release(&variables);
}

static void
send_collections(struct reading *rd, struct text entity, struct text project, struct text after)
{
	struct task *task = new_task(rd, TASK_COLLECTIONS);

	if (task == NULL)
		return;
	task->entity = entity;
	task->project = project;
	task->after = after;
	send_task(rd, task);
}

static void
wait_with(struct reading *rd, struct registry_work *work, const struct wandb_part *part)
{
	struct waiting *waiting = registry_grow(rd->memory, &rd->waiting);

	if (waiting == NULL)
		fail(rd, REGISTRY_FAILED, "out of memory");
	else
		*waiting = (struct waiting){work, *part};
}

/* Send what waits, as many as go together; a rest only if nothing can come to it. */
static void
send_waiting(struct reading *rd)
{
	while (!rd->failed && rd->waiting.n > 0 &&
		(rd->waiting.n >= rd->sizes.batch || rd->under_way == 0)) {
		struct task *task = new_task(rd, TASK_PARTS);
		const size_t n = rd->waiting.n < rd->sizes.batch ? rd->waiting.n : rd->sizes.batch;

		if (task == NULL)
			return;
		task->n = n;
		task->works = arena_alloc(&rd->memory->arena, n * sizeof(struct registry_work *));
		task->parts = arena_alloc(&rd->memory->arena, n * sizeof(*task->parts));
		if (task->works == NULL || task->parts == NULL) {
			fail(rd, REGISTRY_FAILED, "out of memory");
			return;
		}
		for (size_t i = 0; i < n; i++) {
			task->works[i] = rd->waiting.v[rd->waiting.n - n + i].work;
			task->parts[i] = rd->waiting.v[rd->waiting.n - n + i].part;
		}
		rd->waiting.n -= n;
		send_task(rd, task);
	}
}

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

static void
go_on(struct reading *rd, struct registry_work *w)
{
	const char *wrong = NULL;
	struct wandb_part part;

	switch (registry_work_next(w, rd->news->changes, &rd->features, &part, &wrong)) {
	case REGISTRY_WORK_PART:
		wait_with(rd, w, &part);
		break;
	case REGISTRY_WORK_DONE:
		finish_collection(rd, w->wc.c);
		break;
	case REGISTRY_WORK_LATE:
		leave_late(rd, w);
		break;
	case REGISTRY_WORK_WRONG:
		fail(rd, REGISTRY_FAILED, "collection %.*s: %s", (int)w->wc.c->name.len,
			w->wc.c->name.p, wrong);
		break;
	}
}

static struct registry_work *
new_work(struct reading *rd, struct text id)
{
	struct registry_work *w = arena_alloc(&rd->memory->arena, sizeof(*w));

	if (w == NULL || names_add(&rd->ids, id.p, id.len) < 0) {
		fail(rd, REGISTRY_FAILED, "out of memory");
		return NULL;
	}
	w->id = id;
	w->wc.memory = rd->memory;
	w->old = rd->old != NULL ? registry_find(rd->old, &id) : NULL;
	return w;
}

static void
take_collections(struct reading *rd, const struct task *task, struct wandb_collections *got)
{
	char about[256];

	if (got->entity.p == NULL) {
		fail(rd, REGISTRY_FAILED, "there is no project %.*s/%.*s, or the key may not see it",
			(int)task->entity.len, task->entity.p, (int)task->project.len,
			task->project.p);
		return;
	}
	if (task->kind == TASK_COLLECTION && got->list.n == 0) {
		fail(rd, REGISTRY_FAILED, "there is no collection %s, or the key may not see it",
			what(rd, task, about));
		return;
	}
	if (got->page.next.p != NULL && text_equal(&got->page.next, &task->after)) {
		fail(rd, REGISTRY_FAILED, "%s: a page ends where it began: it would never end",
			what(rd, task, about));
		return;
	}
	if (got->page.next.p != NULL)
		send_collections(rd, task->entity, task->project, got->page.next);
	for (size_t i = 0; i < got->list.n; i++) {
		const struct text id = got->list.v[i].c->id;
		struct registry_work *w;

		/* Pages that move show one twice. */
		if (names_find(&rd->ids, id.p, id.len) >= 0 || (w = new_work(rd, id)) == NULL)
			continue;
		w->wc = got->list.v[i];
		go_on(rd, w);
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
			fail(rd, REGISTRY_FAILED, "out of memory");
			return;
		}
		w->wc.c->entity = c->entity;
		w->wc.c->project = c->project;
		part.id = c->id;
		for (int j = 0; j < WANDB_CONNECTIONS; j++)
			part.wants[j] = rd->features.has[j];
		wait_with(rd, w, &part);
	}
}

/* ---- answers ---- */

static void
take_registries(struct reading *rd, const struct task *task, struct wandb_registries *got)
{
	const struct text none = {NULL, 0};

	if (got->entity.p == NULL) {
		fail(rd, REGISTRY_FAILED,
			"there is no organization %.*s, it has no registries, or the key may not see it",
			(int)rd->scope->organization.len, rd->scope->organization.p);
		return;
	}
	for (size_t i = 0; i < got->names.n; i++)
		send_collections(rd, got->entity, got->names.v[i], none);
	if (got->page.next.p != NULL && !text_equal(&got->page.next, &task->after)) {
		struct task *more = new_task(rd, TASK_REGISTRIES);

		if (more != NULL)
			more->after = got->page.next;
		send_task(rd, more);
	}
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
	for (size_t i = 0; i < task->n; i++) {
		struct registry_work *w = task->works[i];

		/* Deleted; or not to be seen any more, which is the same from here. */
		if (got.v[i].c == NULL)
			continue;
		w->wc = got.v[i];
		go_on(rd, w);
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
	}
	if (!ok)
		fail(rd, REGISTRY_FAILED, "the server's answer about %s is not as it must be: %s",
			what(rd, task, about), a.error);
	if (rd->memory->failed || rd->next->failed)
		fail(rd, REGISTRY_FAILED, "out of memory");
}

/* ---- refusals ---- */

/* Parts whose histories are not to be had, by name; if it is all of them, nobody's is. */
static void
deny_parts(struct reading *rd, struct task *task, const struct graphql_answer *answer, int i)
{
	size_t denied = 0;
	char name[32];

	for (size_t j = 0; j < task->n; j++) {
		snprintf(name, sizeof(name), "c%zu", j);
		if (!graphql_refers_to(answer, name))
			continue;
		task->works[j]->is_denied[i] = true;
		task->parts[j].wants[i] = false;
		denied++;
	}
	if (denied == 0 || denied == task->n)
		rd->features.has[i] = false;
}

/* Whether what the server complains of can be done without. */
static bool
do_without(struct reading *rd, struct task *task, const struct graphql_answer *answer)
{
	struct wandb_features *f = &rd->features;

	for (int i = 0; i < REGISTRY_HISTORIES; i++) {
		if (!task->features.has[i] ||
			!graphql_refers_to(answer, wandb_connection_name((enum wandb_connection)i)))
			continue;
		if (task->features.has_order[i] && graphql_refers_to(answer, "order"))
			f->has_order[i] = false;
		else if (answer->http_status == 400)
			f->has[i] = false;
		else if (task->kind == TASK_PARTS)
			deny_parts(rd, task, answer, i);
		else if (task->kind == TASK_COLLECTIONS && task->features.is_nested[i])
			f->is_nested[i] = false;
		else
			f->has[i] = false;
		return true;
	}
	if (!graphql_refers_to(answer, "tags"))
		return false;
	if (task->features.has_version_tags &&
		(graphql_refers_to(answer, "Artifact") || graphql_refers_to(answer, "artifact")))
		f->has_version_tags = false;
	else if (task->features.has[WANDB_TAGS])
		f->has[WANDB_TAGS] = false;
	else
		return false;
	diag("the server does not tell tags of %s: %s",
		f->has_version_tags ? "collections" : "versions", answer->error);
	return true;
}

/* Whether it may be asked for in smaller pieces. */
static bool
ask_for_less(struct reading *rd, const struct task *task, const struct graphql_answer *answer)
{
	struct wandb_sizes *s = &rd->sizes;

	if (answer->verdict == GRAPHQL_REFUSED &&
		(answer->http_status == 401 || answer->http_status == 403 ||
			answer->http_status == 404))
		return false;
	switch (task->kind) {
	case TASK_COLLECTIONS:
		if (s->collections > 1)
			s->collections = (s->collections + 3) / 4;
		else if (s->items > ITEMS_MIN)
			s->items /= 2;
		else
			return false;
		return true;
	case TASK_COLLECTION:
		s->items /= 2;
		return s->items >= ITEMS_MIN;
	case TASK_PARTS:
		if (task->n > 1)
			s->batch = (unsigned)((task->n + 3) / 4);
		else if (s->items > ITEMS_MIN)
			s->items /= 2;
		else
			return false;
		return true;
	case TASK_METADATA:
		return task->n > 1;
	case TASK_REGISTRIES:
		break;
	}
	return false;
}

static void
send_again(struct reading *rd, struct task *task)
{
	if (task->kind == TASK_PARTS) {
		for (size_t i = 0; i < task->n; i++)
			wait_with(rd, task->works[i], &task->parts[i]);
		return;
	}
	send_task(rd, task);
}

/* What is not wanted any more needs no query. */
static void
drop_empty_parts(struct reading *rd)
{
	for (size_t i = 0; i < rd->waiting.n; i++) {
		struct waiting *waiting = &rd->waiting.v[i];
		struct registry_work *w = waiting->work;
		bool is_wanted = false;

		for (int j = 0; j < WANDB_CONNECTIONS; j++)
			is_wanted |= waiting->part.wants[j] && rd->features.has[j];
		if (is_wanted)
			continue;
		*waiting = rd->waiting.v[--rd->waiting.n];
		i--;
		go_on(rd, w);
	}
}

static void
take_refusal(struct reading *rd, struct task *task, const struct graphql_answer *answer)
{
	char about[256];

	if (answer->verdict == GRAPHQL_REFUSED && do_without(rd, task, answer)) {
		send_again(rd, task);
		drop_empty_parts(rd);
		return;
	}
	if ((answer->verdict == GRAPHQL_TOO_MUCH || answer->verdict == GRAPHQL_REFUSED) &&
		ask_for_less(rd, task, answer)) {
		if (task->kind == TASK_METADATA) {
			struct task *rest = new_task(rd, TASK_METADATA);

			if (rest == NULL)
				return;
			rest->first = task->first + task->n / 2;
			rest->n = task->n - task->n / 2;
			task->n /= 2;
			send_task(rd, rest);
		}
		send_again(rd, task);
		return;
	}
	fail(rd, answer->is_transient ? REGISTRY_FAILED_NOW : REGISTRY_FAILED,
		"cannot read %s: %s", what(rd, task, about), answer->error);
}

/* Until nothing is under way. */
static void
run(struct reading *rd)
{
	struct graphql_answer answer;

	send_waiting(rd);
	while (!rd->failed && graphql_next(rd->g, &answer, rd->signal_fd)) {
		if (answer.verdict == GRAPHQL_STOPPED || answer.ctx == NULL) {
			rd->failed = true;
			rd->result = answer.verdict == GRAPHQL_STOPPED ? REGISTRY_STOPPED
								       : REGISTRY_FAILED;
			if (answer.verdict != GRAPHQL_STOPPED)
				diag("%s", answer.error);
			break;
		}
		rd->under_way--;
		if (answer.verdict == GRAPHQL_OK)
			take_data(rd, answer.ctx, &answer);
		else
			take_refusal(rd, answer.ctx, &answer);
		send_waiting(rd);
	}
}

/* ---- all of it ---- */

static void
send_first(struct reading *rd)
{
	const struct registry_scope *scope = rd->scope;
	struct task *task;

	if (scope->organization.len > 0) {
		send_task(rd, new_task(rd, TASK_REGISTRIES));
	} else if (scope->collection.len > 0) {
		if ((task = new_task(rd, TASK_COLLECTION)) != NULL) {
			task->entity = scope->entity;
			task->project = scope->project;
		}
		send_task(rd, task);
	} else {
		send_collections(rd, scope->entity, scope->project, (struct text){NULL, 0});
	}
}

static void
read_metadata(struct reading *rd)
{
	if (!registry_metadata_init(&rd->metadata, rd->news->changes)) {
		fail(rd, REGISTRY_FAILED, "out of memory");
		return;
	}
	for (size_t i = 0; i < rd->metadata.artifacts.n && !rd->failed; i += rd->metadata.batch) {
		struct task *task = new_task(rd, TASK_METADATA);
		const size_t left = rd->metadata.artifacts.n - i;

		if (task == NULL)
			return;
		task->first = i;
		task->n = left < rd->metadata.batch ? left : rd->metadata.batch;
		send_task(rd, task);
	}
	run(rd);
	if (!rd->failed && !registry_metadata_finish(&rd->metadata, rd->news))
		fail(rd, REGISTRY_FAILED, "out of memory");
}

enum registry_result
registry_read(struct graphql *g, const struct registry_scope *scope, const struct registry *old,
	struct registry_news *news, struct registry *next, int signal_fd)
{
	struct reading rd = {.g = g,
		.scope = scope,
		.old = old,
		.news = news,
		.next = next,
		.memory = news->changes->memory,
		.features = {.has = {true, true, true, true},
			.has_order = {true, true},
			.has_version_tags = true,
			.is_nested = {true, true}},
		.sizes = sizes_first,
		.signal_fd = signal_fd};

	struct registry_artifacts known;

	names_init(&rd.ids);
	news->changes->known = &known;
	if (!registry_artifacts_init(&known, old))
		fail(&rd, REGISTRY_FAILED, "out of memory");
	send_first(&rd);
	run(&rd);
	if (!rd.failed) {
		look_for_missing(&rd);
		run(&rd);
	}
	registry_changes_sort(news->changes);
	if (!rd.failed)
		read_metadata(&rd);
	graphql_cancel(g);
	registry_metadata_release(&rd.metadata);
	registry_artifacts_release(&known);
	news->changes->known = NULL;
	names_release(&rd.ids);
	return rd.result;
}
