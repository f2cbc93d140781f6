#include "verbatim.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"

#define NAME_MAX_LEN ((size_t)1024 * 1024) /* bytes of a member's name */

/* The last of the members of ${object} that is called like ${name}: that is the one libjq knows. */
static bool
find_member(const struct json_span *object, const struct json_span *name, struct json_span *found)
{
	struct json_span key, value;
	struct strbuf text;
	struct json js;
	bool is_there = false;

	strbuf_init(&text, NAME_MAX_LEN);
	json_decode(&text, name);
	json_init(&js, object->p, object->len);
	if (!strbuf_failed(&text) && json_open_object(&js)) {
		while (json_next_member(&js, &key) && json_value(&js, &value)) {
			if (json_equal(&key, text.buf != NULL ? text.buf : "", text.len)) {
				*found = value;
				is_there = true;
			}
		}
	}
	strbuf_release(&text);
	return is_there;
}

static bool
find_item(const struct json_span *array, const struct json_span *number, struct json_span *found)
{
	size_t n = 0;
	struct json js;

	for (size_t i = 0; i < number->len; i++) {
		if (number->p[i] < '0' || number->p[i] > '9' || n > 100000000)
			return false;
		n = n * 10 + (size_t)(number->p[i] - '0');
	}
	json_init(&js, array->p, array->len);
	if (!json_open_array(&js))
		return false;
	while (json_next_item(&js) && json_value(&js, found))
		if (n-- == 0)
			return true;
	return false;
}

/* Read the path that comes next, follow it from *${at}, and leave *${at} there. */
static bool
follow(struct json *js, struct json_span *at)
{
	struct json_span step;

	if (!json_open_array(js))
		return false;
	while (json_next_item(js)) {
		struct json_span from = *at;

		if (!json_value(js, &step))
			return false;
		if (!(from.type == JSON_OBJECT && step.type == JSON_STRING
				    ? find_member(&from, &step, at)
				    : from.type == JSON_ARRAY && step.type == JSON_NUMBER &&
					      find_item(&from, &step, at)))
			return false;
	}
	return js->error == NULL;
}

/* Append what stands where the reference at ${p} leads to. Returns where it ends, or NULL. */
static const char *
expand_one(struct strbuf *sb, const char *p, const char *end, const char *document, size_t len)
{
	struct json_span at = {document, len, JSON_OBJECT, false}, name;
	struct json js;

	json_init(&js, p, (size_t)(end - p));
	if (!json_open_object(&js) || !json_next_member(&js, &name) || !follow(&js, &at) ||
		json_next_member(&js, &name) || js.error != NULL)
		return NULL;
	if (at.type == JSON_OBJECT || at.type == JSON_ARRAY)
		json_compact(sb, at.p, at.len);
	else
		json_raw(sb, &at);
	return js.p;
}

const char *
verbatim_expand(struct strbuf *sb, const char *text, size_t len, const char *mark,
	const char *document, size_t document_len)
{
	const char *end = text + len, *p;
	char reference[64];
	int n = snprintf(reference, sizeof(reference), "{\"%s\":", mark);

	if (n < 0 || (size_t)n >= sizeof(reference))
		return "the name of references is too long";
	/* Nobody knows the mark, so this stands nowhere else: in a string it would be escaped. */
	while ((p = memmem(text, (size_t)(end - text), reference, (size_t)n)) != NULL) {
		strbuf_add(sb, text, (size_t)(p - text));
		if ((text = expand_one(sb, p, end, document, document_len)) == NULL)
			return "verbatim: no such place in the document";
	}
	strbuf_add(sb, text, (size_t)(end - text));
	return NULL;
}
