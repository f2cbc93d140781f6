/* json_find - members by name: the last one counts, however it is spelled. */
#include "json_find.h"
#include "unit.h"

static struct json_span
span(const char *text)
{
	struct json_span value;
	struct json js;

	json_init(&js, text, strlen(text));
	EXPECT(json_value(&js, &value));
	return value;
}

static bool
finds(const char *text, const char *name, const char *want)
{
	const struct json_span object = span(text), found = json_find(&object, name);

	if (want == NULL)
		return found.type == JSON_NONE;
	return found.type != JSON_NONE && found.len == strlen(want) &&
	       memcmp(found.p, want, found.len) == 0;
}

static void
members(void)
{
	EXPECT(finds("{\"a\":1,\"b\":[2, 3]}", "a", "1"));
	EXPECT(finds("{\"a\":1,\"b\":[2, 3]}", "b", "[2, 3]"));
	EXPECT(finds("{\"a\":1,\"b\":[2, 3]}", "c", NULL));
	EXPECT(finds("{\"a\":1,\"\\u0061\":\"x\"}", "a", "x"));
	EXPECT(finds("{\"b\":{\"a\":1}}", "a", NULL));
	EXPECT(finds("{}", "a", NULL));
}

static void
others(void)
{
	static const char text[] = "{\"a\" : null}";
	const struct json_span object = span(text), none = {.type = JSON_NONE};

	EXPECT(finds("[\"a\"]", "a", NULL));
	EXPECT(finds("\"a\"", "a", NULL));
	EXPECT(json_find(&none, "a").type == JSON_NONE);
	EXPECT(json_find_key(&object, "a", NULL).p == text + 2);
	EXPECT(json_find_key(&object, "b", NULL).type == JSON_NONE);
}

int
main(void)
{
	RUN(members, "the last member of a name");
	RUN(others, "what is no object, and where a name stands");
	UNIT_DONE();
}
