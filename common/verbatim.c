#include "verbatim.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"

#define NAME_MAX_LEN ((size_t)1024 * 1024) /* bytes of a member's name */
#define PATH_SHOWN ((size_t)100)           /* bytes of a path in a message */

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

/* A reference that is being followed. */
struct walk {
	struct json_span at; /* where it has led to */
	struct json_span path;
	struct strbuf inside; /* of a string, where it led into one */
	char *error;          /* of VERBATIM_ERROR_MAX bytes */
};

static bool
fail(struct walk *w, const char *why)
{
	snprintf(w->error, VERBATIM_ERROR_MAX, "%s", why);
	return false;
}

/* Go into the string where the walk is, by the null at ${step}: to the value that its text is. */
static bool
enter_string(struct walk *w, const char *step)
{
	const size_t shown = (size_t)(step - w->path.p) - 1;
	const char *why;
	struct json js;
	size_t at;

	if (w->at.type != JSON_STRING || w->inside.len > 0)
		return false;
	strbuf_init(&w->inside, w->at.len + 1);
	json_decode(&w->inside, &w->at);
	if (strbuf_failed(&w->inside))
		return fail(w, "out of memory");
	if (json_validate(w->inside.len > 0 ? w->inside.buf : "", w->inside.len, &why, &at)) {
		json_init(&js, w->inside.buf, w->inside.len);
		return json_value(&js, &w->at);
	}
	snprintf(w->error, VERBATIM_ERROR_MAX,
		"the string at %.*s] is no JSON text: %s at byte %zu",
		(int)(shown < PATH_SHOWN ? shown : PATH_SHOWN), w->path.p, why, at + 1);
	return false;
}

static bool
take_step(struct walk *w, const struct json_span *step)
{
	const struct json_span from = w->at;

	if (step->type == JSON_NULL)
		return enter_string(w, step->p);
	if (from.type == JSON_OBJECT && step->type == JSON_STRING)
		return find_member(&from, step, &w->at);
	return from.type == JSON_ARRAY && step->type == JSON_NUMBER &&
	       find_item(&from, step, &w->at);
}

static bool
follow(struct walk *w)
{
	struct json_span step;
	struct json js;

	json_init(&js, w->path.p, w->path.len);
	if (!json_open_array(&js))
		return false;
	while (json_next_item(&js))
		if (!json_value(&js, &step) || !take_step(w, &step))
			return false;
	return true;
}

/* Read the reference at ${p} into w->path. Returns where it ends, or NULL. */
static const char *
read_reference(struct walk *w, const char *p, const char *end)
{
	struct json_span name;
	struct json js;

	json_init(&js, p, (size_t)(end - p));
	if (!json_open_object(&js) || !json_next_member(&js, &name) || !json_value(&js, &w->path) ||
		json_next_member(&js, &name) || js.error != NULL)
		return NULL;
	return js.p;
}

/* Append what stands where the reference at ${p} leads to. Returns where it ends, or NULL. */
static const char *
expand_one(struct strbuf *sb, const char *p, const char *end, const struct json_span *document,
	char error[VERBATIM_ERROR_MAX])
{
	struct walk w = {.at = *document, .error = error};

	fail(&w, "verbatim: no such place in the document");
	strbuf_init(&w.inside, 0);
	p = read_reference(&w, p, end);
	if (p != NULL && !follow(&w))
		p = NULL;
	if (p != NULL && (w.at.type == JSON_OBJECT || w.at.type == JSON_ARRAY))
		json_compact(sb, w.at.p, w.at.len);
	else if (p != NULL)
		json_raw(sb, &w.at);
	strbuf_release(&w.inside);
	return p;
}

int
verbatim_expand(struct strbuf *sb, const char *text, size_t len, const char *mark,
	const char *document, size_t document_len, char error[VERBATIM_ERROR_MAX])
{
	const struct json_span all = {document, document_len, JSON_OBJECT, false};
	const char *end = text + len, *p;
	char reference[64];
	int n = snprintf(reference, sizeof(reference), "{\"%s\":", mark);

	if (n < 0 || (size_t)n >= sizeof(reference)) {
		snprintf(error, VERBATIM_ERROR_MAX, "the name of references is too long");
		return -1;
	}
	/* Nobody knows the mark, so this stands nowhere else: in a string it would be escaped. */
	while ((p = memmem(text, (size_t)(end - text), reference, (size_t)n)) != NULL) {
		strbuf_add(sb, text, (size_t)(p - text));
		if ((text = expand_one(sb, p, end, &all, error)) == NULL)
			return -1;
	}
	strbuf_add(sb, text, (size_t)(end - text));
	return 0;
}
