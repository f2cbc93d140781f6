/*
 * What a GraphQL server's answer says, as far as GraphQL goes.
 */
#include "graphql_answer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "json_text.h"

#define PART_MAX 400 /* bytes of a server's text that go into a message */

/* ---- errors ---- */

/* One of errors[], as far as anybody can tell. */
struct one {
	struct json_span message, code;
	struct json_span path[32];
	size_t npath;
};

static bool
read_message(struct answer *a, void *ctx)
{
	return answer_string(a, &((struct one *)ctx)->message);
}

static bool
read_step(struct answer *a, void *ctx)
{
	struct one *one = ctx;
	struct json_span step;

	if (!json_value(&a->js, &step))
		return answer_fail(a, "%s", a->js.error);
	if (one->npath < sizeof(one->path) / sizeof(one->path[0]))
		one->path[one->npath++] = step;
	return true;
}

static bool
read_path(struct answer *a, void *ctx)
{
	return answer_is_null(a) || answer_array(a, read_step, ctx);
}

static bool
read_code(struct answer *a, void *ctx)
{
	if (json_peek(&a->js) != JSON_STRING)
		return answer_skip(a, NULL);
	return answer_string(a, &((struct one *)ctx)->code);
}

static bool
read_extensions(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"code", read_code, true},
		{NULL, NULL, false}};

	if (json_peek(&a->js) != JSON_OBJECT)
		return answer_skip(a, NULL);
	return answer_object(a, fields, ctx);
}

static const struct answer_field error_fields[] = {{"message", read_message, false},
	{"path", read_path, true}, {"extensions", read_extensions, true}, {NULL, NULL, false}};

typedef bool (*visit_fn)(const struct one *one, void *ctx);

struct visit {
	visit_fn visit;
	void *ctx;
	size_t n;
	bool stop;
};

static bool
read_error(struct answer *a, void *ctx)
{
	struct one one = {.npath = 0};
	struct visit *v = ctx;

	if (!answer_object(a, error_fields, &one))
		return false;
	if (!v->stop)
		v->stop = !v->visit(&one, v->ctx);
	v->n++;
	return true;
}

/* Call ${visit} for each error, until it returns false. Returns whether they could all be read. */
static bool
each_error(const struct json_span *errors, struct answer *a, struct visit *v)
{
	answer_init(a, errors->p, errors->len, "errors");
	return answer_array(a, read_error, v) && answer_end(a);
}

/* ---- messages ---- */

static void
add_string(struct strbuf *sb, const struct json_span *string)
{
	struct strbuf text;

	strbuf_init(&text, PART_MAX * 16);
	json_decode(&text, string);
	if (text.len > PART_MAX) {
		strbuf_add(sb, text.buf, PART_MAX);
		strbuf_lit(sb, "...");
	} else {
		strbuf_add(sb, text.buf, text.len);
	}
	strbuf_release(&text);
}

/* The first one only. */
static bool
describe(const struct one *one, void *ctx)
{
	struct strbuf *sb = ctx;

	add_string(sb, &one->message);
	if (one->code.type == JSON_STRING) {
		strbuf_lit(sb, " (");
		add_string(sb, &one->code);
		strbuf_lit(sb, ")");
	}
	for (size_t i = 0; i < one->npath; i++) {
		strbuf_adds(sb, i == 0 ? " at " : ".");
		if (one->path[i].type == JSON_STRING)
			add_string(sb, &one->path[i]);
		else
			strbuf_add(sb, one->path[i].p,
				one->path[i].len < 20 ? one->path[i].len : 20);
	}
	return false;
}

static void
describe_errors(struct graphql_answer *answer, struct answer *a)
{
	struct strbuf text;
	struct visit v = {.visit = describe, .ctx = &text};
	bool is_read;

	strbuf_init(&text, GRAPHQL_ERROR_MAX * 4);
	is_read = each_error(&answer->errors, a, &v);
	if (!is_read) {
		snprintf(answer->error, sizeof(answer->error), "%s", a->error);
	} else {
		if (v.n > 1)
			strbuf_printf(&text, "; and %zu more", v.n - 1);
		snprintf(answer->error, sizeof(answer->error), "the server says: %.*s",
			(int)text.len, text.buf != NULL ? text.buf : "");
	}
	answer->verdict = is_read ? GRAPHQL_REFUSED : GRAPHQL_FAILED;
	strbuf_release(&text);
}

/* ---- the whole ---- */

static bool
read_errors(struct answer *a, void *ctx)
{
	struct graphql_answer *answer = ctx;

	return answer_is_null(a) || json_value(&a->js, &answer->errors) ||
	       answer_fail(a, "%s", a->js.error);
}

static bool
read_data(struct answer *a, void *ctx)
{
	struct graphql_answer *answer = ctx;

	if (answer_is_null(a))
		return true;
	if (json_peek(&a->js) != JSON_OBJECT)
		return answer_object(a, NULL, NULL);
	return json_value(&a->js, &answer->data) ||
	       answer_fail(a, "byte %zu of the answer: %s", a->js.error_at + 1, a->js.error);
}

void
graphql_answer_read(struct graphql_answer *answer)
{
	static const struct answer_field fields[] = {{"errors", read_errors, true},
		{"data", read_data, true}, {NULL, NULL, false}};
	struct answer a;

	answer->data.type = answer->errors.type = JSON_NONE;
	answer->verdict = GRAPHQL_FAILED;
	answer_init(&a, answer->text != NULL ? answer->text : "", answer->len, "answer");
	/* Within data, paths are as GraphQL has them. */
	if (!answer_object(&a, fields, answer) || !answer_end(&a)) {
		snprintf(answer->error, sizeof(answer->error), "%s", a.error);
	} else if (answer->errors.type != JSON_NONE && answer->errors.type != JSON_ARRAY) {
		snprintf(answer->error, sizeof(answer->error),
			"answer.errors: expected an array, not %s",
			json_type_name(answer->errors.type));
	} else if (answer->errors.type == JSON_ARRAY && answer->errors.len > 2) {
		describe_errors(answer, &a);
	} else if (answer->data.type == JSON_NONE) {
		snprintf(answer->error, sizeof(answer->error),
			"the answer has neither data nor errors");
	} else {
		answer->verdict = GRAPHQL_OK;
	}
}

/* ---- what errors are about ---- */

struct search {
	const char *name;
	bool found;
};

static bool
is_word(const char *text, size_t len, const char *word)
{
	const size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(text + i, word, n) == 0 &&
			(i == 0 || !isalnum((unsigned char)text[i - 1])) &&
			(i + n == len || !isalnum((unsigned char)text[i + n])))
			return true;
	return false;
}

static bool
look_for(const struct one *one, void *ctx)
{
	struct search *search = ctx;

	for (size_t i = 0; i < one->npath; i++)
		search->found |= one->path[i].type == JSON_STRING &&
				 json_equal(&one->path[i], search->name, strlen(search->name));
	search->found |= is_word(one->message.p, one->message.len, search->name);
	return !search->found;
}

bool
graphql_refers_to(const struct graphql_answer *answer, const char *name)
{
	struct search search = {.name = name};
	struct visit v = {.visit = look_for, .ctx = &search};
	struct answer a;

	return answer->errors.type == JSON_ARRAY && each_error(&answer->errors, &a, &v) &&
	       search.found;
}

/* As graphql-js words it, and most others after it; and their code. */
static bool
look_for_unknown(const struct one *one, void *ctx)
{
	static const char *const words[] = {"Cannot query field", "Unknown argument",
		"Unknown type", "Unknown field", "Undefined field"};
	static const char code[] = "GRAPHQL_VALIDATION_FAILED";
	struct search *search = ctx;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		search->found |= is_word(one->message.p, one->message.len, words[i]);
	search->found |=
		one->code.type == JSON_STRING && json_equal(&one->code, code, sizeof(code) - 1);
	return !search->found;
}

bool
graphql_is_unknown(const struct graphql_answer *answer)
{
	struct search search = {.found = false};
	struct visit v = {.visit = look_for_unknown, .ctx = &search};
	struct answer a;

	return answer->errors.type == JSON_ARRAY && each_error(&answer->errors, &a, &v) &&
	       search.found;
}
