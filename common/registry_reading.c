#include "registry_reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "strbuf.h"

#define QUERY_MAX ((size_t)8 * 1024 * 1024)
#define REGISTRIES "{\"name\":{\"$regex\":\"^wandb-registry-\"}}"

void
reading_fail(struct reading *rd, enum registry_result result, const char *fmt, ...)
{
	char text[GRAPHQL_ERROR_MAX + 512];
	va_list ap;

	if (rd->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag("%s: %s", graphql_base_url(rd->g), text);
	rd->failed = true;
	rd->result = result;
}

void
reading_no_memory(struct reading *rd)
{
	if (rd->failed)
		return;
	diag("out of memory");
	rd->failed = true;
	rd->result = REGISTRY_FAILED;
}

/* Some collections, by the first of them; what was never seen has no name. */
static void
what_parts(const struct task *task, char out[READING_WHAT_MAX])
{
	const struct registry_collection *c = task->works[0]->wc.c;
	char others[48] = "";

	if (c == NULL || c->name.p == NULL || c->entity.p == NULL) {
		snprintf(out, READING_WHAT_MAX, "%zu collections in detail", task->n);
		return;
	}
	if (task->n > 1)
		snprintf(others, sizeof(others), " and %zu other collections", task->n - 1);
	snprintf(out, READING_WHAT_MAX, "%.*s/%.*s/%.*s%s in detail", (int)c->entity.len,
		c->entity.p, (int)c->project.len, c->project.p, (int)c->name.len, c->name.p,
		others);
}

const char *
reading_what(const struct reading *rd, const struct task *task, char out[READING_WHAT_MAX])
{
	switch (task->kind) {
	case TASK_REGISTRIES:
		snprintf(out, READING_WHAT_MAX, "the registries of %.*s",
			(int)rd->scope->organization.len, rd->scope->organization.p);
		break;
	case TASK_COLLECTIONS:
		snprintf(out, READING_WHAT_MAX, "the collections of %.*s/%.*s",
			(int)task->entity.len, task->entity.p, (int)task->project.len,
			task->project.p);
		break;
	case TASK_COLLECTION:
		snprintf(out, READING_WHAT_MAX, "%.*s/%.*s/%.*s", (int)task->entity.len,
			task->entity.p, (int)task->project.len, task->project.p,
			(int)rd->scope->collection.len, rd->scope->collection.p);
		break;
	case TASK_PARTS:
		what_parts(task, out);
		break;
	case TASK_METADATA:
		snprintf(out, READING_WHAT_MAX, "the metadata of %zu versions", task->n);
		break;
	case TASK_ENTITY:
		snprintf(out, READING_WHAT_MAX, "%.*s/%.*s", (int)task->entity.len, task->entity.p,
			(int)task->project.len, task->project.p);
		break;
	}
	return out;
}

/* ---- sending ---- */

struct task *
reading_new_task(struct reading *rd, enum task_kind kind)
{
	struct task *task = arena_alloc(&rd->memory->arena, sizeof(*task));

	if (task == NULL)
		reading_no_memory(rd);
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
		wandb_query_parts(query, variables, &rd->features, &rd->sizes, task->parts,
			task->n);
		break;
	case TASK_METADATA:
		wandb_query_metadata(query, variables, rd->metadata.artifacts.v + task->first,
			task->n);
		break;
	case TASK_ENTITY:
		wandb_query_entity(query);
		wandb_variable(variables, "entity", &task->entity);
		wandb_variables_end(variables);
		break;
	}
}

void
reading_send(struct reading *rd, struct task *task)
{
	struct strbuf query, variables;

	if (task == NULL || rd->failed)
		return;
	strbuf_init(&query, QUERY_MAX);
	strbuf_init(&variables, QUERY_MAX);
	task->features = rd->features;
	task->sizes = rd->sizes;
	write_query(rd, task, &query, &variables);
	if (strbuf_str(&query) == NULL || strbuf_str(&variables) == NULL ||
		graphql_send(rd->g, query.buf, variables.buf, &task->effort, task) != 0)
		reading_no_memory(rd);
	else
		rd->under_way++;
	strbuf_release(&query);
	strbuf_release(&variables);
}

void
reading_send_collections(struct reading *rd, struct text entity, struct text project,
	struct text after)
{
	struct task *task = reading_new_task(rd, TASK_COLLECTIONS);

	if (task == NULL)
		return;
	task->entity = entity;
	task->project = project;
	task->after = after;
	reading_send(rd, task);
}

void
reading_wait(struct reading *rd, struct registry_work *work, const struct wandb_part *part,
	const struct graphql_effort *effort)
{
	struct waiting *waiting = registry_grow(rd->memory, &rd->waiting);

	if (waiting == NULL)
		reading_no_memory(rd);
	else
		*waiting = (struct waiting){.work = work, .part = *part};
	if (waiting != NULL && effort != NULL)
		waiting->effort = *effort;
}

void
reading_send_waiting(struct reading *rd)
{
	while (!rd->failed && rd->waiting.n > 0 &&
		(rd->waiting.n >= rd->sizes.batch || rd->under_way == 0)) {
		struct task *task = reading_new_task(rd, TASK_PARTS);
		const size_t n = rd->waiting.n < rd->sizes.batch ? rd->waiting.n : rd->sizes.batch;

		if (task == NULL)
			return;
		task->n = n;
		task->works = arena_alloc(&rd->memory->arena, n * sizeof(struct registry_work *));
		task->parts = arena_alloc(&rd->memory->arena, n * sizeof(*task->parts));
		if (task->works == NULL || task->parts == NULL) {
			reading_no_memory(rd);
			return;
		}
		for (size_t i = 0; i < n; i++) {
			const struct waiting *waiting = &rd->waiting.v[rd->waiting.n - n + i];

			task->works[i] = waiting->work;
			task->parts[i] = waiting->part;
			if (task->effort.attempts < waiting->effort.attempts)
				task->effort = waiting->effort;
		}
		rd->waiting.n -= n;
		reading_send(rd, task);
	}
}
