/*
 * answer - what a server answered in JSON, read by the shape that it must have: what is not as it
 * must be is an error that names the place, data.project.name. Pure.
 *
 * An object is read by a table of its fields, each with a function for its value; fields that the
 * table does not have are passed over. Errors stick: after one, every call returns false.
 */
#ifndef WB_ANSWER_H
#define WB_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

#define ANSWER_PATH_MAX 256  /* bytes of the path to a value, NUL included */
#define ANSWER_ERROR_MAX 512 /* bytes of a message, NUL included */

struct answer {
	struct json js;
	char path[ANSWER_PATH_MAX];   /* of the value at hand; what does not fit is cut */
	size_t path_len;              /* of all of it */
	char error[ANSWER_ERROR_MAX]; /* "" while all is well */
};

struct answer_field {
	const char *name;
	bool (*read)(struct answer *a, void *ctx);
	bool is_optional; /* it may be absent */
};
#define ANSWER_FIELDS_MAX 16 /* of a table, which ends with a name that is NULL */

/**
 * answer_init(a, text, len, path):
 * Start at a value which is known as ${path}.
 */
void answer_init(struct answer *a, const char *text, size_t len, const char *path);

/**
 * answer_end(a):
 * Whether all was well and nothing follows.
 */
bool answer_end(struct answer *a);

/**
 * answer_fail(a, fmt, ...):
 * The value at hand is wrong: "PATH: " and the text. Returns false.
 */
bool answer_fail(struct answer *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * answer_is_null(a):
 * Whether null comes next; it is read then.
 */
bool answer_is_null(struct answer *a);

/**
 * answer_object(a, fields, ctx):
 * Read an object; ${ctx} is handed on.
 */
bool answer_object(struct answer *a, const struct answer_field *fields, void *ctx);

/**
 * answer_members(a, member, ctx):
 * Read an object whose members have names that no table knows, each with ${member}.
 */
bool answer_members(struct answer *a,
	bool (*member)(struct answer *a, const struct json_span *name, void *ctx), void *ctx);

/**
 * answer_array(a, item, ctx):
 * Read an array, each item with ${item}.
 */
bool answer_array(struct answer *a, bool (*item)(struct answer *a, void *ctx), void *ctx);

/**
 * answer_string(a, span), answer_string_or_null(a, span), answer_bool(a, value),
 * answer_integer(a, value), answer_time(a, ms), answer_skip(a, ctx):
 * Read one value. A null is a span of JSON_NONE. A time is RFC 3339, UTC where it says no zone, in
 * milliseconds since 1970. answer_skip takes any value.
 */
bool answer_string(struct answer *a, struct json_span *span);
bool answer_string_or_null(struct answer *a, struct json_span *span);
bool answer_bool(struct answer *a, bool *value);
bool answer_integer(struct answer *a, int64_t *value);
bool answer_time(struct answer *a, int64_t *ms);
bool answer_skip(struct answer *a, void *ctx);

#endif
