#include "map_event.h"

#include <stdio.h>

#include "event.h"
#include "ids.h"
#include "json_text.h"
#include "sha256.h"
#include "timestamp.h"

#define SHOWN_MAX 80 /* bytes of a wrong value in a message */

static int
fail(char error[MAP_EVENT_ERROR_MAX], const char *what, const struct json_span *value)
{
	snprintf(error, MAP_EVENT_ERROR_MAX, "%s '%.*s'%s", what,
		(int)(value->len < SHOWN_MAX ? value->len : SHOWN_MAX), value->p,
		value->len > SHOWN_MAX ? "..." : "");
	return -1;
}

/* Members that event_read leaves to those who need them. */
static int
check(const struct event *event, char error[MAP_EVENT_ERROR_MAX])
{
	const struct json_span *type = &event->member[EVENT_TYPE],
			       *index = &event->member[EVENT_VERSION_INDEX];

	/* the names of types need no escapes */
	if (event_type_find(type->p, type->len) < 0)
		return fail(error, "wb-record(5) knows no event_type", type);
	for (size_t i = 0; index->type != JSON_NONE && i < index->len; i++)
		if (index->p[i] < '0' || index->p[i] > '9')
			return fail(error, "artifact_version_index is not a whole number:", index);
	return 0;
}

static void
add_name(struct strbuf *sb, enum event_member member)
{
	/* the first one is always there */
	strbuf_printf(sb, "%s\"%s\":", member == EVENT_ID ? "{" : ",", event_member_name(member));
}

static void
add_id(struct strbuf *sb, const struct event *event, const struct map_document *doc, size_t index)
{
	unsigned char digest[SHA256_SIZE];
	char id[ID_SIZE], number[24];
	struct strbuf compact;
	struct sha256 hash;

	add_name(sb, EVENT_ID);
	if (event->member[EVENT_ID].type != JSON_NONE) {
		json_raw(sb, &event->member[EVENT_ID]);
		return;
	}
	strbuf_init(&compact, doc->len + 1);
	json_compact(&compact, doc->p, doc->len);
	sha256_init(&hash);
	sha256_update(&hash, compact.buf != NULL ? compact.buf : "", compact.len);
	snprintf(number, sizeof(number), "%zu", index);
	if (index != 0)
		sha256_update(&hash, "", 1);
	if (index != 0)
		sha256_update(&hash, number, strlen(number));
	sha256_final(&hash, digest);
	sha256_hex16(digest, id);
	sb->failed |= strbuf_failed(&compact);
	strbuf_release(&compact);
	json_quote(sb, id);
}

static int
add_time(struct strbuf *sb, const struct json_span *time, char error[MAP_EVENT_ERROR_MAX])
{
	char text[TIMESTAMP_MAX];
	struct strbuf decoded;
	int64_t ms;
	int status;

	if (time->type == JSON_NONE)
		return 0;
	strbuf_init(&decoded, time->len + 1);
	json_decode(&decoded, time);
	status = timestamp_parse(decoded.buf != NULL ? decoded.buf : "", decoded.len, &ms);
	strbuf_release(&decoded);
	if (status != 0)
		return fail(error, "event_time is no time as of RFC 3339:", time);
	add_name(sb, EVENT_TIME);
	json_quote(sb, timestamp_format(ms, text));
	return 0;
}

/* The member called so, or -1. */
static int
find_member(const struct json_span *key)
{
	struct strbuf name;
	int found = -1;

	if (!key->escaped)
		return event_member_find(key->p, key->len);
	strbuf_init(&name, key->len);
	json_decode(&name, key);
	if (!strbuf_failed(&name) && name.len > 0)
		found = event_member_find(name.buf, name.len);
	strbuf_release(&name);
	return found;
}

/* Members that are not known, as they are. */
static void
add_others(struct strbuf *sb, const char *text, size_t len)
{
	struct json_span key, value;
	struct json js;

	json_init(&js, text, len);
	json_open_object(&js);
	while (json_next_member(&js, &key) && json_value(&js, &value)) {
		if (find_member(&key) >= 0)
			continue;
		strbuf_addc(sb, ',');
		json_raw(sb, &key);
		strbuf_addc(sb, ':');
		json_raw(sb, &value);
	}
}

int
map_event_add(struct strbuf *sb, const char *text, size_t len, const struct map_document *doc,
	size_t index, char error[MAP_EVENT_ERROR_MAX])
{
	struct event event;
	struct json js;

	json_init(&js, text, len);
	if (!event_read(&js, &event) || !json_end(&js)) {
		snprintf(error, MAP_EVENT_ERROR_MAX, "%s", js.error);
		return -1;
	}
	if (check(&event, error) != 0)
		return -1;
	add_id(sb, &event, doc, index);
	if (add_time(sb, &event.member[EVENT_TIME], error) != 0)
		return -1;
	for (int i = EVENT_TIME + 1; i < EVENT_MEMBERS; i++) {
		if (event.member[i].type != JSON_NONE) {
			add_name(sb, (enum event_member)i);
			json_raw(sb, &event.member[i]);
		} else if (i == EVENT_SOURCE && doc->source != NULL) {
			add_name(sb, EVENT_SOURCE);
			json_quote(sb, doc->source);
		}
	}
	add_others(sb, text, len);
	strbuf_lit(sb, "}\n");
	return 0;
}
