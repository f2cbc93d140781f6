#include "registry_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "json_text.h"

#define KEYS_VERSION 2 /* of the keys of a history's entries; 1 was not said */
#define TEXT_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* ---- writing ---- */

static void
write_text(struct strbuf *sb, const char *name, const struct text *text)
{
	strbuf_printf(sb, "\"%s\":\"", name);
	json_escape(sb, text->p, text->len);
	strbuf_lit(sb, "\",");
}

/* A name alone is on and was put on once; else [name, count, is on]. */
static void
write_marks(struct strbuf *sb, const char *name, const registry_marks *marks)
{
	if (marks->n == 0)
		return;
	strbuf_printf(sb, ",\"%s\":", name);
	for (size_t i = 0; i < marks->n; i++) {
		const struct registry_mark *mark = &marks->v[i];
		const bool is_plain = mark->is_on && mark->count == 1;

		strbuf_addc(sb, i == 0 ? '[' : ',');
		strbuf_adds(sb, is_plain ? "\"" : "[\"");
		json_escape(sb, mark->name.p, mark->name.len);
		strbuf_addc(sb, '"');
		if (!is_plain)
			strbuf_printf(sb, ",%u,%s]", mark->count, mark->is_on ? "true" : "false");
	}
	strbuf_addc(sb, ']');
}

static void
write_member(struct strbuf *sb, const struct registry_member *m)
{
	strbuf_addc(sb, '{');
	write_text(sb, "id", &m->id);
	write_text(sb, "artifact", &m->artifact);
	strbuf_printf(sb, "\"linked\":%lld", (long long)m->linked_ms);
	if (m->index != REGISTRY_NO_INDEX)
		strbuf_printf(sb, ",\"index\":%lld", (long long)m->index);
	if (m->ord != 0)
		strbuf_printf(sb, ",\"ord\":%u", m->ord);
	write_marks(sb, "aliases", &m->aliases);
	write_marks(sb, "tags", &m->tags);
	strbuf_addc(sb, '}');
}

static void
write_history(struct strbuf *sb, const char *name, const struct registry_history *h)
{
	if (!h->is_known)
		return;
	strbuf_printf(sb, ",\"%s\":{", name);
	if (!h->has_old_keys)
		strbuf_printf(sb, "\"keys\":%d,", KEYS_VERSION);
	strbuf_lit(sb, "\"seen\":[");
	for (size_t i = 0; i < h->seen.n; i++)
		strbuf_printf(sb, "%s\"%016llx@%lld\"", i > 0 ? "," : "",
			(unsigned long long)h->seen.v[i].key, (long long)h->seen.v[i].ms);
	strbuf_addc(sb, ']');
	if (h->floor_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"floor\":%lld", (long long)h->floor_ms);
	if (h->newest_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"newest\":%lld", (long long)h->newest_ms);
	strbuf_addc(sb, '}');
}

static void
write_owed(struct strbuf *sb, const struct registry_owed *owed)
{
	strbuf_addc(sb, '{');
	write_text(sb, "artifact", &owed->artifact);
	if (owed->alias.len > 0)
		write_text(sb, "alias", &owed->alias);
	strbuf_printf(sb, "\"linked\":%lld,\"type\":\"%s\",\"told\":%lld}",
		(long long)owed->linked_ms, event_type_name(owed->type), (long long)owed->told_ms);
}

void
registry_line_write(struct strbuf *sb, const struct registry_collection *c)
{
	strbuf_addc(sb, '{');
	write_text(sb, "id", &c->id);
	write_text(sb, "name", &c->name);
	write_text(sb, "entity", &c->entity);
	write_text(sb, "project", &c->project);
	strbuf_printf(sb, "\"created\":%lld", (long long)c->created_ms);
	if (c->gone_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"gone\":%lld", (long long)c->gone_ms);
	write_marks(sb, "tags", &c->tags);
	write_history(sb, "link_history", &c->history[REGISTRY_LINKS]);
	write_history(sb, "alias_history", &c->history[REGISTRY_ALIASES]);
	for (size_t i = 0; i < c->owed.n; i++) {
		strbuf_adds(sb, i == 0 ? ",\"owed\":[" : ",");
		write_owed(sb, &c->owed.v[i]);
	}
	strbuf_adds(sb, c->owed.n > 0 ? "]" : "");
	strbuf_lit(sb, ",\"members\":[");
	for (size_t i = 0; i < c->members.n; i++) {
		if (i > 0)
			strbuf_addc(sb, ',');
		write_member(sb, &c->members.v[i]);
	}
	strbuf_lit(sb, "]}");
}

/* ---- reading ---- */

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
	h->has_old_keys = keys < KEYS_VERSION;
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
