#include "table.h"

#include <stdlib.h>

void
table_init(struct table *t)
{
	*t = (struct table){.buckets = NULL};
}

void
table_release(struct table *t)
{
	free(t->buckets);
	table_init(t);
}

static struct table_node **
bucket(const struct table *t, uint64_t key)
{
	return &t->buckets[key & (t->nbuckets - 1)];
}

struct table_node *
table_find(const struct table *t, uint64_t key)
{
	struct table_node *node = t->nbuckets != 0 ? *bucket(t, key) : NULL;

	while (node != NULL && node->key != key)
		node = node->next;
	return node;
}

static void
link_node(struct table *t, struct table_node *node)
{
	struct table_node **at = bucket(t, node->key);

	node->next = *at;
	*at = node;
}

static int
grow(struct table *t)
{
	const size_t n = t->nbuckets == 0 ? 64 : t->nbuckets * 2;
	struct table_node **buckets = calloc(n, sizeof(struct table_node *));
	struct table old = *t;

	if (buckets == NULL)
		return -1;
	t->buckets = buckets;
	t->nbuckets = n;
	for (size_t i = 0; i < old.nbuckets; i++) {
		for (struct table_node *node = old.buckets[i], *next; node != NULL; node = next) {
			next = node->next;
			link_node(t, node);
		}
	}
	free(old.buckets);
	return 0;
}

int
table_add(struct table *t, struct table_node *node)
{
	/* A fuller table is only slower. */
	if (t->n >= t->nbuckets && grow(t) != 0 && t->nbuckets == 0)
		return -1;
	link_node(t, node);
	t->n++;
	return 0;
}

void
table_remove(struct table *t, struct table_node *node)
{
	struct table_node **at = bucket(t, node->key);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	t->n--;
}
