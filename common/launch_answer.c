#include "launch_answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "answer.h"
#include "graphql_answer.h"
#include "json_text.h"
#include "launch_request.h"

#define PAGE 25 /* items that are asked for: run specs may be long */

/* ---- errors ---- */

static void
set_message(struct transfer_result *result, const char *before, const char *text)
{
	char whole[TRANSFER_ERROR_MAX];

	snprintf(whole, sizeof(whole), "%.300s%.480s", before, text);
	memcpy(result->message, whole, sizeof(whole));
}

/* Words of servers that were not able to, as opposed to not willing. */
static bool
sounds_transient(const char *text)
{
	static const char *const words[] = {"internal", "timeout", "timed out", "deadline",
		"unavailable", "try again", "rate limit", "too many requests", "conflict"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(text, words[i]) != NULL)
			return true;
	return false;
}

/* The answer in ${result} taken apart, whatever its status. */
static void
read_answer(const struct transfer_result *result, struct graphql_answer *answer)
{
	*answer = (struct graphql_answer){.http_status = result->http_status};
	if (result->response != NULL) {
		answer->text = result->response->buf;
		answer->len = result->response->len;
	}
	graphql_answer_read(answer);
}

/* A 2xx that says that nothing was done, or nothing that can be understood. */
static void
reject(struct transfer_result *result, const struct graphql_answer *answer)
{
	result->error = TRANSFER_REJECTED;
	result->may_pass = answer->verdict != GRAPHQL_REFUSED || sounds_transient(answer->error);
	if (result->truncated)
		set_message(result, "the answer is too long", "");
	else
		set_message(result, "", answer->error);
}

/* A status that is no success, in the server's words if it has any. */
static void
add_words(struct transfer_result *result, const struct graphql_answer *answer)
{
	char status[TRANSFER_ERROR_MAX];

	if (answer->verdict != GRAPHQL_REFUSED)
		return;
	snprintf(status, sizeof(status), "%.200s: ", result->message);
	set_message(result, status, answer->error);
}

/* Whether what ended so may have been done all the same. */
static bool
may_be_done(const struct transfer_result *result)
{
	switch (result->error) {
	case TRANSFER_TIMEOUT:
	case TRANSFER_RESET:
		return true;
	case TRANSFER_HTTP:
		return result->http_status >= 500 || result->http_status == 408 ||
		       result->http_status == 429 || result->http_status < 400;
	case TRANSFER_REJECTED:
		return result->may_pass;
	default:
		return false;
	}
}

/* ---- push ---- */

struct pushed {
	char *item;
	bool is_there;
};

/* A server's id, which is text for people here. */
static bool
keep(struct answer *a, const struct json_span *span, char *out, size_t max)
{
	struct strbuf text;
	bool fits;

	strbuf_init(&text, span->len + 1);
	json_decode(&text, span);
	fits = !strbuf_failed(&text) && text.len > 0 && text.len < max &&
	       memchr(text.buf, '\0', text.len) == NULL;
	if (fits) {
		memcpy(out, text.buf, text.len);
		out[text.len] = '\0';
	}
	strbuf_release(&text);
	return fits || answer_fail(a, "expected 1 to %zu bytes", max - 1);
}

static bool
read_item_id(struct answer *a, void *ctx)
{
	struct pushed *pushed = ctx;
	struct json_span span;

	pushed->is_there = true;
	return answer_string(a, &span) && keep(a, &span, pushed->item, LAUNCH_ITEM_MAX);
}

static bool
read_pushed(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"runQueueItemId", read_item_id, false},
		{NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

void
launch_push_read(struct transfer_result *result, char item[LAUNCH_ITEM_MAX], bool *is_doubtful)
{
	static const struct answer_field fields[] = {{"pushToRunQueueByName", read_pushed, false},
		{NULL, NULL, false}};
	struct pushed pushed = {.item = item};
	struct graphql_answer answer = {.verdict = GRAPHQL_FAILED};
	struct answer a;

	item[0] = '\0';
	if (result->error == TRANSFER_OK || result->error == TRANSFER_HTTP)
		read_answer(result, &answer);
	if (result->error == TRANSFER_HTTP)
		add_words(result, &answer);
	if (result->error == TRANSFER_OK && answer.verdict == GRAPHQL_OK) {
		answer_init(&a, answer.data.p, answer.data.len, "data");
		if (!answer_object(&a, fields, &pushed) || !answer_end(&a)) {
			answer.verdict = GRAPHQL_FAILED;
			snprintf(answer.error, sizeof(answer.error), "%s", a.error);
		} else if (!pushed.is_there) {
			answer.verdict = GRAPHQL_REFUSED;
			snprintf(answer.error, sizeof(answer.error),
				"the server has queued nothing, and does not say why");
		}
	}
	if (result->error == TRANSFER_OK && answer.verdict != GRAPHQL_OK) {
		item[0] = '\0';
		reject(result, &answer);
	}
	*is_doubtful = may_be_done(result);
}

/* ---- look ---- */

static void
add_name(struct strbuf *sb, const char *before, const struct json_span *name)
{
	strbuf_adds(sb, before);
	json_raw(sb, name);
}

void
launch_look_body(struct strbuf *sb, const struct record *rec, const char *cursor)
{
	strbuf_printf(sb,
		"{\"query\":\"query WbLaunched($queueEntity:String!,$queueProject:String!,$queue:String!,"
		"$entity:String!,$project:String!,$run:String!,$after:String){"
		"queue:project(entityName:$queueEntity,name:$queueProject){runQueue(name:$queue){"
		"runQueueItems(first:%d,after:$after){pageInfo{endCursor hasNextPage}"
		"edges{node{id runSpec}}}}}"
		"run:project(entityName:$entity,name:$project){run(name:$run){id}}}\"",
		PAGE);
	add_name(sb, ",\"variables\":{\"queueEntity\":", &rec->launch.queue_entity);
	strbuf_lit(sb, ",\"queueProject\":\"" LAUNCH_QUEUE_PROJECT "\"");
	add_name(sb, ",\"queue\":", &rec->launch.queue);
	add_name(sb, ",\"entity\":", &rec->launch.entity);
	add_name(sb, ",\"project\":", &rec->launch.project);
	add_name(sb, ",\"run\":", &rec->delivery_id);
	strbuf_lit(sb, ",\"after\":");
	if (*cursor == '\0')
		strbuf_lit(sb, "null");
	else
		json_quote(sb, cursor);
	strbuf_lit(sb, "}}");
}

struct look {
	const struct json_span *run_id;
	char *item, *cursor;
	char id[LAUNCH_ITEM_MAX];     /* of the item at hand */
	char next[LAUNCH_CURSOR_MAX]; /* "": none */
	bool is_it;                   /* the item at hand has the run's id */
	bool found, has_run, has_next;
};

/* Whether the run spec, an object, is of the run. */
static bool
is_spec_of(const struct json_span *spec, const struct json_span *run_id)
{
	struct json_span key, value;
	bool is_it = false;
	struct json js;

	json_init(&js, spec->p, spec->len);
	if (!json_open_object(&js))
		return false;
	while (json_next_member(&js, &key) && json_value(&js, &value))
		if (json_equal(&key, "run_id", 6))
			is_it = value.type == JSON_STRING &&
				json_equal(&value, run_id->p, run_id->len);
	return is_it;
}

/* A JSON value, or, on some servers, a string that holds one. */
static bool
read_spec(struct answer *a, void *ctx)
{
	struct look *look = ctx;
	struct json_span spec, inner;
	struct strbuf text;

	if (!json_value(&a->js, &spec))
		return answer_fail(a, "%s", a->js.error);
	if (spec.type == JSON_OBJECT) {
		look->is_it = is_spec_of(&spec, look->run_id);
	} else if (spec.type == JSON_STRING) {
		strbuf_init(&text, spec.len + 1);
		json_decode(&text, &spec);
		inner = (struct json_span){text.buf, text.len, JSON_OBJECT, false};
		look->is_it = text.len > 0 && is_spec_of(&inner, look->run_id);
		if (strbuf_failed(&text))
			answer_fail(a, "out of memory");
		strbuf_release(&text);
	}
	return a->error[0] == '\0';
}

static bool
read_id(struct answer *a, void *ctx)
{
	struct look *look = ctx;
	struct json_span span;

	return answer_string(a, &span) && keep(a, &span, look->id, sizeof(look->id));
}

static bool
read_node(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"id", read_id, false},
		{"runSpec", read_spec, false}, {NULL, NULL, false}};
	struct look *look = ctx;

	look->is_it = false;
	if (!answer_object(a, fields, look))
		return false;
	if (look->is_it && !look->found) {
		look->found = true;
		memcpy(look->item, look->id, sizeof(look->id));
	}
	return true;
}

static bool
read_edge(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"node", read_node, false},
		{NULL, NULL, false}};

	return answer_object(a, fields, ctx);
}

static bool
read_edges(struct answer *a, void *ctx)
{
	return answer_array(a, read_edge, ctx);
}

static bool
read_end_cursor(struct answer *a, void *ctx)
{
	struct look *look = ctx;
	struct json_span span;

	if (!answer_string_or_null(a, &span))
		return false;
	return span.type == JSON_NONE || span.len == 0 ||
	       keep(a, &span, look->next, sizeof(look->next));
}

static bool
read_has_next(struct answer *a, void *ctx)
{
	return answer_bool(a, &((struct look *)ctx)->has_next);
}

static bool
read_page_info(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"endCursor", read_end_cursor, false},
		{"hasNextPage", read_has_next, false}, {NULL, NULL, false}};

	return answer_object(a, fields, ctx);
}

static bool
read_items(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"pageInfo", read_page_info, false},
		{"edges", read_edges, false}, {NULL, NULL, false}};

	return answer_object(a, fields, ctx);
}

static bool
read_run_queue(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"runQueueItems", read_items, false},
		{NULL, NULL, false}};

	/* If there is no such queue, the push will be told. */
	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_queue(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"runQueue", read_run_queue, false},
		{NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_run(struct answer *a, void *ctx)
{
	if (answer_is_null(a))
		return true;
	((struct look *)ctx)->has_run = true;
	return answer_skip(a, NULL);
}

static bool
read_run_project(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"run", read_run, false}, {NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static enum launch_look
fail_look(struct transfer_result *result, const char *why)
{
	set_message(result, "whether the job was queued before is not known: ", why);
	return LAUNCH_UNKNOWN;
}

enum launch_look
launch_look_read(struct transfer_result *result, const struct record *rec,
	char item[LAUNCH_ITEM_MAX], char cursor[LAUNCH_CURSOR_MAX])
{
	static const struct answer_field fields[] = {{"queue", read_queue, false},
		{"run", read_run_project, false}, {NULL, NULL, false}};
	struct look look = {.run_id = &rec->delivery_id, .item = item, .cursor = cursor};
	struct graphql_answer answer = {.verdict = GRAPHQL_FAILED};
	struct answer a;

	item[0] = '\0';
	if (result->error == TRANSFER_OK || result->error == TRANSFER_HTTP)
		read_answer(result, &answer);
	if (result->error == TRANSFER_HTTP)
		add_words(result, &answer);
	if (result->error == TRANSFER_OK && answer.verdict != GRAPHQL_OK)
		reject(result, &answer);
	if (result->error != TRANSFER_OK) {
		char why[TRANSFER_ERROR_MAX];

		memcpy(why, result->message, sizeof(why));
		return fail_look(result, why);
	}
	answer_init(&a, answer.data.p, answer.data.len, "data");
	if (!answer_object(&a, fields, &look) || !answer_end(&a) ||
		(look.has_next && (look.next[0] == '\0' || strcmp(look.next, cursor) == 0))) {
		result->error = TRANSFER_REJECTED;
		result->may_pass = true;
		return fail_look(result,
			a.error[0] != '\0' ? a.error : "a page of the queue ends where it began");
	}
	if (look.found || look.has_run)
		return LAUNCH_FOUND;
	if (!look.has_next)
		return LAUNCH_MISSING;
	memcpy(cursor, look.next, sizeof(look.next));
	return LAUNCH_MORE;
}
