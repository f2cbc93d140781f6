/*
 * wandb_connection - connections in answers of W&B's API: lists that come page by page. Pure.
 */
#ifndef WB_WANDB_CONNECTION_H
#define WB_WANDB_CONNECTION_H

#include <stdbool.h>

#include "answer.h"
#include "registry.h"

/* Where a connection goes on; next.p NULL: it has ended. */
struct wandb_page {
	bool is_there;
	struct text next;
	size_t items;    /* that the page had */
	unsigned number; /* from 1 */
};

/**
 * wandb_read_connection(a, r, page, node, ctx):
 * Read a connection: each node with ${node}, and into ${page} where it goes on.
 */
bool wandb_read_connection(struct answer *a, struct registry *r, struct wandb_page *page,
	bool (*node)(struct answer *a, void *ctx), void *ctx);

#endif
