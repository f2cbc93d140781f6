/* event - members and types by name, events read, and metadata looked up. */
#include "event.h"
#include "guard.h"
#include "unit.h"

/* Written down again, so that a slip in one place shows. */
static const char *const names[EVENT_MEMBERS] = {
	[EVENT_ID] = "event_id",
	[EVENT_TIME] = "event_time",
	[EVENT_TYPE] = "event_type",
	[EVENT_AUTHOR] = "event_author",
	[EVENT_ENTITY] = "entity_name",
	[EVENT_PROJECT] = "project_name",
	[EVENT_COLLECTION] = "artifact_collection_name",
	[EVENT_VERSION] = "artifact_version",
	[EVENT_VERSION_STRING] = "artifact_version_string",
	[EVENT_VERSION_INDEX] = "artifact_version_index",
	[EVENT_ALIAS] = "alias",
	[EVENT_TAG] = "tag",
	[EVENT_METADATA] = "artifact_metadata",
	[EVENT_SOURCE] = "source",
};

static void
member_names(void)
{
	for (int i = 0; i < EVENT_MEMBERS; i++) {
		size_t len = strlen(names[i]);
		char other[64];

		EXPECT_STR(event_member_name((enum event_member)i), names[i]);
		EXPECT(event_member_find(guard_copy(names[i], len), len) == i);
		/* nothing near is taken for it */
		for (size_t j = 0; j < len; j++) {
			EXPECT(event_member_find(guard_copy(names[i], j), j) != i);
			memcpy(other, names[i], len);
			for (int c = 0; c < 256; c++) {
				other[j] = (char)c;
				EXPECT((event_member_find(guard_copy(other, len), len) == i) ==
					(other[j] == names[i][j]));
			}
		}
		memcpy(other, names[i], len);
		other[len] = 'x';
		EXPECT(event_member_find(other, len + 1) == -1);
		other[len] = '\0';
		EXPECT(event_member_find(other, len + 1) == -1);
	}
	EXPECT(event_member_find("", 0) == -1);
	EXPECT(event_member_find("artifact_collection_name_and_more", 33) == -1);
}

static void
type_names(void)
{
	static const char *const types[] = {"LINK_ARTIFACT", "ADD_ARTIFACT_ALIAS",
		"CREATE_ARTIFACT", "UNLINK_ARTIFACT", "ADD_ARTIFACT_TAG", "REMOVE_ARTIFACT_TAG",
		"ADD_COLLECTION_TAG", "REMOVE_COLLECTION_TAG"};
	static const char *const others[] = {"", "LINK", "link_artifact", "LINK_ARTIFACTS",
		"LINK_MODELS", "LINK_MODE", "DELETE"};

	EXPECT(sizeof(types) / sizeof(types[0]) == EVENT_TYPES);
	for (int i = 0; i < EVENT_TYPES; i++) {
		int type =
			event_type_find(guard_copy(types[i], strlen(types[i])), strlen(types[i]));

		EXPECT(type >= 0);
		EXPECT_STR(event_type_name(type), types[i]);
	}
	EXPECT(event_type_name(EVENT_TYPES) == NULL);
	EXPECT(event_type_find("LINK_MODEL", 10) == event_type_find("LINK_ARTIFACT", 13));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		EXPECT(event_type_find(guard_copy(others[i], strlen(others[i])),
			       strlen(others[i])) == -1);
}

/* Read ${text} into ${event}, over what others left there. NULL, or the error. */
static const char *
read_text(const char *text, struct event *event, size_t *at)
{
	size_t len = strlen(text);
	struct json js;
	bool read;

	memset(event, 0xa5, sizeof(*event));
	json_init(&js, guard_copy(text, len), len);
	read = event_read(&js, event);
	if (read && json_end(&js))
		return NULL;
	if (at != NULL)
		*at = js.error_at;
	return js.error != NULL ? js.error : "no error text";
}

static void
check_member(const struct event *event, enum event_member member, enum json_type type,
	const char *want)
{
	const struct json_span *span = &event->member[member];
	char text[256];

	EXPECT(span->type == type);
	if (span->type == JSON_NONE || span->type != type)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)span->len, span->p);
	EXPECT_STR(text, want);
}

static void
reads(void)
{
	struct event event;
	size_t at = 0;

	EXPECT_STR(read_text(" \t{\"event_id\":\"i\",\"event_time\":\"t\",\"event_type\":\"X\","
			     "\"event_author\":\"a\",\"entity_name\":\"e\","
			     "\"project_name\":\"p\",\"artifact_collection_name\":\"c\",\"artifact_"
			     "version\":\"v\","
			     "\"artifact_version_string\":\"s\",\"artifact_version_index\": -1.50 "
			     ",\"alias\":\"l\\n\",\"tag\":\"g\","
			     "\"artifact_metadata\": { \"a\" : 1 } "
			     ",\"source\":\"o\",\"other\":[{\"alias\":1}]} ",
			   &event, &at) == NULL
			   ? "read"
			   : "refused",
		"read");
	check_member(&event, EVENT_ID, JSON_STRING, "i");
	check_member(&event, EVENT_TIME, JSON_STRING, "t");
	check_member(&event, EVENT_TYPE, JSON_STRING, "X");
	check_member(&event, EVENT_AUTHOR, JSON_STRING, "a");
	check_member(&event, EVENT_ENTITY, JSON_STRING, "e");
	check_member(&event, EVENT_PROJECT, JSON_STRING, "p");
	check_member(&event, EVENT_COLLECTION, JSON_STRING, "c");
	check_member(&event, EVENT_VERSION, JSON_STRING, "v");
	check_member(&event, EVENT_VERSION_STRING, JSON_STRING, "s");
	check_member(&event, EVENT_VERSION_INDEX, JSON_NUMBER, "-1.50");
	check_member(&event, EVENT_ALIAS, JSON_STRING, "l\\n");
	check_member(&event, EVENT_TAG, JSON_STRING, "g");
	check_member(&event, EVENT_METADATA, JSON_OBJECT, "{ \"a\" : 1 }");
	check_member(&event, EVENT_SOURCE, JSON_STRING, "o");
	EXPECT(event.member[EVENT_ALIAS].escaped && !event.member[EVENT_TAG].escaped);
	EXPECT(event.span.type == JSON_OBJECT && event.span.p[0] == '{' &&
		event.span.p[event.span.len - 1] == '}');
}

/* Spans of absent members are zero all over, whatever was there before. */
static void
absent_members(void)
{
	struct event event;

	EXPECT(read_text("{\"event_type\":\"X\"}", &event, NULL) == NULL);
	for (int i = 0; i < EVENT_MEMBERS; i++) {
		const struct json_span *span = &event.member[i];

		if (i != EVENT_TYPE)
			EXPECT(span->type == JSON_NONE && span->p == NULL && span->len == 0 &&
				!span->escaped);
	}
	EXPECT(event.span.len == strlen("{\"event_type\":\"X\"}"));
}

static void
nulls_and_duplicates(void)
{
	struct event event;

	for (int i = 0; i < EVENT_MEMBERS; i++) {
		char text[256];

		snprintf(text, sizeof(text), "{\"event_type\":\"X\",\"%s\":null%s}", names[i],
			i == EVENT_TYPE ? ",\"event_type\":\"Y\"" : "");
		EXPECT(read_text(text, &event, NULL) == NULL);
		EXPECT(i == EVENT_TYPE || event.member[i].type == JSON_NONE);
	}
	EXPECT(read_text("{\"alias\":\"a\",\"event_type\":\"X\",\"alias\":\"b\",\"al\\u0069as\":"
			 "\"c\"}",
		       &event, NULL) == NULL);
	check_member(&event, EVENT_ALIAS, JSON_STRING, "c");
	EXPECT(read_text("{\"alias\":\"a\",\"event_type\":\"X\",\"alias\":null}", &event, NULL) ==
		NULL);
	check_member(&event, EVENT_ALIAS, JSON_NONE, "");
	EXPECT(read_text("{\"event_type\":\"X\",\"event_type\":\"Y\"}", &event, NULL) == NULL);
	check_member(&event, EVENT_TYPE, JSON_STRING, "Y");
}

static void
escaped_names(void)
{
	struct event event;

	for (int i = 0; i < EVENT_MEMBERS; i++) {
		char text[1024];
		size_t used = 0;

		used += (size_t)snprintf(text, sizeof(text), "{\"event_type\":\"X\",\"");
		for (const char *p = names[i]; *p != '\0'; p++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "\\u%04x",
				(unsigned)*p);
		snprintf(text + used, sizeof(text) - used, "\":%s}",
			i == EVENT_METADATA        ? "{}"
			: i == EVENT_VERSION_INDEX ? "3"
						   : "\"x\"");
		EXPECT(read_text(text, &event, NULL) == NULL);
		EXPECT(event.member[i].type != JSON_NONE);
	}
}

static void
link_model(void)
{
	static const char *const spelled[] = {"LINK_MODEL", "LINK\\u005fMODEL",
		"\\u004c\\u0049\\u004e\\u004b_MODEL"};
	struct event event;

	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "{\"event_type\":\"%s\"}", spelled[i]);
		EXPECT(read_text(text, &event, NULL) == NULL);
		check_member(&event, EVENT_TYPE, JSON_STRING, "LINK_ARTIFACT");
		EXPECT(!event.member[EVENT_TYPE].escaped);
		EXPECT(event.span.len == strlen(text)); /* what is passed on says what it said */
	}
	EXPECT(read_text("{\"event_type\":\"LINK_MODELS\"}", &event, NULL) == NULL);
	check_member(&event, EVENT_TYPE, JSON_STRING, "LINK_MODELS");
}

static void
refused(void)
{
	static const struct {
		const char *text, *error;
		size_t at;
	} cases[] = {
		{"", "unexpected end of JSON text", 0},
		{"[]", "not a JSON object", 0},
		{" null", "not a JSON object", 1},
		{"{}", "the event has no event_type", 0},
		{"  {\"alias\":\"a\"}", "the event has no event_type", 2},
		{"{\"event_type\":null}", "the event has no event_type", 0},
		{"{\"event_type\":\"X\",\"event_type\":null}", "the event has no event_type", 0},
		{"{\"event_type\":1}", "event_type is not a string", 14},
		{"{\"event_type\": [\"X\"]}", "event_type is not a string", 15},
		{"{\"event_type\":\"X\",\"alias\":true}", "alias is not a string", 26},
		{"{\"event_type\":\"X\",\"alias\":1,\"alias\":\"a\"}", "alias is not a string", 26},
		{"{\"event_type\":\"X\",\"artifact_version_index\":\"3\"}",
			"artifact_version_index is not a number", 43},
		{"{\"event_type\":\"X\",\"artifact_metadata\":[]}",
			"artifact_metadata is not an object", 38},
		{"{\"event_type\":\"X\",\"artifact_metadata\":\"{}\"}",
			"artifact_metadata is not an object", 38},
		{"{\"event_type\":\"X\"", "unexpected end of JSON text", 17},
		{"{\"event_type\":\"X\",}", "expected a member name in quotes", 18},
		{"{\"event_type\":\"X\"}}", "more after the JSON value", 18},
		{"{\"event_type\":\"X\",\"other\":01}", "number with a leading zero", 26},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event event;
		size_t at = 1000;
		const char *error = read_text(cases[i].text, &event, &at);

		EXPECT_STR(error == NULL ? "accepted" : error, cases[i].error);
		EXPECT(at == cases[i].at);
	}
}

/* Every member refuses every type but its own. */
static void
types_of_members(void)
{
	static const char *const values[] = {"\"x\"", "3", "{}", "[]", "true", "false"};

	for (int i = 0; i < EVENT_MEMBERS; i++) {
		size_t own = i == EVENT_VERSION_INDEX ? 1 : i == EVENT_METADATA ? 2 : 0;

		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			struct event event;
			char text[128], want[128];
			const char *error;

			snprintf(text, sizeof(text), "{\"event_type\":\"X\",\"%s\":%s}", names[i],
				values[v]);
			error = read_text(text, &event, NULL);
			snprintf(want, sizeof(want), "%s is not %s", names[i],
				own == 0   ? "a string"
				: own == 1 ? "a number"
					   : "an object");
			EXPECT_STR(error == NULL ? "accepted" : error,
				v == own ? "accepted" : want);
		}
	}
}

/* An object inside of another value is read where the caller stands, and no further. */
static void
inside_of_a_record(void)
{
	static const char text[] =
		"{\"event\": {\"event_type\":\"X\",\"alias\":\"a\"} ,\"alias\":\"b\"}";
	struct json_span key;
	struct event event;
	struct json js;

	json_init(&js, guard_copy(text, sizeof(text) - 1), sizeof(text) - 1);
	EXPECT(json_open_object(&js) && json_next_member(&js, &key));
	EXPECT(event_read(&js, &event));
	check_member(&event, EVENT_ALIAS, JSON_STRING, "a");
	EXPECT(event.span.len == strlen("{\"event_type\":\"X\",\"alias\":\"a\"}"));
	EXPECT(json_next_member(&js, &key) && key.len == 5 && json_value(&js, NULL));
	EXPECT(!json_next_member(&js, &key) && json_end(&js));
}

static void
check_metadata(const struct event *event, const char *key, enum json_type type, const char *want)
{
	struct json_span value = event_metadata(event, guard_copy(key, strlen(key)), strlen(key));
	char text[256];

	EXPECT(value.type == type);
	if (type == JSON_NONE || value.type != type)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)value.len, value.p);
	EXPECT_STR(text, want);
}

static void
metadata(void)
{
	static const char text[] = "{\"event_type\":\"X\",\"artifact_metadata\":{ \"a\" : 1.10 , "
				   "\"b\":\"x\\ny\",\"c\":null,\"a.b-c\":[1, 2],"
				   "\"d\":{\"a\":2},\"d\u00e9\":true,\"\\u0065\":false,\"\":{},"
				   "\"f\":1,\"f\":2,\"g\\\"\":3}}";
	struct event event;
	struct json js;

	/* the guarded copy is needed for the keys */
	json_init(&js, text, sizeof(text) - 1);
	EXPECT(event_read(&js, &event) && json_end(&js));
	check_metadata(&event, "a", JSON_NUMBER, "1.10");
	check_metadata(&event, "b", JSON_STRING, "x\\ny");
	check_metadata(&event, "c", JSON_NULL, "null");
	check_metadata(&event, "a.b-c", JSON_ARRAY, "[1, 2]");
	check_metadata(&event, "d", JSON_OBJECT, "{\"a\":2}");
	check_metadata(&event, "d\xc3\xa9", JSON_TRUE, "true");
	check_metadata(&event, "e", JSON_FALSE, "false");
	check_metadata(&event, "", JSON_OBJECT, "{}");
	check_metadata(&event, "f", JSON_NUMBER, "2");
	check_metadata(&event, "g\"", JSON_NUMBER, "3");
	check_metadata(&event, "A", JSON_NONE, "");
	check_metadata(&event, "d.a", JSON_NONE, "");
	check_metadata(&event, "\\u0065", JSON_NONE, "");
	check_metadata(&event, "aa", JSON_NONE, "");
	json_init(&js, "{\"event_type\":\"X\"}", 18);
	EXPECT(event_read(&js, &event));
	check_metadata(&event, "a", JSON_NONE, "");
	json_init(&js, "{\"event_type\":\"X\",\"artifact_metadata\":{}}", 41);
	EXPECT(event_read(&js, &event));
	check_metadata(&event, "a", JSON_NONE, "");
}

int
main(void)
{
	RUN(member_names, "members by name");
	RUN(type_names, "types by name");
	RUN(reads, "an event with everything");
	RUN(absent_members, "absent members");
	RUN(nulls_and_duplicates, "null is absent, the last of duplicates counts");
	RUN(escaped_names, "escaped names");
	RUN(link_model, "LINK_MODEL reads as LINK_ARTIFACT");
	RUN(refused, "what is no event, and where");
	RUN(types_of_members, "each member has one type");
	RUN(inside_of_a_record, "an event inside of a record");
	RUN(metadata, "metadata by key");
	UNIT_DONE();
}
