#include "registry_line.h"

#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "json_text.h"

#define TEXT_BYTES_MAX ((size_t)64 * 1024 * 1024)

static bool
is(const struct json_span *key, const char *name)
{
	return json_equal(key, name, strlen(name));
}

static bool
read_text(struct json *js, struct registry *r, struct text *text)
{
	struct json_span span;
	struct strbuf sb;

	if (!json_value(js, &span))
		return false;
	if (span.type != JSON_STRING)
		return json_fail(js, span.p, "not a string");
	if (!span.escaped) {
		*text = registry_text(r, span.p, span.len);
		return true;
	}
	strbuf_init(&sb, TEXT_BYTES_MAX);
	json_decode(&sb, &span);
	r->failed |= strbuf_failed(&sb);
	*text = registry_text(r, sb.buf != NULL ? sb.buf : "", sb.len);
	strbuf_release(&sb);
	return true;
}

static bool
read_number(struct json *js, int64_t *number)
{
	struct json_span span;
	char text[32], *end;

	if (!json_value(js, &span))
		return false;
	if (span.type != JSON_NUMBER || span.len >= sizeof(text))
		return json_fail(js, span.p, "not a number of this file");
	memcpy(text, span.p, span.len);
	text[span.len] = '\0';
	*number = strtoll(text, &end, 10);
	return *end == '\0' || json_fail(js, span.p, "not a whole number");
}

static bool
read_mark(struct json *js, struct registry *r, struct registry_mark *mark)
{
	struct json_span on;
	int64_t count;

	*mark = (struct registry_mark){.count = 1, .is_on = true};
	if (json_peek(js) == JSON_STRING)
		return read_text(js, r, &mark->name);
	if (!json_open_array(js) || !json_next_item(js) || !read_text(js, r, &mark->name) ||
		!json_next_item(js) || !read_number(js, &count) || !json_next_item(js) ||
		!json_value(js, &on) || json_next_item(js) || js->error != NULL)
		return json_fail(js, js->p, "not an alias or tag");
	mark->count = (unsigned)count;
	mark->is_on = on.type == JSON_TRUE;
	return true;
}

static bool
read_marks(struct json *js, struct registry *r, registry_marks *marks)
{
	if (!json_open_array(js))
		return false;
	while (json_next_item(js)) {
		struct registry_mark *mark = registry_grow(r, marks);

		if (mark == NULL)
			return json_fail(js, js->p, "out of memory");
		if (!read_mark(js, r, mark))
			return false;
	}
	return js->error == NULL;
}

static bool
read_member(struct json *js, struct registry *r, struct registry_collection *c)
{
	struct registry_member *m = registry_grow(r, &c->members);
	struct json_span key;
	int64_t ord = 0;

	if (m == NULL)
		return json_fail(js, js->p, "out of memory");
	m->index = REGISTRY_NO_INDEX;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "id")             ? !read_text(js, r, &m->id)
			: is(&key, "artifact") ? !read_text(js, r, &m->artifact)
			: is(&key, "linked")   ? !read_number(js, &m->linked_ms)
			: is(&key, "index")    ? !read_number(js, &m->index)
			: is(&key, "ord")      ? !read_number(js, &ord)
			: is(&key, "aliases")  ? !read_marks(js, r, &m->aliases)
			: is(&key, "tags")     ? !read_marks(js, r, &m->tags)
					       : !json_value(js, NULL))
			return false;
	}
	m->ord = (unsigned)ord;
	if (js->error == NULL && (m->id.p == NULL || m->artifact.p == NULL))
		return json_fail(js, js->p - 1, "a member without id or artifact");
	return js->error == NULL;
}

static bool
read_members(struct json *js, struct registry *r, struct registry_collection *c)
{
	if (!json_open_array(js))
		return false;
	while (json_next_item(js))
		if (!read_member(js, r, c))
			return false;
	return js->error == NULL;
}

/* "KEY@MS" */
static bool
read_seen_one(struct json *js, struct registry_seen *seen)
{
	struct json_span span;
	char text[64], *end;

	if (!json_value(js, &span))
		return false;
	if (span.type == JSON_STRING && span.len > 17 && span.len < sizeof(text)) {
		memcpy(text, span.p, span.len);
		text[span.len] = '\0';
		seen->key = strtoull(text, &end, 16);
		if (end == text + 16 && *end == '@') {
			seen->ms = strtoll(end + 1, &end, 10);
			if (*end == '\0')
				return true;
		}
	}
	return json_fail(js, span.p, "not an entry of a history");
}

static bool
read_seen(struct json *js, struct registry *r, struct registry_history *h)
{
	if (!json_open_array(js))
		return false;
	while (json_next_item(js)) {
		struct registry_seen *seen = registry_grow(r, &h->seen);

		if (seen == NULL)
			return json_fail(js, js->p, "out of memory");
		if (!read_seen_one(js, seen))
			return false;
	}
	return js->error == NULL;
}

static bool
read_history(struct json *js, struct registry *r, struct registry_history *h)
{
	struct json_span key;
	int64_t keys = 1;

	h->is_known = true;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "seen")         ? !read_seen(js, r, h)
			: is(&key, "floor")  ? !read_number(js, &h->floor_ms)
			: is(&key, "keys")   ? !read_number(js, &keys)
			: is(&key, "newest") ? !read_number(js, &h->newest_ms)
					     : !json_value(js, NULL))
			return false;
	}
	h->has_old_keys = keys < REGISTRY_LINE_KEYS;
	return js->error == NULL;
}

static bool
read_owed_one(struct json *js, struct registry *r, struct registry_owed *owed)
{
	struct text type = {"", 0};
	struct json_span key;

	owed->alias = TEXT("");
	owed->told_ms = REGISTRY_NO_TIME;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "artifact")     ? !read_text(js, r, &owed->artifact)
			: is(&key, "alias")  ? !read_text(js, r, &owed->alias)
			: is(&key, "linked") ? !read_number(js, &owed->linked_ms)
			: is(&key, "told")   ? !read_number(js, &owed->told_ms)
			: is(&key, "type")   ? !read_text(js, r, &type)
					     : !json_value(js, NULL))
			return false;
	}
	owed->type = event_type_find(type.p, type.len);
	if (js->error == NULL && (owed->artifact.p == NULL || owed->type < 0))
		return json_fail(js, js->p - 1, "not an event that a history owes");
	return js->error == NULL;
}

static bool
read_owed(struct json *js, struct registry *r, struct registry_collection *c)
{
	if (!json_open_array(js))
		return false;
	while (json_next_item(js)) {
		struct registry_owed *owed = registry_grow(r, &c->owed);

		if (owed == NULL || !read_owed_one(js, r, owed))
			return json_fail(js, js->p, "out of memory");
	}
	return js->error == NULL;
}

static bool
read_ended_one(struct json *js, struct registry *r, struct registry_ended *ended)
{
	struct json_span key;
	int64_t ord = 0;

	ended->artifact = TEXT("");
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "artifact")     ? !read_text(js, r, &ended->artifact)
			: is(&key, "linked") ? !read_number(js, &ended->linked_ms)
			: is(&key, "ord")    ? !read_number(js, &ord)
					     : !json_value(js, NULL))
			return false;
	}
	ended->ord = (unsigned)ord;
	return js->error == NULL;
}

static bool
read_ended(struct json *js, struct registry *r, struct registry_collection *c)
{
	if (!json_open_array(js))
		return false;
	while (json_next_item(js)) {
		struct registry_ended *ended = registry_grow(r, &c->ended);

		if (ended == NULL || !read_ended_one(js, r, ended))
			return json_fail(js, js->p, "out of memory");
	}
	return js->error == NULL;
}

bool
registry_line_read(struct json *js, struct registry *r)
{
	struct registry_collection *c = registry_collection_new(r, TEXT(""));
	const char *start = js->p;
	struct json_span key;

	if (c == NULL || !json_open_object(js))
		return json_fail(js, js->p, "out of memory");
	while (json_next_member(js, &key)) {
		if (is(&key, "id")            ? !read_text(js, r, &c->id)
			: is(&key, "name")    ? !read_text(js, r, &c->name)
			: is(&key, "entity")  ? !read_text(js, r, &c->entity)
			: is(&key, "project") ? !read_text(js, r, &c->project)
			: is(&key, "created") ? !read_number(js, &c->created_ms)
			: is(&key, "gone")    ? !read_number(js, &c->gone_ms)
			: is(&key, "tags")    ? !read_marks(js, r, &c->tags)
			: is(&key, "members") ? !read_members(js, r, c)
			: is(&key, "owed")    ? !read_owed(js, r, c)
			: is(&key, "ended")   ? !read_ended(js, r, c)
			: is(&key, "link_history")
				? !read_history(js, r, &c->history[REGISTRY_LINKS])
			: is(&key, "alias_history")
				? !read_history(js, r, &c->history[REGISTRY_ALIASES])
				: !json_value(js, NULL))
			return false;
	}
	if (js->error == NULL && (c->id.len == 0 || c->name.p == NULL || c->entity.p == NULL ||
					 c->project.p == NULL))
		return json_fail(js, start, "a collection without id, name, entity or project");
	if (js->error != NULL)
		return false;
	registry_add(r, c);
	return true;
}
