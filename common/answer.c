#include "answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "timestamp.h"

void
answer_init(struct answer *a, const char *text, size_t len, const char *path)
{
	json_init(&a->js, text, len);
	a->path_len = strlen(path);
	snprintf(a->path, sizeof(a->path), "%s", path);
	a->error[0] = '\0';
}

bool
answer_fail(struct answer *a, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (a->error[0] != '\0')
		return false;
	n = snprintf(a->error, sizeof(a->error), "%s%s: ", a->path,
		a->path_len >= sizeof(a->path) ? "..." : "");
	va_start(ap, fmt);
	if (n > 0 && (size_t)n < sizeof(a->error))
		vsnprintf(a->error + n, sizeof(a->error) - (size_t)n, fmt, ap);
	va_end(ap);
	return false;
}

/* What the scanner complains of. */
static bool
fail_json(struct answer *a)
{
	return answer_fail(a, "byte %zu of the answer: %s", a->js.error_at + 1, a->js.error);
}

bool
answer_end(struct answer *a)
{
	if (a->error[0] == '\0' && !json_end(&a->js))
		fail_json(a);
	return a->error[0] == '\0';
}

static bool
expect(struct answer *a, enum json_type type)
{
	const enum json_type there = a->error[0] == '\0' ? json_peek(&a->js) : JSON_NONE;

	if (a->error[0] != '\0')
		return false;
	if (there == JSON_NONE)
		return fail_json(a);
	if (there != type)
		return answer_fail(a, "expected %s, not %s", json_type_name(type),
			json_type_name(there));
	return true;
}

bool
answer_is_null(struct answer *a)
{
	return a->error[0] == '\0' && json_peek(&a->js) == JSON_NULL &&
	       (json_value(&a->js, NULL) || fail_json(a));
}

/* ---- containers ---- */

/* Go down to what is called so; returns what answer_up needs. */
static size_t
down(struct answer *a, const char *prefix, const char *name, size_t len)
{
	const size_t before = a->path_len, room = sizeof(a->path);
	int n;

	if (before < room) {
		n = snprintf(a->path + before, room - before, "%s%.*s%s", prefix, (int)len, name,
			prefix[0] == '[' ? "]" : "");
		a->path_len += n > 0 ? (size_t)n : 0;
	}
	return before;
}

static void
up(struct answer *a, size_t before)
{
	if (a->error[0] != '\0')
		return;
	a->path_len = before;
	if (before < sizeof(a->path))
		a->path[before] = '\0';
}

static int
find_field(const struct answer_field *fields, const struct json_span *key)
{
	for (int i = 0; fields[i].name != NULL; i++)
		if (json_equal(key, fields[i].name, strlen(fields[i].name)))
			return i;
	return -1;
}

bool
answer_object(struct answer *a, const struct answer_field *fields, void *ctx)
{
	bool seen[ANSWER_FIELDS_MAX] = {false};
	struct json_span key;

	if (!expect(a, JSON_OBJECT) || !json_open_object(&a->js))
		return a->error[0] == '\0' ? fail_json(a) : false;
	while (json_next_member(&a->js, &key)) {
		const int i = find_field(fields, &key);
		size_t before;
		bool ok;

		if (i < 0) {
			if (!json_value(&a->js, NULL))
				return fail_json(a);
			continue;
		}
		before = down(a, ".", fields[i].name, strlen(fields[i].name));
		ok = seen[i] ? answer_fail(a, "there are two of it") : fields[i].read(a, ctx);
		seen[i] = true;
		up(a, before);
		if (!ok)
			return false;
	}
	if (a->js.error != NULL)
		return fail_json(a);
	for (int i = 0; fields[i].name != NULL; i++) {
		if (seen[i] || fields[i].is_optional)
			continue;
		down(a, ".", fields[i].name, strlen(fields[i].name));
		return answer_fail(a, "is missing");
	}
	return true;
}

bool
answer_members(struct answer *a,
	bool (*member)(struct answer *a, const struct json_span *name, void *ctx), void *ctx)
{
	struct json_span key;

	if (!expect(a, JSON_OBJECT) || !json_open_object(&a->js))
		return a->error[0] == '\0' ? fail_json(a) : false;
	while (json_next_member(&a->js, &key)) {
		const size_t before = down(a, ".", key.p, key.len < 64 ? key.len : 64);

		if (!member(a, &key, ctx))
			return false;
		up(a, before);
	}
	return a->js.error == NULL || fail_json(a);
}

bool
answer_array(struct answer *a, bool (*item)(struct answer *a, void *ctx), void *ctx)
{
	size_t n = 0;

	if (!expect(a, JSON_ARRAY) || !json_open_array(&a->js))
		return a->error[0] == '\0' ? fail_json(a) : false;
	while (json_next_item(&a->js)) {
		char index[24];
		size_t before;

		snprintf(index, sizeof(index), "%zu", n++);
		before = down(a, "[", index, strlen(index));
		if (!item(a, ctx))
			return false;
		up(a, before);
	}
	return a->js.error == NULL || fail_json(a);
}

/* ---- single values ---- */

static bool
value(struct answer *a, enum json_type type, struct json_span *span)
{
	return expect(a, type) && (json_value(&a->js, span) || fail_json(a));
}

bool
answer_string(struct answer *a, struct json_span *span)
{
	return value(a, JSON_STRING, span);
}

bool
answer_string_or_null(struct answer *a, struct json_span *span)
{
	*span = (struct json_span){.type = JSON_NONE};
	return answer_is_null(a) || value(a, JSON_STRING, span);
}

bool
answer_bool(struct answer *a, bool *out)
{
	const enum json_type type = a->error[0] == '\0' ? json_peek(&a->js) : JSON_NONE;
	struct json_span span;

	if (type == JSON_NONE)
		return expect(a, JSON_TRUE);
	if (type != JSON_TRUE && type != JSON_FALSE)
		return answer_fail(a, "expected true or false, not %s", json_type_name(type));
	*out = type == JSON_TRUE;
	return json_value(&a->js, &span) || fail_json(a);
}

bool
answer_integer(struct answer *a, int64_t *out)
{
	struct json_span span;
	char text[24], *end;

	if (!value(a, JSON_NUMBER, &span))
		return false;
	if (span.len < sizeof(text)) {
		memcpy(text, span.p, span.len);
		text[span.len] = '\0';
		*out = strtoll(text, &end, 10);
		if (*end == '\0' && span.len < 19)
			return true;
	}
	return answer_fail(a, "expected a whole number, not %.*s",
		(int)(span.len < 32 ? span.len : 32), span.p);
}

bool
answer_time(struct answer *a, int64_t *ms)
{
	struct json_span span;

	if (!value(a, JSON_STRING, &span))
		return false;
	if (span.escaped || timestamp_parse(span.p, span.len, ms) != 0)
		return answer_fail(a, "expected a time such as 2026-03-24T01:00:00Z, not '%.*s'",
			(int)(span.len < 64 ? span.len : 64), span.p);
	return true;
}

bool
answer_skip(struct answer *a, void *ctx)
{
	(void)ctx;
	return a->error[0] == '\0' && (json_value(&a->js, NULL) || fail_json(a));
}
