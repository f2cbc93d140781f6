/* json_calls - the scanner's calls one by one: spans, containers in containers, errors. */
#include "guard.h"
#include "json.h"
#include "unit.h"

#define END "unexpected end of JSON text"
#define VALUE "not a JSON value"
#define MORE "more after the JSON value"
#define DEEP "nested deeper than 512 levels"

static bool
span_is(const struct json_span *span, enum json_type type, bool escaped, const char *text)
{
	bool same = span->type == type && span->escaped == escaped && span->len == strlen(text) &&
		    memcmp(span->p, text, span->len) == 0;

	if (!same)
		printf("# got %s, %s: %.*s\n", json_type_name(span->type),
			span->escaped ? "escaped" : "plain", (int)span->len, span->p);
	return same;
}

static void
start(struct json *js, const char *text)
{
	json_init(js, guard_copy(text, strlen(text)), strlen(text));
}

static void
spans(void)
{
	struct json_span key, value;
	struct json js;

	start(&js, " { \"a\" : \"x\\ny\" , \"\\u0062\":-1.50 , \"c\":[ 1, {} ] ,\"d\":{\"e\": 2 }, "
		   "\"\" : null,\"t\":true,"
		   "\"f\":false,\"s\":\"\" } ");
	EXPECT(json_open_object(&js));
	EXPECT(json_next_member(&js, &key) && span_is(&key, JSON_STRING, false, "a"));
	EXPECT(json_value(&js, &value) && span_is(&value, JSON_STRING, true, "x\\ny"));
	EXPECT(json_next_member(&js, &key) && span_is(&key, JSON_STRING, true, "\\u0062"));
	EXPECT(json_value(&js, &value) && span_is(&value, JSON_NUMBER, false, "-1.50"));
	EXPECT(json_next_member(&js, &key) && span_is(&key, JSON_STRING, false, "c"));
	EXPECT(json_value(&js, &value) && span_is(&value, JSON_ARRAY, false, "[ 1, {} ]"));
	EXPECT(json_next_member(&js, &key) && span_is(&key, JSON_STRING, false, "d"));
	EXPECT(json_value(&js, &value) && span_is(&value, JSON_OBJECT, false, "{\"e\": 2 }"));
	EXPECT(json_next_member(&js, &key) && span_is(&key, JSON_STRING, false, ""));
	EXPECT(json_value(&js, &value) && span_is(&value, JSON_NULL, false, "null"));
	EXPECT(json_next_member(&js, NULL) && json_value(&js, &value) &&
		span_is(&value, JSON_TRUE, false, "true"));
	EXPECT(json_next_member(&js, NULL) && json_value(&js, &value) &&
		span_is(&value, JSON_FALSE, false, "false"));
	EXPECT(json_next_member(&js, NULL) && json_value(&js, &value) &&
		span_is(&value, JSON_STRING, false, ""));
	EXPECT(!json_next_member(&js, &key));
	EXPECT(json_end(&js) && js.error == NULL);
}

static void
nested_calls(void)
{
	struct json_span value;
	struct json js;

	start(&js, "[[],[[1]],{\"a\":[2],\"b\":{}},3]");
	EXPECT(json_open_array(&js));
	EXPECT(json_next_item(&js) && json_open_array(&js) && !json_next_item(&js));
	EXPECT(json_next_item(&js) && json_open_array(&js) && json_next_item(&js) &&
		json_open_array(&js));
	EXPECT(json_next_item(&js) && json_value(&js, &value) &&
		span_is(&value, JSON_NUMBER, false, "1"));
	EXPECT(!json_next_item(&js) && !json_next_item(&js));
	EXPECT(json_next_item(&js) && json_open_object(&js) && json_next_member(&js, NULL) &&
		json_open_array(&js));
	EXPECT(json_next_item(&js) && json_value(&js, NULL) && !json_next_item(&js));
	EXPECT(json_next_member(&js, NULL) && json_open_object(&js) &&
		!json_next_member(&js, NULL));
	EXPECT(!json_next_member(&js, NULL));
	EXPECT(json_next_item(&js) && json_value(&js, &value) &&
		span_is(&value, JSON_NUMBER, false, "3"));
	EXPECT(!json_next_item(&js));
	EXPECT(json_end(&js) && js.depth == 0);
}

static void
peeks(void)
{
	static const struct {
		const char *text;
		enum json_type type;
	} cases[] = {
		{"null", JSON_NULL},
		{" true", JSON_TRUE},
		{"\n\t false", JSON_FALSE},
		{"-1", JSON_NUMBER},
		{"9", JSON_NUMBER},
		{"\"\"", JSON_STRING},
		{"{}", JSON_OBJECT},
		{"[]", JSON_ARRAY},
	};
	struct json js;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&js, cases[i].text);
		EXPECT(json_peek(&js) == cases[i].type && json_peek(&js) == cases[i].type);
		EXPECT(json_value(&js, NULL) && json_end(&js));
	}
	start(&js, "  ");
	EXPECT(json_peek(&js) == JSON_NONE && js.error_at == 2);
	EXPECT_STR(js.error, END);
	start(&js, " ]");
	EXPECT(json_peek(&js) == JSON_NONE && js.error_at == 1);
	EXPECT_STR(js.error, VALUE);
}

static void
wrong_containers(void)
{
	static const char *const others[] = {"null", "true", "false", "1", "\"x\"", "[]", "{}"};
	struct json js;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char text[32];

		snprintf(text, sizeof(text), "  %s", others[i]);
		start(&js, text);
		EXPECT(json_open_object(&js) == (others[i][0] == '{'));
		if (others[i][0] != '{') {
			EXPECT_STR(js.error, "not a JSON object");
			EXPECT(js.error_at == 2 && !json_end(&js));
		}
		start(&js, text);
		EXPECT(json_open_array(&js) == (others[i][0] == '['));
		if (others[i][0] != '[') {
			EXPECT_STR(js.error, "not a JSON array");
			EXPECT(js.error_at == 2 && !json_end(&js));
		}
	}
	start(&js, "x");
	EXPECT(!json_open_object(&js));
	EXPECT_STR(js.error, VALUE);
	start(&js, "");
	EXPECT(!json_open_array(&js));
	EXPECT_STR(js.error, END);
}

/* After an error every call fails, and the first error stands. */
static void
errors_stick(void)
{
	static const char *const texts[] = {"{\"a\":[1,{\"b\":nope},3],\"c\":4}",
		"{\"a\":[1,{\"b\":", "{\"a\":[1,{\"b\":01"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct json_span key, value;
		struct json js;
		const char *error;
		size_t at;

		start(&js, texts[i]);
		EXPECT(json_open_object(&js) && json_next_member(&js, &key) &&
			json_open_array(&js));
		EXPECT(json_next_item(&js) && json_value(&js, &value) && json_next_item(&js));
		EXPECT(json_open_object(&js) && json_next_member(&js, &key));
		EXPECT(!json_value(&js, &value));
		error = js.error;
		at = js.error_at;
		EXPECT(error != NULL && at == 13);
		for (int round = 0; round < 2; round++) {
			EXPECT(!json_next_member(&js, &key));
			EXPECT(!json_next_item(&js));
			EXPECT(!json_value(&js, &value));
			EXPECT(!json_open_object(&js));
			EXPECT(!json_open_array(&js));
			EXPECT(json_peek(&js) == JSON_NONE);
			EXPECT(!json_fail(&js, js.start, "another"));
			EXPECT(!json_end(&js));
		}
		EXPECT(js.error == error && js.error_at == at);
	}
}

/* What a caller complains about is an error like the scanner's own. */
static void
own_errors(void)
{
	struct json_span value;
	struct json js;

	start(&js, "{\"a\": 1, \"b\": 2}");
	EXPECT(json_open_object(&js) && json_next_member(&js, NULL) && json_value(&js, &value));
	EXPECT(!json_fail(&js, value.p, "too small"));
	EXPECT(!json_next_member(&js, NULL) && !json_end(&js));
	EXPECT_STR(js.error, "too small");
	EXPECT(js.error_at == 6);
	EXPECT(!json_fail(&js, js.start, "too large"));
	EXPECT_STR(js.error, "too small");
}

static void
ends(void)
{
	const char *error;
	struct json js;
	size_t at;

	start(&js, "1 \t\r\n");
	EXPECT(json_value(&js, NULL) && json_end(&js) && json_end(&js));
	start(&js, "{} x");
	EXPECT(json_open_object(&js) && !json_next_member(&js, NULL) && !json_end(&js));
	EXPECT_STR(js.error, MORE);
	EXPECT(js.error_at == 3);
	/* two values, as a caller could read them, are no text */
	start(&js, "1 2");
	EXPECT(json_value(&js, NULL) && json_value(&js, NULL) && json_end(&js));
	EXPECT(!json_validate("1 2", 3, &error, &at));
}

static void
type_names(void)
{
	EXPECT_STR(json_type_name(JSON_NONE), "nothing");
	EXPECT_STR(json_type_name(JSON_NULL), "null");
	EXPECT_STR(json_type_name(JSON_FALSE), "false");
	EXPECT_STR(json_type_name(JSON_TRUE), "true");
	EXPECT_STR(json_type_name(JSON_NUMBER), "a number");
	EXPECT_STR(json_type_name(JSON_STRING), "a string");
	EXPECT_STR(json_type_name(JSON_OBJECT), "an object");
	EXPECT_STR(json_type_name(JSON_ARRAY), "an array");
}

/* ${n} arrays, one in the other, into ${text}. Returns the length. */
static size_t
nest_arrays(char *text, size_t n)
{
	memset(text, '[', n);
	memset(text + n, ']', n);
	return 2 * n;
}

/* Read arrays, one in the other: the first ${opened} call by call, what is in them at once. */
static bool
read_in_steps(struct json *js, unsigned opened)
{
	unsigned open = 0;

	while (open < opened && (open == 0 || json_next_item(js)) && json_open_array(js))
		open++;
	if (open == opened && (open == 0 || json_next_item(js)))
		json_value(js, NULL);
	else if (js->error == NULL)
		open--; /* the innermost one was empty, and is closed */
	while (js->error == NULL && open-- > 0)
		if (json_next_item(js))
			return false;
	return json_end(js);
}

/* A level opened by a call counts as one that is passed over. */
static void
depth_in_steps(void)
{
	static char text[2 * JSON_DEPTH_MAX + 2];

	for (unsigned opened = 0; opened <= JSON_DEPTH_MAX; opened++) {
		size_t len = nest_arrays(text, JSON_DEPTH_MAX);
		struct json js;

		json_init(&js, guard_copy(text, len), len);
		EXPECT(read_in_steps(&js, opened));
		len = nest_arrays(text, JSON_DEPTH_MAX + 1);
		json_init(&js, guard_copy(text, len), len);
		EXPECT(!read_in_steps(&js, opened) && js.error_at == JSON_DEPTH_MAX);
		EXPECT_STR(js.error, DEEP);
	}
}

int
main(void)
{
	RUN(spans, "spans are what stands in the text");
	RUN(nested_calls, "containers in containers");
	RUN(depth_in_steps, "512 levels, some of them opened one by one");
	RUN(peeks, "types by their first byte");
	RUN(wrong_containers, "another type than asked for");
	RUN(errors_stick, "errors stick");
	RUN(own_errors, "errors of the caller's own");
	RUN(ends, "the end of a text");
	RUN(type_names, "names of types");
	UNIT_DONE();
}
