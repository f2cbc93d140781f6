#include "event.h"

#include <string.h>

#include "json_text.h"

struct member_rule {
	const char *name;
	enum json_type type;
	const char *complaint;
};

static const struct member_rule members[EVENT_MEMBERS] = {
	[EVENT_ID] = {"event_id", JSON_STRING, "event_id is not a string"},
	[EVENT_TIME] = {"event_time", JSON_STRING, "event_time is not a string"},
	[EVENT_TYPE] = {"event_type", JSON_STRING, "event_type is not a string"},
	[EVENT_AUTHOR] = {"event_author", JSON_STRING, "event_author is not a string"},
	[EVENT_ENTITY] = {"entity_name", JSON_STRING, "entity_name is not a string"},
	[EVENT_PROJECT] = {"project_name", JSON_STRING, "project_name is not a string"},
	[EVENT_COLLECTION] = {"artifact_collection_name", JSON_STRING,
		"artifact_collection_name is not a string"},
	[EVENT_VERSION] = {"artifact_version", JSON_STRING, "artifact_version is not a string"},
	[EVENT_VERSION_STRING] = {"artifact_version_string", JSON_STRING,
		"artifact_version_string is not a string"},
	[EVENT_VERSION_INDEX] = {"artifact_version_index", JSON_NUMBER,
		"artifact_version_index is not a number"},
	[EVENT_ALIAS] = {"alias", JSON_STRING, "alias is not a string"},
	[EVENT_TAG] = {"tag", JSON_STRING, "tag is not a string"},
	[EVENT_METADATA] = {"artifact_metadata", JSON_OBJECT, "artifact_metadata is not an object"},
	[EVENT_SOURCE] = {"source", JSON_STRING, "source is not a string"},
};

static const char *const types[EVENT_TYPES + 1] = {
	"LINK_ARTIFACT",
	"ADD_ARTIFACT_ALIAS",
	"CREATE_ARTIFACT",
	"UNLINK_ARTIFACT",
	"ADD_ARTIFACT_TAG",
	"REMOVE_ARTIFACT_TAG",
	"ADD_COLLECTION_TAG",
	"REMOVE_COLLECTION_TAG",
	NULL,
};

static inline bool
is(const char *name, const char *text, size_t len)
{
	return memcmp(name, text, len) == 0;
}

int
event_member_find(const char *name, size_t len)
{
	/* By length first: at most two or three names are left to compare. */
	static const signed char by_len[25][4] = {
		[3] = {EVENT_TAG, -1},
		[5] = {EVENT_ALIAS, -1},
		[6] = {EVENT_SOURCE, -1},
		[8] = {EVENT_ID, -1},
		[10] = {EVENT_TYPE, EVENT_TIME, -1},
		[11] = {EVENT_ENTITY, -1},
		[12] = {EVENT_PROJECT, EVENT_AUTHOR, -1},
		[16] = {EVENT_VERSION, -1},
		[17] = {EVENT_METADATA, -1},
		[22] = {EVENT_VERSION_INDEX, -1},
		[23] = {EVENT_VERSION_STRING, -1},
		[24] = {EVENT_COLLECTION, -1},
	};

	if (len >= sizeof(by_len) / sizeof(by_len[0]) || by_len[len][1] == 0)
		return -1;
	for (const signed char *m = by_len[len]; *m >= 0; m++)
		if (is(members[*m].name, name, len))
			return *m;
	return -1;
}

const char *
event_member_name(enum event_member member)
{
	return members[member].name;
}

int
event_type_find(const char *name, size_t len)
{
	if (len == 10 && is("LINK_MODEL", name, len))
		return 0;
	for (int i = 0; i < EVENT_TYPES; i++)
		if (strlen(types[i]) == len && is(types[i], name, len))
			return i;
	return -1;
}

const char *
event_type_name(int type)
{
	return types[type];
}

int
event_type_member(int type)
{
	const size_t len = strlen(types[type]);

	if (strcmp(types[type], "ADD_ARTIFACT_ALIAS") == 0)
		return EVENT_ALIAS;
	return len > 4 && strcmp(types[type] + len - 4, "_TAG") == 0 ? EVENT_TAG : -1;
}

static int
find_key(const struct json_span *key)
{
	if (!key->escaped)
		return event_member_find(key->p, key->len);
	for (int i = 0; i < EVENT_MEMBERS; i++)
		if (json_equal(key, members[i].name, strlen(members[i].name)))
			return i;
	return -1;
}

static bool
read_member(struct json *js, struct event *event, int member)
{
	struct json_span *value = &event->member[member];

	if (!json_value(js, value))
		return false;
	/* Two events with an empty id are not one and the same. */
	if (value->type == JSON_NULL ||
		(member == EVENT_ID && value->type == JSON_STRING && value->len == 0))
		value->type = JSON_NONE;
	else if (value->type != members[member].type)
		return json_fail(js, value->p - (value->type == JSON_STRING),
			members[member].complaint);
	return true;
}

bool
event_read(struct json *js, struct event *event)
{
	/* In quotes, as every string stands in its text. */
	static const char link_artifact[] = "\"LINK_ARTIFACT\"";
	struct json_span key, *type = &event->member[EVENT_TYPE];

	for (int i = 0; i < EVENT_MEMBERS; i++)
		event->member[i] = (struct json_span){.type = JSON_NONE};
	if (!json_open_object(js))
		return false;
	event->span.p = js->p - 1;
	event->span.type = JSON_OBJECT;
	while (json_next_member(js, &key)) {
		int member = find_key(&key);

		if (member >= 0 ? !read_member(js, event, member) : !json_value(js, NULL))
			return false;
	}
	if (js->error != NULL)
		return false;
	event->span.len = (size_t)(js->p - event->span.p);
	if (type->type == JSON_NONE)
		return json_fail(js, event->span.p, "the event has no event_type");
	if (json_equal(type, "LINK_MODEL", 10))
		*type = (struct json_span){link_artifact + 1, sizeof(link_artifact) - 3,
			JSON_STRING, false};
	return true;
}

struct json_span
event_metadata(const struct event *event, const char *name, size_t len)
{
	const struct json_span *metadata = &event->member[EVENT_METADATA];
	struct json_span key, value, found = {.type = JSON_NONE};
	struct json js;

	if (metadata->type == JSON_NONE)
		return found;
	json_init(&js, metadata->p, metadata->len);
	if (!json_open_object(&js))
		return found;
	while (json_next_member(&js, &key) && json_value(&js, &value))
		if (json_equal(&key, name, len))
			found = value;
	return found;
}
