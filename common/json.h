/*
 * json - a strict RFC 8259 pull scanner over one text in memory.
 *
 * The caller walks the text by the shape that it knows; what it does not care about it skips. Every
 * byte is validated exactly once, UTF-8 included, no value is built, and spans point into the text,
 * so that number spelling, member order, duplicates and escapes can be passed on as they came.
 *
 *	struct json js;
 *	struct json_span key, value;
 *
 *	json_init(&js, text, len);
 *	if (json_open_object(&js))
 *		while (json_next_member(&js, &key))
 *			json_value(&js, &value);
 *	if (!json_end(&js))
 *		... js.error says what, js.error_at at which byte
 *
 * Errors stick: after one, every call returns false. Nesting is limited to JSON_DEPTH_MAX.
 * Pure: no I/O, no allocation, no globals.
 */
#ifndef WB_JSON_H
#define WB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 512

enum json_type {
	JSON_NONE = 0, /* a span that was never set: the member is absent */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_OBJECT,
	JSON_ARRAY
};

/* A value in the text. ${p} and ${len} are its raw bytes; for a string those between the quotes. */
struct json_span {
	const char *p;
	size_t len;
	enum json_type type;
	bool escaped; /* a string that holds backslashes */
};

struct json {
	const char *start; /* of the text; borrowed */
	const char *p;     /* next byte */
	const char *end;
	const char *error; /* static text, NULL while all is well */
	size_t error_at;   /* byte offset into the text */
	unsigned depth;
	bool first;                           /* nothing read yet of the innermost open container */
	uint64_t arrays[JSON_DEPTH_MAX / 64]; /* a bit a level: whether it is an array */
};

/**
 * json_init(js, text, len):
 * Start at the first byte of ${len} bytes at ${text}, which must outlive ${js} and
 * every span read from it.
 */
void json_init(struct json *js, const char *text, size_t len);

/**
 * json_init_within(js, text, len, levels):
 * The same for a text that is to stand within ${levels} more containers, which count, too, where
 * nesting is limited.
 */
void json_init_within(struct json *js, const char *text, size_t len, unsigned levels);

/**
 * json_peek(js):
 * The type of the value that comes next, judged by its first byte; JSON_NONE (and an
 * error) if none can.
 */
enum json_type json_peek(struct json *js);

/**
 * json_open_object(js), json_open_array(js):
 * Enter the container that comes next. False, with an error, if it is something else.
 */
bool json_open_object(struct json *js);
bool json_open_array(struct json *js);

/**
 * json_next_member(js, key):
 * Read the next member's name and the colon; its value must then be read with one of the functions
 * here. False at the end of the object, which is then closed, and on error.
 */
bool json_next_member(struct json *js, struct json_span *key);

/**
 * json_next_item(js):
 * Whether the open array has another item, which must then be read. False at its end, which
 * closes it, and on error.
 */
bool json_next_item(struct json *js);

/**
 * json_value(js, value):
 * Read one value of any type and all that is in it into ${value}, which may be NULL.
 */
bool json_value(struct json *js, struct json_span *value);

/**
 * json_end(js):
 * Whether the text was well-formed and nothing but white space follows. To be called
 * when the top value was read.
 */
bool json_end(struct json *js);

/**
 * json_fail(js, at, message):
 * Report ${message} (static text) at ${at}, a pointer into the text, as if the scanner had found
 * it; the first error stands. Returns false.
 */
bool json_fail(struct json *js, const char *at, const char *message);

/**
 * json_validate(text, len, error, error_at):
 * Whether ${len} bytes at ${text} are exactly one JSON value; if not, *${error} (static text)
 * and *${error_at} say why.
 */
bool json_validate(const char *text, size_t len, const char **error, size_t *error_at);

/**
 * json_type_name(type):
 * "a string", "an object" and so on, for messages.
 */
const char *json_type_name(enum json_type type);

#endif
