/*
 * template - whatever the template and the event, the body is JSON, its shape is the template's,
 * entities stand for all that must not reach Slack, and secrets have their places inside strings.
 */
#include <string.h>

#include "fuzz.h"
#include "json_text.h"
#include "template.h"

/* Values that try to get out of a string, to be taken for a variable, or to look like markup. */
static const char *const texts[] = {
	"{\"event_type\":\"LINK_ARTIFACT\"}",
	"{\"event_type\":\"A\\\"},{\\\"b\\\":\\\"\",\"event_author\":\"<!channel>&amp;\",\"alias\":\"\","
	"\"artifact_version_index\":-1.10e+400,\"entity_name\":\"${ACCESS_TOKEN}\","
	"\"project_name\":\"$${SECRET}${\",\"tag\":\"\\u003c!here\\u003E\\u0026\",\"source\":\"\\ud800\","
	"\"artifact_collection_name\":\"\\u0000\\u001f\\\\\",\"event_id\":\"\\\\\\\"\","
	"\"artifact_metadata\":{\"a\":\"\\\"]}<\",\"json\":[1,{\"<\":\">&\"}],\"x.y-z\":null,\"\":true}}",
	"{\"event_type\":\"\\ud83d\",\"event_author\":\"\\ude00\xf0\x9f\x98\x80\",\"alias\":\"\xe2\x80\xa8\","
	"\"tag\":\"}\",\"artifact_metadata\":{\"a\":{\"artifact_metadata\":\"${event_type}\"},\"a\":\"last\"},"
	"\"event_time\":\"\\/\\b\\f\\n\\r\\t\",\"artifact_version\":\"'--</script>\","
	"\"artifact_version_string\":\"a/b/c:<v>\"}",
};
#define EVENTS (sizeof(texts) / sizeof(texts[0]))

/* As a secret's value may be, JSON-escaped. */
#define LATE_VALUE "\\\"}],\\u0000<\xc3\xa9"

/* What of a body no value may change. */
struct shape {
	uint64_t structure; /* a hash of brackets and types of values */
	size_t markup;      /* characters & < > that do not belong to an entity of ours */
};

static bool
is_entity(const char *p, const char *end)
{
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;"};

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		size_t len = strlen(entities[i]);

		if ((size_t)(end - p) >= len && memcmp(p, entities[i], len) == 0)
			return true;
	}
	return false;
}

static void
add_string(struct shape *shape, const struct json_span *string)
{
	const char *p = string->p, *end = p + string->len;

	while (p < end) {
		struct json_char c = json_char_at(p, end);

		shape->markup +=
			c.code == '<' || c.code == '>' || (c.code == '&' && !is_entity(p, end));
		p += c.len;
	}
}

/* Read the next value. Recursion is bounded by the scanner. */
static void
add_value(struct shape *shape, struct json *js)
{
	enum json_type type = json_peek(js);
	struct json_span span;

	shape->structure = (shape->structure ^ type) * 1099511628211u;
	if (type == JSON_OBJECT && json_open_object(js)) {
		while (json_next_member(js, &span)) {
			add_string(shape, &span);
			add_value(shape, js);
		}
	} else if (type == JSON_ARRAY && json_open_array(js)) {
		while (json_next_item(js))
			add_value(shape, js);
	} else if (json_value(js, &span) && type == JSON_STRING) {
		add_string(shape, &span);
	}
	shape->structure = (shape->structure ^ 99) * 1099511628211u;
}

/* The shape of a body, which must be JSON. False if it is nested too deep to be read. */
static bool
read_shape(const struct strbuf *body, struct shape *shape)
{
	struct json js;

	*shape = (struct shape){0};
	json_init(&js, body->buf, body->len);
	add_value(shape, &js);
	if (json_end(&js))
		return true;
	/* A value may be nested in a template that is nested almost too deep itself. */
	REQUIRE(strstr(js.error, "nested deeper") != NULL);
	return false;
}

/* The body with a value in every secret's place is JSON of the same shape. */
static void
check_late(const struct strbuf *body, const struct template_late *late, size_t nlate,
	const struct shape *shape)
{
	struct shape with_values;
	struct strbuf full;
	size_t from = 0;

	REQUIRE(nlate <= TEMPLATE_LATE_MAX);
	strbuf_init(&full, body->len + nlate * sizeof(LATE_VALUE));
	for (size_t i = 0; i < nlate; i++) {
		REQUIRE(late[i].at >= from && late[i].at <= body->len);
		REQUIRE(late[i].len > 1 && late[i].ref[0] == '$');
		strbuf_add(&full, body->buf + from, late[i].at - from);
		strbuf_lit(&full, LATE_VALUE);
		from = late[i].at;
	}
	strbuf_add(&full, body->buf + from, body->len - from);
	REQUIRE(!strbuf_failed(&full));
	REQUIRE(read_shape(&full, &with_values) && with_values.structure == shape->structure);
	strbuf_release(&full);
}

/* ${has_json}: the template may insert values that bring a shape of their own. */
static void
check_template(const struct template *t, bool has_json)
{
	struct template_late late[TEMPLATE_LATE_MAX];
	size_t nlate, first_nlate = 0;
	struct shape shape, first = {0};
	struct strbuf body;

	strbuf_init(&body, (size_t)64 * 1024 * 1024);
	for (size_t i = 0; i < EVENTS * 2; i++) {
		bool entities = i >= EVENTS;
		struct event event;
		struct json js;

		json_init(&js, texts[i % EVENTS], strlen(texts[i % EVENTS]));
		REQUIRE(event_read(&js, &event) && json_end(&js));
		strbuf_reset(&body);
		template_render(t, &event, "272a5fd42e32001b0ab2d46be830b188", entities, &body,
			late, &nlate);
		REQUIRE(!strbuf_failed(&body));
		if (!read_shape(&body, &shape))
			break;
		check_late(&body, late, nlate, &shape);
		if (i % EVENTS == 0) {
			first = shape;
			first_nlate = nlate;
		}
		REQUIRE(nlate == first_nlate);
		REQUIRE(has_json || shape.structure == first.structure);
		REQUIRE(!entities || shape.markup == first.markup);
	}
	strbuf_release(&body);
}

/* Errors come in the order of the text, and come to an end. */
static void
check_errors(const char *text, size_t size, const struct template_secrets *secrets,
	struct template_error *error)
{
	for (size_t before = error->at; template_next_error(text, size, secrets, error);
		before = error->at)
		REQUIRE(error->at > before && error->at <= size && error->message[0] != '\0');
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	static const char token[] = "$GITHUB_TOKEN", one[] = "$ONE", two[] = "$SECRET";
	static const struct json_span refs[] = {{token, sizeof(token) - 1, JSON_STRING, false},
		{one, sizeof(one) - 1, JSON_STRING, false},
		{two, sizeof(two) - 1, JSON_STRING, false}};
	static const struct template_secrets secrets = {
		{token, sizeof(token) - 1, JSON_STRING, false}, refs, 3};
	const char *text = (const char *)data;
	struct template_error error = {size + 1, ""};
	struct template *t = template_compile(text, size, &secrets, &error);
	const char *why;
	size_t at;

	if (t == NULL) {
		REQUIRE(error.at <= size && error.message[0] != '\0');
		REQUIRE(memchr(error.message, '\0', sizeof(error.message)) != NULL);
		check_errors(text, size, &secrets, &error);
		return 0;
	}
	REQUIRE(json_validate(text, size, &why, &at));
	check_template(t,
		memmem(text, size, "json", 4) != NULL || memchr(text, '\\', size) != NULL);
	template_free(t);
	return 0;
}
