/*
 * table - structs found by a 64-bit key, through nodes that stand in them.
 *
 * The key is all that is compared: where strangers choose what it stands for, it is a siphash.
 */
#ifndef WB_TABLE_H
#define WB_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_node {
	uint64_t key; /* well mixed already */
	struct table_node *next;
};

struct table {
	struct table_node **buckets; /* owned; the nodes are not */
	size_t nbuckets, n;
};

/**
 * table_init(t), table_release(t):
 * Nothing is allocated at first.
 */
void table_init(struct table *t);
void table_release(struct table *t);

/**
 * table_find(t, key):
 * The node with ${key}, or NULL.
 */
struct table_node *table_find(const struct table *t, uint64_t key);

/**
 * table_add(t, node):
 * Add ${node}, whose key no other one has. Returns 0, or -1 when memory runs out.
 */
int table_add(struct table *t, struct table_node *node);

/**
 * table_remove(t, node):
 * Take out ${node}, which is in.
 */
void table_remove(struct table *t, struct table_node *node);

#endif
