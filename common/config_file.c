#include "config_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "file.h"
#include "json_text.h"
#include "nearest.h"

struct config_file *
config_file_of(const char *path, const char *text, size_t len, struct config_errors *errors)
{
	struct config_file *file = calloc(1, sizeof(*file)),
			   nameless = {.path = NULL, .errors = errors};

	if (file == NULL || (file->path = strdup(path)) == NULL) {
		config_out_of_memory(&nameless);
		free(file);
		return NULL;
	}
	file->errors = errors;
	strbuf_init(&file->content, CONFIG_FILE_MAX);
	file->text = text;
	file->len = len;
	return file;
}

struct config_file *
config_file_read(const char *path, struct config_errors *errors)
{
	struct config_file *file = config_file_of(path, NULL, 0, errors);

	if (file == NULL)
		return NULL;
	if (file_read(path, &file->content) != 0 || strbuf_str(&file->content) == NULL) {
		config_error(file, NULL, "cannot read: %s", strerror(errno));
		config_file_free(file);
		return NULL;
	}
	file->text = file->content.buf;
	file->len = file->content.len;
	return file;
}

void
config_file_free(struct config_file *file)
{
	if (file == NULL)
		return;
	free(file->path);
	strbuf_release(&file->content);
	free(file);
}

void
config_say(void *ctx, const struct config_place *place, const char *message)
{
	(void)ctx;
	if (place->line == 0)
		diag("%s: %s", place->file, message);
	else
		diag("%s:%zu:%zu: %s", place->file, place->line, place->column, message);
}

void
config_say_nothing(void *ctx, const struct config_place *place, const char *message)
{
	(void)ctx;
	(void)place;
	(void)message;
}

struct config_place
config_place_of(const struct config_file *file, const char *at)
{
	struct config_place place = {file->path != NULL ? file->path : "configuration", 0, 0};

	if (at == NULL)
		return place;
	place.line = place.column = 1;
	for (const char *p = file->text; p < at; p++) {
		if (*p == '\n') {
			place.line++;
			place.column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			place.column++; /* once for the first byte of each character */
		}
	}
	return place;
}

void
config_error(const struct config_file *file, const char *at, const char *fmt, ...)
{
	struct config_place place = config_place_of(file, at);
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	file->errors->n++;
	file->errors->report(file->errors->ctx, &place, message);
}

bool
config_out_of_memory(const struct config_file *file)
{
	config_error(file, NULL, "out of memory");
	return false;
}

/* What people mostly mean by what no JSON has there; or NULL. */
static const char *
find_mistake(const struct config_file *file, const char *at)
{
	const char *end = file->text + file->len, *before = at, *first = file->text;

	if (file->len >= 3 && memcmp(file->text, "\xef\xbb\xbf", 3) == 0)
		return "the file begins with a byte order mark: save it as UTF-8 without one";
	while (first < end && strchr(" \t\r\n", *first) != NULL)
		first++;
	if (first == end)
		return "the file is empty";
	if (at < end && (*at == '#' || (*at == '/' && at + 1 < end && strchr("/*", at[1]))))
		return "JSON has no comments; an automation has a \"description\"";
	if (at < end && *at == '\'')
		return "strings stand in double quotes";
	while (before > file->text && strchr(" \t\r\n", before[-1]) != NULL)
		before--;
	if (at < end && (*at == '}' || *at == ']') && before > file->text && before[-1] == ',')
		return *at == '}' ? "a comma before }" : "a comma before ]";
	return NULL;
}

void
config_syntax(const struct config_reader *r)
{
	const char *at = r->file->text + r->js.error_at, *mistake;

	if (r->js.error == NULL)
		return;
	mistake = find_mistake(r->file, at);
	config_error(r->file, at, "%s", mistake != NULL ? mistake : r->js.error);
}

static void
unknown_member(struct config_reader *r, const char *kind, const char *const *names, size_t n,
	const struct json_span *key)
{
	const char *near = nearest_name(key->p, key->len, names, n);
	int len = (int)(key->len < 100 ? key->len : 100);

	if (near != NULL)
		config_error(r->file, key->p - 1,
			"unknown member \"%.*s\" of %s; did you mean \"%s\"?", len, key->p, kind,
			near);
	else
		config_error(r->file, key->p - 1, "unknown member \"%.*s\" of %s", len, key->p,
			kind);
}

int
config_member(struct config_reader *r, const char *kind, const char *const *names, size_t n,
	unsigned *seen, const char **at)
{
	struct json_span key;

	while (json_next_member(&r->js, &key)) {
		size_t i = 0;

		while (i < n && !json_equal(&key, names[i], strlen(names[i])))
			i++;
		if (i == n) {
			unknown_member(r, kind, names, n, &key);
		} else if (*seen >> i & 1) {
			config_error(r->file, key.p - 1, "\"%s\" stands here twice", names[i]);
		} else {
			*seen |= 1u << i;
			*at = key.p - 1;
			return (int)i;
		}
		json_value(&r->js, NULL);
	}
	return -1;
}

/* Whether a value of ${type} comes next; if not, say that it must be ${wanted} and pass over it. */
static bool
expect(struct config_reader *r, const char *what, enum json_type type, const char *wanted)
{
	enum json_type found = json_peek(&r->js);
	const char *at = r->js.p;

	if (found == type)
		return true;
	if (found == JSON_NONE || !json_value(&r->js, NULL))
		return false;
	config_error(r->file, at, "%s must be %s, not %s", what, wanted, json_type_name(found));
	return false;
}

bool
config_open_object(struct config_reader *r, const char *what)
{
	return expect(r, what, JSON_OBJECT, "an object") && json_open_object(&r->js);
}

bool
config_open_array(struct config_reader *r, const char *what)
{
	return expect(r, what, JSON_ARRAY, "an array") && json_open_array(&r->js);
}

/* The decoded string: the file's own bytes where nothing is escaped. */
static bool
decode(struct config_reader *r, const struct json_span *span, struct text *text)
{
	struct strbuf sb;
	char *copy = NULL;

	*text = (struct text){span->p, span->len};
	if (!span->escaped)
		return true;
	strbuf_init(&sb, span->len + 1);
	json_decode(&sb, span);
	if (!strbuf_failed(&sb))
		copy = arena_copy(r->arena, sb.buf, sb.len);
	*text = (struct text){copy, sb.len};
	strbuf_release(&sb);
	return copy != NULL || config_out_of_memory(r->file);
}

bool
config_string(struct config_reader *r, const char *what, struct json_span *span, struct text *text)
{
	struct json_span value;
	struct text decoded;

	if (!expect(r, what, JSON_STRING, "a string") || !json_value(&r->js, &value) ||
		!decode(r, &value, &decoded))
		return false;
	if (decoded.len == 0 || memchr(decoded.p, '\0', decoded.len) != NULL) {
		config_error(r->file, value.p - 1, "%s must not %s", what,
			decoded.len == 0 ? "be empty" : "hold \\u0000");
		return false;
	}
	if (span != NULL)
		*span = value;
	if (text != NULL)
		*text = decoded;
	return true;
}

bool
config_strings(struct config_reader *r, const char *what, struct json_span **spans,
	struct text **list, size_t *n)
{
	struct json ahead = r->js;
	const char *at;
	size_t count = 1;

	*n = 0;
	if (json_peek(&r->js) != JSON_STRING &&
		!expect(r, what, JSON_ARRAY, "a string or an array"))
		return false;
	at = r->js.p;
	if (json_peek(&r->js) == JSON_ARRAY) {
		json_open_array(&ahead);
		for (count = 0; json_next_item(&ahead); count++)
			json_value(&ahead, NULL);
	}
	if ((*list = arena_alloc(r->arena, count * sizeof(**list))) == NULL ||
		(spans != NULL &&
			(*spans = arena_alloc(r->arena, count * sizeof(**spans))) == NULL))
		return config_out_of_memory(r->file);
	if (json_peek(&r->js) == JSON_STRING)
		return (*n = config_string(r, what, spans != NULL ? *spans : NULL, *list)) == 1;
	json_open_array(&r->js);
	while (json_next_item(&r->js))
		*n += config_string(r, what, spans != NULL ? *spans + *n : NULL, *list + *n);
	if (r->js.error == NULL && count == 0)
		config_error(r->file, at, "%s must not be an empty list", what);
	return r->js.error == NULL && *n == count && count != 0;
}

bool
config_bool(struct config_reader *r, const char *what, bool *value)
{
	enum json_type type = json_peek(&r->js);

	if (type != JSON_TRUE && type != JSON_FALSE) {
		const char *at = r->js.p;

		if (type != JSON_NONE && json_value(&r->js, NULL))
			config_error(r->file, at, "%s must be true or false", what);
		return false;
	}
	*value = type == JSON_TRUE;
	return json_value(&r->js, NULL);
}
