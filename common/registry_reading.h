/*
 * registry_reading - a registry while it is read: the queries under way, what waits to be asked
 * for, and what the server is known to have. What registry_read is made of.
 */
#ifndef WB_REGISTRY_READING_H
#define WB_REGISTRY_READING_H

#include <stdbool.h>

#include "graphql.h"
#include "registry_metadata.h"
#include "registry_read.h"
#include "registry_work.h"
#include "wandb_query.h"

enum task_kind {
	TASK_REGISTRIES,
	TASK_COLLECTIONS,
	TASK_COLLECTION,
	TASK_PARTS,
	TASK_METADATA,
	TASK_ENTITY /* whether there is one, since its project is not there */
};

/* A query under way. */
struct task {
	enum task_kind kind;
	struct text entity, project, after;
	struct registry_work **works; /* TASK_PARTS: of each part */
	struct wandb_part *parts;
	size_t n;
	size_t first;                   /* TASK_METADATA: of the artifacts */
	struct wandb_features features; /* that it was made with */
	struct wandb_sizes sizes;       /* the same */
	struct graphql_effort effort;   /* spent on it, as it was or as part of a larger one */
};

/* A part that waits for others to go with. */
struct waiting {
	struct registry_work *work;
	struct wandb_part part;
	struct graphql_effort effort;
};

struct reading {
	struct graphql *g;
	const struct registry_scope *scope;
	struct registry_said *said;
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

/**
 * reading_fail(rd, result, fmt, ...), reading_no_memory(rd):
 * End it, after this message, which begins with the server's URL, unless it has failed before.
 */
void reading_fail(struct reading *rd, enum registry_result result, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void reading_no_memory(struct reading *rd);

/**
 * reading_what(rd, task, out):
 * What ${task} asks about, for messages. Returns ${out}.
 */
#define READING_WHAT_MAX 256
const char *reading_what(const struct reading *rd, const struct task *task,
	char out[READING_WHAT_MAX]);

/**
 * reading_new_task(rd, kind), reading_send(rd, task):
 * A query; send it as the server is known to take it. ${task} may be NULL: it has failed then.
 */
struct task *reading_new_task(struct reading *rd, enum task_kind kind);
void reading_send(struct reading *rd, struct task *task);

/**
 * reading_send_collections(rd, entity, project, after):
 * Ask for a page of collections; ${after}: its cursor, p NULL: the first.
 */
void reading_send_collections(struct reading *rd, struct text entity, struct text project,
	struct text after);

/**
 * reading_wait(rd, work, part, effort), reading_send_waiting(rd):
 * Let ${part} wait for others to go with, on which ${effort} was spent (NULL: none); send what
 * waits, as many as go together, a rest only if nothing can come to it.
 */
void reading_wait(struct reading *rd, struct registry_work *work, const struct wandb_part *part,
	const struct graphql_effort *effort);
void reading_send_waiting(struct reading *rd);

/**
 * reading_new_work(rd, id):
 * Begin with the collection ${id}, which was not met yet. NULL if that has failed.
 */
struct registry_work *reading_new_work(struct reading *rd, struct text id);

/**
 * reading_go_on(rd, work):
 * Do with ${work} what is next.
 */
void reading_go_on(struct reading *rd, struct registry_work *work);

/**
 * reading_no_project(rd, task), reading_take_entity(rd, task, a):
 * The server has no project that ${task} asks about: ask whether it has the entity; read that, and
 * say which of them is missing. One of several registries is passed over, with a message.
 */
void reading_no_project(struct reading *rd, const struct task *task);
bool reading_take_entity(struct reading *rd, const struct task *task, struct answer *a);

/**
 * reading_no_registries(rd, has_organization):
 * There are none, perhaps as there is no such organization.
 */
void reading_no_registries(struct reading *rd, bool has_organization);

/**
 * reading_take_data(rd, task, answer):
 * Do with ${answer}, to ${task}, what is next, or fail.
 */
void reading_take_data(struct reading *rd, struct task *task, const struct graphql_answer *answer);

/**
 * reading_take_refusal(rd, task, answer):
 * The server does not answer ${task}: do without what it does not have, ask for less, or fail.
 */
void reading_take_refusal(struct reading *rd, struct task *task,
	const struct graphql_answer *answer);

#endif
