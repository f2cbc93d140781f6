/*
 * wandb_collection - one collection in an answer of W&B's API: its versions, tags and histories, as
 * far as they were asked for. Pure.
 */
#ifndef WB_WANDB_COLLECTION_H
#define WB_WANDB_COLLECTION_H

#include <stdbool.h>

#include "answer.h"
#include "registry.h"
#include "wandb_connection.h"
#include "wandb_query.h"

/* A collection, as far as it was read. */
struct wandb_collection {
	struct registry *memory;
	struct registry_collection *c; /* NULL: none, or not to be seen */
	struct wandb_page pages[WANDB_CONNECTIONS];
};

/**
 * wandb_read_collection(a, wc):
 * Read a collection into wc->c, behind what was read of it, or into a new one if that is NULL. It
 * is NULL then if the answer is null, or the collection deleted.
 */
bool wandb_read_collection(struct answer *a, struct wandb_collection *wc);

#endif
