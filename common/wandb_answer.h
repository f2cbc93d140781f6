/*
 * wandb_answer - what W&B's API answers to the queries of wandb_query, read into a registry. Pure.
 *
 * Functions return whether the answer is as it must be; if not, the answer's error says what is
 * wrong and where.
 */
#ifndef WB_WANDB_ANSWER_H
#define WB_WANDB_ANSWER_H

#include <stdbool.h>

#include "answer.h"
#include "registry.h"
#include "wandb_collection.h"

struct wandb_collections {
	struct registry *memory;
	struct text entity, project; /* p NULL: there is no such project, or it is not to be seen */
	struct wandb_page page;
	REGISTRY_LIST(struct wandb_collection) list;
};

struct wandb_registries {
	struct registry *memory;
	bool has_organization;
	struct text entity; /* of the organization; p NULL: it has no registries */
	struct wandb_page page;
	REGISTRY_LIST(struct text) names;
};

/* Answers to queries for many, by the numbers in their names. */
struct wandb_parts {
	struct wandb_collection *v; /* ${c} set: go on reading that one, else a new one */
	size_t n;
};

struct wandb_metadata {
	struct json_span *v; /* JSON_NONE: none; p is set all the same */
	size_t n;
};

bool wandb_answer_entity_is_there(struct answer *a, bool *is_there);
bool wandb_answer_registries(struct answer *a, struct wandb_registries *out);
bool wandb_answer_collections(struct answer *a, struct wandb_collections *out);

/* The same for the query of one collection: at most one in the list. */
bool wandb_answer_collection(struct answer *a, struct wandb_collections *out);
bool wandb_answer_parts(struct answer *a, struct wandb_parts *out);
bool wandb_answer_metadata(struct answer *a, struct wandb_metadata *out);

#endif
