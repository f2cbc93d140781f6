/*
 * mongo_read - a filter being read, for mongo_filter, which knows how tests are joined, and
 * mongo_test, which knows tests.
 */
#ifndef WB_MONGO_READ_H
#define WB_MONGO_READ_H

#include "mongo_filter.h"

/* A filter being read; after an error every function does nothing. */
struct mongo_reader {
	struct json js;
	struct arena *arena;
	unsigned depth, members;
	bool no_memory;
	char *error; /* MONGO_ERROR_MAX bytes */
};

/* What of an event is tested. */
struct mongo_field {
	enum event_member member;
	struct text *keys;
	size_t nkeys;
};

#define MONGO_SHOWN(len) ((int)((len) < 60 ? (len) : 60)) /* of a name in a message, for "%.*s" */

/**
 * mongo_fail(r, fmt, ...):
 * The first error stands. Returns NULL, for those who return a node.
 */
void *mongo_fail(struct mongo_reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * mongo_no_memory(r):
 * The same when memory has run out.
 */
void *mongo_no_memory(struct mongo_reader *r);

/**
 * mongo_alloc(r, size), mongo_node_new(r, kind), mongo_decode(r, string):
 * Memory of the arena; p is NULL after an error.
 */
void *mongo_alloc(struct mongo_reader *r, size_t size);
struct mongo_node *mongo_node_new(struct mongo_reader *r, enum mongo_kind kind);
struct text mongo_decode(struct mongo_reader *r, const struct json_span *string);

/**
 * mongo_negate(r, node):
 * What holds when ${node}, which may be NULL, does not.
 */
struct mongo_node *mongo_negate(struct mongo_reader *r, struct mongo_node *node);

/**
 * mongo_key_is(key, name):
 * Whether a member is called so.
 */
bool mongo_key_is(const struct json_span *key, const char *name);

/**
 * mongo_field_find(r, key, field):
 * Take "alias" or "metadata.a.b" apart. Returns whether there is such a field.
 */
bool mongo_field_find(struct mongo_reader *r, const struct json_span *key,
	struct mongo_field *field);

/**
 * mongo_equal_read(r, field), mongo_test_read(r, field, key):
 * Read the value that comes next into a test: that ${field} is equal to it, or has to it what the
 * operator ${key} says. NULL after an error.
 */
struct mongo_node *mongo_equal_read(struct mongo_reader *r, const struct mongo_field *field);
struct mongo_node *mongo_test_read(struct mongo_reader *r, const struct mongo_field *field,
	const struct json_span *key);

#endif
