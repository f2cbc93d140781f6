/* json_edit - members and items set and removed, in every layout; all other bytes stay. */
#include "json_edit.h"
#include "json_find.h"
#include "unit.h"

/* The value at ${path}: members by name, one after another; "" is the whole text. */
static struct json_span
value_at(const char *text, const char *path)
{
	struct json_span value;
	struct json js;

	json_init(&js, text, strlen(text));
	EXPECT(json_value(&js, &value) && json_end(&js));
	while (*path != '\0') {
		char name[32];
		size_t len = strcspn(path, "/");

		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		value = json_find(&value, name);
		path += len + (path[len] == '/');
	}
	return value;
}

/* The text that ${e} makes of ${text}, which must be JSON; valid until the next call. */
static const char *
applied(struct json_edit *e, const char *text)
{
	static struct strbuf out;
	const char *why;
	size_t at;

	strbuf_release(&out);
	strbuf_init(&out, 4096);
	json_edit_apply(e, text, strlen(text), &out);
	json_edit_release(e);
	EXPECT(json_validate(out.buf, out.len, &why, &at));
	return strbuf_str(&out);
}

static const char *
set(const char *text, const char *path, const char *name, const char *value, const char *after)
{
	const struct json_span object = value_at(text, path);
	struct json_edit e;

	json_edit_init(&e);
	json_edit_set(&e, &object, name, value, after);
	return applied(&e, text);
}

static const char *
removed(const char *text, const char *path, const char *name)
{
	const struct json_span object = value_at(text, path);
	struct json_edit e;

	json_edit_init(&e);
	if (!json_edit_remove(&e, &object, name))
		return "none";
	return applied(&e, text);
}

static const char *
removed_item(const char *text, const char *path, size_t index)
{
	const struct json_span array = value_at(text, path);
	struct json_edit e;

	json_edit_init(&e);
	if (!json_edit_remove_item(&e, &array, index))
		return "none";
	return applied(&e, text);
}

static void
replace(void)
{
	EXPECT_STR(set(" {\"a\" : 1 , \"b\":2}\n", "", "a", "[3]", NULL),
		" {\"a\" : [3] , \"b\":2}\n");
	EXPECT_STR(set("{\"a\":\"x\",\"b\":{\"a\":1}}", "b", "a", "2", NULL),
		"{\"a\":\"x\",\"b\":{\"a\":2}}");
	EXPECT_STR(set("{\"a\":\"x\"}", "", "a", "\"y\"", NULL), "{\"a\":\"y\"}");
	/* the last of several counts, however it is spelled */
	EXPECT_STR(set("{\"a\":1,\"\\u0061\":2,\"c\":3}", "", "a", "0", NULL),
		"{\"a\":1,\"\\u0061\":0,\"c\":3}");
}

static void
insert(void)
{
	EXPECT_STR(set("{}", "", "a", "1", NULL), "{\"a\": 1}");
	EXPECT_STR(set("{ \n }", "", "a", "1", NULL), "{\"a\": 1}");
	EXPECT_STR(set("{\"a\":1}", "", "b", "2", NULL), "{\"a\":1,\"b\":2}");
	EXPECT_STR(set("{\"a\": 1}", "", "b", "2", NULL), "{\"a\": 1, \"b\": 2}");
	EXPECT_STR(set("{ \"a\" : 1 }", "", "b", "2", NULL), "{ \"a\" : 1, \"b\" : 2 }");
	EXPECT_STR(set("{\n\t\"a\": [1],\n\t\"c\": 3\n}\n", "", "b", "2", "a"),
		"{\n\t\"a\": [1],\n\t\"b\": 2,\n\t\"c\": 3\n}\n");
	EXPECT_STR(set("{\n  \"a\": 1,\n  \"c\": 3\n}\n", "", "b", "2", NULL),
		"{\n  \"a\": 1,\n  \"c\": 3,\n  \"b\": 2\n}\n");
	EXPECT_STR(set("{\n  \"a\": 1\n}", "", "b", "2", "a"), "{\n  \"a\": 1,\n  \"b\": 2\n}");
	EXPECT_STR(set("{\"a\": 1, \"c\": 3}", "", "b", "2", "nowhere"),
		"{\"a\": 1, \"c\": 3, \"b\": 2}");
	EXPECT_STR(set("{\"name\": \"x\", \"on\": {},\n \"z\": 1}", "", "b", "2", "name"),
		"{\"name\": \"x\", \"b\": 2, \"on\": {},\n \"z\": 1}");
}

static void
take_out(void)
{
	static const char lines[] = "{\n  \"a\": 1,\n  \"b\": \"x\",\n  \"c\": {}\n}\n";

	EXPECT_STR(removed(lines, "", "a"), "{\n  \"b\": \"x\",\n  \"c\": {}\n}\n");
	EXPECT_STR(removed(lines, "", "b"), "{\n  \"a\": 1,\n  \"c\": {}\n}\n");
	EXPECT_STR(removed(lines, "", "c"), "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n");
	EXPECT_STR(removed(lines, "", "d"), "none");
	EXPECT_STR(removed("{ \"a\": 1 }", "", "a"), "{}");
	EXPECT_STR(removed("{\"a\":1,\"b\":2,\"a\":3,\"c\":4}", "", "a"),
		"{\"a\":1,\"b\":2,\"c\":4}");
	EXPECT_STR(removed("[1]", "", "a"), "none");
}

static void
items(void)
{
	EXPECT_STR(removed_item("{\"x\": [1, 2, \"3\"]}", "x", 0), "{\"x\": [2, \"3\"]}");
	EXPECT_STR(removed_item("{\"x\": [1, 2, \"3\"]}", "x", 1), "{\"x\": [1, \"3\"]}");
	EXPECT_STR(removed_item("{\"x\": [1, 2, \"3\"]}", "x", 2), "{\"x\": [1, 2]}");
	EXPECT_STR(removed_item("{\"x\": [1, 2, \"3\"]}", "x", 3), "none");
	EXPECT_STR(removed_item("{\"x\": [\n  {}\n ], \"y\": 1}", "x", 0), "{\"x\": [], \"y\": 1}");
	EXPECT_STR(removed_item("{\"x\": []}", "x", 0), "none");
	EXPECT_STR(removed_item("{}", "", 0), "none");
	EXPECT_STR(removed_item("[\n  {\"a\": [1, 2]}, {\n    \"b\": 1\n  },\n  3\n]", "", 1),
		"[\n  {\"a\": [1, 2]}, 3\n]");
}

static void
nothing(void)
{
	struct json_edit e;
	struct strbuf out;

	json_edit_init(&e);
	EXPECT_STR(applied(&e, "[1]"), "[1]");
	/* an edit that failed fails what it is applied to */
	json_edit_init(&e);
	e.with.failed = true;
	strbuf_init(&out, 100);
	json_edit_apply(&e, "[1]", 3, &out);
	EXPECT(strbuf_failed(&out));
	strbuf_release(&out);
}

int
main(void)
{
	RUN(replace, "a value is replaced");
	RUN(insert, "a member is inserted, laid out as its neighbours");
	RUN(take_out, "a member is removed");
	RUN(items, "an item is removed");
	RUN(nothing, "no edit, and a failed one");
	UNIT_DONE();
}
