#include "wandb_connection.h"

#include "wandb_text.h"

/* One that is being read: its nodes go to ${node}. */
struct connection {
	struct registry *memory;
	struct wandb_page *page;
	bool has_next;
	bool (*node)(struct answer *a, void *ctx);
	void *ctx;
};

static bool
read_end_cursor(struct answer *a, void *ctx)
{
	struct connection *c = ctx;
	struct json_span span;

	if (!answer_string_or_null(a, &span))
		return false;
	c->page->next = wandb_keep(c->memory, &span);
	return true;
}

static bool
read_has_next(struct answer *a, void *ctx)
{
	return answer_bool(a, &((struct connection *)ctx)->has_next);
}

static bool
read_page_info(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"endCursor", read_end_cursor, false},
		{"hasNextPage", read_has_next, false}, {NULL, NULL, false}};
	struct connection *c = ctx;

	if (!answer_object(a, fields, ctx))
		return false;
	if (c->has_next && (c->page->next.p == NULL || c->page->next.len == 0))
		return answer_fail(a, "there is a next page, but no endCursor");
	if (!c->has_next)
		c->page->next = (struct text){NULL, 0};
	return true;
}

static bool
read_node(struct answer *a, void *ctx)
{
	struct connection *c = ctx;

	c->page->items++;
	return c->node(a, c->ctx);
}

static bool
read_edge(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"node", read_node, false},
		{NULL, NULL, false}};

	return answer_object(a, fields, ctx);
}

static bool
read_edges(struct answer *a, void *ctx)
{
	return answer_array(a, read_edge, ctx);
}

bool
wandb_read_connection(struct answer *a, struct registry *r, struct wandb_page *page,
	bool (*node)(struct answer *a, void *ctx), void *ctx)
{
	static const struct answer_field fields[] = {{"pageInfo", read_page_info, false},
		{"edges", read_edges, false}, {NULL, NULL, false}};
	struct connection c = {.memory = r, .page = page, .node = node, .ctx = ctx};

	*page = (struct wandb_page){.is_there = true, .number = page->number + 1};
	return answer_object(a, fields, &c);
}
