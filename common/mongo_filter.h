/*
 * mongo_filter - filters of W&B, which look like MongoDB's, as trees of tests of an event. Pure.
 *
 * A filter says that all its members hold: fields, such as {"alias": "a"} or {"alias": {"$regex":
 * "^a"}}, and $and, $or, $nor and $not of filters. What has no meaning that is documented, or not the
 * same meaning here, is an error.
 */
#ifndef WB_MONGO_FILTER_H
#define WB_MONGO_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "event.h"
#include "json.h"
#include "names.h"

#define MONGO_ERROR_MAX 256 /* bytes of a message, NUL included */

enum mongo_kind {
	MONGO_ALL, /* of its children; of none: it always holds */
	MONGO_ANY,
	MONGO_NOT, /* of its only child */
	MONGO_TEST
};

enum mongo_op {
	MONGO_EQ,
	MONGO_GT,
	MONGO_GTE,
	MONGO_LT,
	MONGO_LTE,
	MONGO_IN,
	MONGO_EXISTS,
	MONGO_REGEX,
	MONGO_CONTAINS
};

/* What an event is compared with: a string, number, true, false or null. */
struct mongo_value {
	struct json_span span;
	struct text text; /* of a string, decoded */
};

struct mongo_node {
	enum mongo_kind kind;
	struct mongo_node *first, *next; /* its first child; its parent's next one */
	/* of a test: */
	enum mongo_op op;
	enum event_member member;
	const struct text *keys; /* the way on, in EVENT_METADATA */
	size_t nkeys;
	const struct mongo_value *values; /* several for MONGO_IN only; none for MONGO_EXISTS */
	size_t nvalues;
};

/**
 * mongo_filter_read(arena, text, len, members, error):
 * The filter in ${len} bytes of JSON, into ${arena}; spans are borrowed from ${text}. *${members}
 * tells which members of an event it looks at, a bit each. NULL with the reason in ${error}, which
 * is empty if memory ran out.
 */
const struct mongo_node *mongo_filter_read(struct arena *arena, const char *text, size_t len,
	unsigned *members, char error[MONGO_ERROR_MAX]);

#endif
