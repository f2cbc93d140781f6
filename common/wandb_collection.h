/*
 * wandb_collection - one collection in an answer of W&B's API: its versions, tags and histories, as
 * far as they were asked for, and what stands in a connection. Pure.
 */
#ifndef WB_WANDB_COLLECTION_H
#define WB_WANDB_COLLECTION_H

#include <stdbool.h>

#include "answer.h"
#include "registry.h"
#include "wandb_query.h"

/* Where a connection goes on; next.p NULL: it has ended. */
struct wandb_page {
	bool is_there;
	struct text next;
	size_t items;    /* that the page had */
	unsigned number; /* from 1 */
};

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

/**
 * wandb_read_connection(a, r, page, node, ctx):
 * Read a connection: each node with ${node}, and into ${page} where it goes on.
 */
bool wandb_read_connection(struct answer *a, struct registry *r, struct wandb_page *page,
	bool (*node)(struct answer *a, void *ctx), void *ctx);

#endif
