/*
 * wandb_text - names, ids and users in answers of W&B's API, kept in a registry. Pure.
 */
#ifndef WB_WANDB_TEXT_H
#define WB_WANDB_TEXT_H

#include <stdbool.h>

#include "answer.h"
#include "registry.h"

/* Where the text of an object's only field goes. */
struct inner {
	struct registry *memory;
	struct text *text;
};

/**
 * wandb_keep(r, span):
 * The text of a string, decoded; p is NULL if ${span} is none.
 */
struct text wandb_keep(struct registry *r, const struct json_span *span);

/**
 * wandb_read_text(a, r, text), wandb_read_name(a, r, text):
 * Read a string; one that is not empty, since an empty one would name anything.
 */
bool wandb_read_text(struct answer *a, struct registry *r, struct text *text);
bool wandb_read_name(struct answer *a, struct registry *r, struct text *text);

/**
 * wandb_read_id_of(a, r, text), wandb_read_user(a, r, text):
 * Read {id} or {username}; p is NULL for null, and for a user without a name.
 */
bool wandb_read_id_of(struct answer *a, struct registry *r, struct text *text);
bool wandb_read_user(struct answer *a, struct registry *r, struct text *text);

#endif
