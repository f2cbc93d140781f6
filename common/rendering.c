#include "rendering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "header.h"
#include "ids.h"
#include "json_text.h"
#include "launch_request.h"
#include "target.h"
#include "template.h"
#include "webhook.h"

struct rendering {
	struct strbuf source;      /* the automation's bytes */
	struct strbuf name;        /* decoded */
	struct strbuf head;        /* from behind the event to the body's opening quote */
	struct strbuf tail;        /* from behind the body and the secrets' places to its end */
	struct template *template; /* NULL: what the program makes, or the event itself */
	bool is_launch;            /* the template is a run spec */
	struct strbuf program;     /* payload_jq, decoded; empty: none */
	enum target target;
	bool is_request;
};

/* An automation's spans, and the scanner that found them. */
struct reader {
	struct json js;
	struct json_span name, type, payload, payload_jq;
	struct webhook webhook;
	bool has_webhook;
	struct launch launch;
};

static bool
is(const struct json_span *key, const char *name)
{
	return json_equal(key, name, strlen(name));
}

static bool
read_typed(struct json *js, struct json_span *out, enum json_type type, const char *complaint)
{
	if (json_peek(js) != type)
		return json_fail(js, js->p, complaint);
	return json_value(js, out);
}

static bool
read_program(struct reader *r)
{
	if (!read_typed(&r->js, &r->payload_jq, JSON_STRING, "payload_jq is not a string"))
		return false;
	return (r->payload_jq.len > 0 && r->payload_jq.len <= JQ_PROGRAM_MAX) ||
	       json_fail(&r->js, r->payload_jq.p, "payload_jq has 1 to 65536 bytes");
}

/* A member that only a launch action has, or nobody knows. */
static bool
read_other(struct reader *r, const struct json_span *key)
{
	const size_t member = launch_member_find(key);

	return json_value(&r->js, member < LAUNCH_MEMBERS ? &r->launch.member[member] : NULL);
}

static bool
read_action(struct reader *r)
{
	struct json_span key;

	if (!json_open_object(&r->js))
		return false;
	while (json_next_member(&r->js, &key)) {
		if (is(&key, "type"))
			read_typed(&r->js, &r->type, JSON_STRING,
				"the action's type is not a string");
		else if (is(&key, "webhook"))
			r->has_webhook = webhook_read(&r->js, &r->webhook);
		else if (is(&key, "payload"))
			json_value(&r->js, &r->payload);
		else if (is(&key, "payload_jq"))
			read_program(r);
		else
			read_other(r, &key);
	}
	return r->js.error == NULL;
}

static bool
read_automation(struct reader *r)
{
	struct json_span key;

	if (!json_open_object(&r->js))
		return false;
	while (json_next_member(&r->js, &key)) {
		if (is(&key, "name"))
			read_typed(&r->js, &r->name, JSON_STRING,
				"the automation's name is not a string");
		else if (is(&key, "action"))
			read_action(r);
		else
			json_value(&r->js, NULL);
	}
	if (!json_end(&r->js))
		return false;
	if (r->name.type == JSON_NONE)
		return json_fail(&r->js, r->js.start, "the automation has no name");
	if (is(&r->type, "none") || is(&r->type, "launch"))
		return true;
	if (!is(&r->type, "webhook"))
		return json_fail(&r->js, r->js.start,
			"the automation has no action of type \"webhook\", \"launch\" or \"none\"");
	return r->has_webhook || json_fail(&r->js, r->js.start, "the action has no webhook");
}

static void
write_headers(struct strbuf *sb, const struct webhook *w)
{
	struct json_span key, value;
	const struct json_span *headers = &w->member[WEBHOOK_HEADERS];
	bool has_type = false;
	struct json js;

	strbuf_lit(sb, "\"headers\":{");
	json_init(&js, headers->p, headers->type == JSON_OBJECT ? headers->len : 0);
	if (headers->type == JSON_OBJECT && json_open_object(&js))
		while (json_next_member(&js, &key) && json_value(&js, &value))
			has_type |= header_is(key.p, key.len, "Content-Type");
	if (!has_type)
		strbuf_lit(sb, "\"Content-Type\":\"application/json\"");
	if (headers->type == JSON_OBJECT && headers->len > 2) {
		struct strbuf compact;

		strbuf_init(&compact, headers->len);
		json_compact(&compact, headers->p, headers->len);
		if (!has_type && compact.len > 2)
			strbuf_addc(sb, ',');
		if (compact.len > 2)
			strbuf_add(sb, compact.buf + 1, compact.len - 2);
		sb->failed |= strbuf_failed(&compact);
		strbuf_release(&compact);
	}
	strbuf_addc(sb, '}');
}

static void
write_sign(struct strbuf *sb, const struct webhook *w)
{
	const struct json_span *secret = &w->member[WEBHOOK_SECRET];

	strbuf_lit(sb, ",\"sign\":{\"scheme\":");
	if (w->member[WEBHOOK_SIGNATURE].type != JSON_NONE)
		json_raw(sb, &w->member[WEBHOOK_SIGNATURE]);
	else
		strbuf_lit(sb, "\"wandb\"");
	strbuf_lit(sb, ",\"refs\":");
	if (secret->type != JSON_ARRAY)
		strbuf_addc(sb, '[');
	json_raw(sb, secret);
	if (secret->type != JSON_ARRAY)
		strbuf_addc(sb, ']');
	strbuf_addc(sb, '}');
}

static void
write_tls(struct strbuf *sb, const struct webhook *w)
{
	const char *before = ",\"tls\":{";

	for (int i = 0; i < WEBHOOK_TLS_MEMBERS; i++) {
		if (w->tls[i].type == JSON_NONE)
			continue;
		strbuf_printf(sb, "%s\"%s\":", before, webhook_tls_members[i]);
		json_raw(sb, &w->tls[i]);
		before = ",";
	}
	strbuf_addc(sb, '}');
}

static void
write_tail(struct strbuf *sb, const struct webhook *w)
{
	if (w->member[WEBHOOK_ACCESS_TOKEN].type != JSON_NONE) {
		strbuf_lit(sb, ",\"auth\":{\"scheme\":\"bearer\",\"ref\":");
		json_raw(sb, &w->member[WEBHOOK_ACCESS_TOKEN]);
		strbuf_addc(sb, '}');
	}
	if (w->member[WEBHOOK_SECRET].type != JSON_NONE)
		write_sign(sb, w);
	if (w->member[WEBHOOK_SUCCESS_WHEN].type != JSON_NONE) {
		strbuf_lit(sb, ",\"success_when\":");
		json_raw(sb, &w->member[WEBHOOK_SUCCESS_WHEN]);
	}
	if (w->member[WEBHOOK_SUCCESS_STATUS].type != JSON_NONE) {
		strbuf_lit(sb, ",\"success_status\":");
		json_compact(sb, w->member[WEBHOOK_SUCCESS_STATUS].p,
			w->member[WEBHOOK_SUCCESS_STATUS].len);
	}
	if (w->member[WEBHOOK_TLS].type != JSON_NONE)
		write_tls(sb, w);
	strbuf_addc(sb, '}');
}

static void
write_head(struct strbuf *sb, const struct reader *r)
{
	strbuf_lit(sb, ",\"automation\":{\"name\":");
	json_raw(sb, &r->name);
	strbuf_lit(sb, "},\"request\":");
	if (is(&r->type, "launch")) {
		launch_request_head(sb, &r->launch);
		return;
	}
	strbuf_lit(sb, "{\"method\":\"POST\",\"url\":");
	json_raw(sb, &r->webhook.member[WEBHOOK_URL]);
	strbuf_addc(sb, ',');
	write_headers(sb, &r->webhook);
	strbuf_lit(sb, ",\"body\":\"");
}

/* Take ${text}, part of what was read or made of it. False with the reason in ${error}. */
static bool
compile_template(struct rendering *r, const char *text, size_t len,
	const struct template_secrets *secrets, const char *what, size_t *at,
	char error[RENDERING_ERROR_MAX])
{
	struct template_error why;

	r->template = template_compile(text, len, secrets, &why);
	if (r->template != NULL)
		return true;
	*at = why.at;
	snprintf(error, RENDERING_ERROR_MAX, "%s: %s", what, why.message);
	return false;
}

static bool
compile_launch(struct rendering *r, const struct reader *from, char error[RENDERING_ERROR_MAX],
	size_t *at)
{
	const struct template_secrets none = {.refs = NULL};
	char why[LAUNCH_ERROR_MAX];
	struct strbuf spec;
	const char *where;
	bool made;

	if (!launch_check(&from->launch, &where, why)) {
		*at = where != NULL ? (size_t)(where - from->js.start) : 0;
		snprintf(error, RENDERING_ERROR_MAX, "%s", why);
		return false;
	}
	write_head(&r->head, from);
	launch_request_tail(&r->tail, &from->launch);
	strbuf_init(&spec, 2 * r->source.max + 1024);
	launch_spec_template(&spec, &from->launch);
	made = !strbuf_failed(&spec) &&
	       compile_template(r, spec.buf, spec.len, &none, "launch", at, error);
	strbuf_release(&spec);
	*at = 0;
	return made;
}

/* Fill ${r} from what was read. False with the reason in ${error}. */
static bool
compile(struct rendering *r, const struct reader *from, char error[RENDERING_ERROR_MAX], size_t *at)
{
	const struct webhook *w = &from->webhook;
	struct template_secrets secrets = {w->member[WEBHOOK_ACCESS_TOKEN], w->refs, w->nrefs};
	const char *payload = from->payload.p;
	size_t len = from->payload.len;

	json_decode(&r->name, &from->name);
	r->is_launch = is(&from->type, "launch");
	r->is_request = r->is_launch || (from->has_webhook && is(&from->type, "webhook"));
	if (r->is_launch)
		return compile_launch(r, from, error, at);
	if (!r->is_request)
		return true;
	r->target = w->target;
	write_head(&r->head, from);
	write_tail(&r->tail, w);
	if (from->payload_jq.type != JSON_NONE && from->payload.type != JSON_NONE) {
		snprintf(error, RENDERING_ERROR_MAX,
			"\"payload\" and \"payload_jq\" exclude each other");
		return false;
	}
	if (from->payload_jq.type != JSON_NONE) {
		json_decode(&r->program, &from->payload_jq);
		return true;
	}
	if (from->payload.type == JSON_NONE && target_has_entities(r->target)) {
		snprintf(error, RENDERING_ERROR_MAX,
			"target slack needs a payload: an event is no message");
		return false;
	}
	if (from->payload.type == JSON_NONE)
		return true;
	if (from->payload.type == JSON_STRING) {
		payload--;
		len += 2;
	}
	if (compile_template(r, payload, len, &secrets, "payload", at, error))
		return true;
	*at += (size_t)(payload - from->js.start);
	return false;
}

struct rendering *
rendering_new(const struct json_span *automation, char error[RENDERING_ERROR_MAX], size_t *at)
{
	struct rendering *r = calloc(1, sizeof(*r));
	struct reader from = {.has_webhook = false};

	*at = 0;
	snprintf(error, RENDERING_ERROR_MAX, "out of memory");
	if (r == NULL)
		return NULL;
	strbuf_init(&r->source, automation->len);
	strbuf_init(&r->name, automation->len);
	/* A launch action's values stand in a string in a string. */
	strbuf_init(&r->head, 12 * automation->len + 2048);
	strbuf_init(&r->tail, automation->len + 1024);
	strbuf_init(&r->program, automation->len + 1);
	r->target = TARGET_NONE;
	strbuf_add(&r->source, automation->p, automation->len);
	json_init(&from.js, automation->p, automation->len);
	if (!read_automation(&from)) {
		*at = from.js.error_at;
		snprintf(error, RENDERING_ERROR_MAX, "%s", from.js.error);
	} else if (compile(r, &from, error, at) && !r->source.failed && !r->name.failed &&
		   !r->head.failed && !r->tail.failed && !r->program.failed) {
		return r;
	}
	rendering_free(r);
	return NULL;
}

void
rendering_free(struct rendering *r)
{
	if (r == NULL)
		return;
	strbuf_release(&r->source);
	strbuf_release(&r->name);
	strbuf_release(&r->head);
	strbuf_release(&r->tail);
	strbuf_release(&r->program);
	template_free(r->template);
	free(r);
}

bool
rendering_is_of(const struct rendering *r, const struct json_span *automation)
{
	return r->source.len == automation->len &&
	       memcmp(r->source.buf, automation->p, automation->len) == 0;
}

bool
rendering_is_request(const struct rendering *r)
{
	return r->is_request;
}

/* Returns where in ${line} the event begins, which ends it. */
static size_t
write_id(const struct rendering *r, const struct event *event, struct strbuf *body,
	struct strbuf *line, char delivery_id[ID_SIZE])
{
	const struct json_span *id = &event->member[EVENT_ID];
	struct text event_id, name = {r->name.buf, r->name.len};
	char own[ID_SIZE];
	size_t start;

	if (id->type == JSON_NONE) {
		id_of_event(event, own);
		event_id = (struct text){own, ID_SIZE - 1};
	} else if (id->escaped) {
		json_decode(body, id);
		event_id = (struct text){body->buf, body->len};
	} else {
		event_id = (struct text){id->p, id->len};
	}
	id_of_delivery(&event_id, &name, delivery_id);
	line->failed |= strbuf_failed(body);
	strbuf_reset(body);
	strbuf_lit(line, "{\"delivery_id\":\"");
	strbuf_add(line, delivery_id, ID_SIZE - 1);
	strbuf_lit(line, "\",\"event\":");
	start = line->len;
	id_add_event(line, event);
	return start;
}

/*
 * Make ${body} the one output of the program over ${len} bytes at ${event}. Returns what
 * rendering_write does.
 */
static int
run_program(const struct rendering *r, struct jq_worker *programs, const char *event, size_t len,
	struct strbuf *body, char error[RENDERING_ERROR_MAX])
{
	char why[JQ_PROGRAM_ERROR_MAX];
	const char *wrong;
	size_t at;
	const int outputs =
		jq_worker_run(programs, r->program.buf, r->program.len, event, len, body, why);

	if (outputs < 0) {
		snprintf(error, RENDERING_ERROR_MAX, "payload_jq: %s", why);
		return outputs;
	}
	if (outputs != 1) {
		snprintf(error, RENDERING_ERROR_MAX,
			"payload_jq: it has %d outputs, but a payload is one", outputs);
		return -1;
	}
	if (strbuf_failed(body))
		return 0;
	if (body->len > 0)
		body->len--; /* a newline */
	if (json_validate(body->buf, body->len, &wrong, &at))
		return 0;
	snprintf(error, RENDERING_ERROR_MAX, "payload_jq: its output is not JSON: %s", wrong);
	return -1;
}

/* Whether values that went into ${body} made it deeper than what can be read. */
static bool
is_too_deep(const struct strbuf *body)
{
	const char *why;
	size_t at;

	/* Each level has two brackets. */
	return body->len > (size_t)2 * JSON_DEPTH_MAX &&
	       !json_validate(body->buf, body->len, &why, &at);
}

static bool
fill_template(const struct rendering *r, const struct event *event, const char *delivery_id,
	struct strbuf *body, struct template_late *late, size_t *nlate,
	char error[RENDERING_ERROR_MAX])
{
	if (!template_render(r->template, event, delivery_id, target_has_entities(r->target), body,
		    late, nlate) ||
		strbuf_failed(body) || !is_too_deep(body))
		return true;
	snprintf(error, RENDERING_ERROR_MAX, "the payload would be nested deeper than %d levels",
		JSON_DEPTH_MAX);
	return false;
}

int
rendering_write(const struct rendering *r, const struct event *event, struct jq_worker *programs,
	struct strbuf *body, struct strbuf *line, char error[RENDERING_ERROR_MAX])
{
	struct template_late late[TEMPLATE_LATE_MAX];
	char why[TARGET_ERROR_MAX], delivery_id[ID_SIZE];
	size_t nlate = 0, start;
	int status = 0;

	strbuf_reset(body);
	start = write_id(r, event, body, line, delivery_id);
	if (r->template != NULL)
		status = fill_template(r, event, delivery_id, body, late, &nlate, error) ? 0 : -1;
	else if (r->program.len == 0)
		id_add_event(body, event);
	else if (!strbuf_failed(line))
		status =
			run_program(r, programs, line->buf + start, line->len - start, body, error);
	strbuf_add(line, r->head.buf, r->head.len);
	line->failed |= strbuf_failed(body);
	if (status != 0)
		return status;
	if (strbuf_failed(line))
		return 0;
	if (r->is_launch) {
		launch_request_spec(line, body->buf, body->len, delivery_id);
		strbuf_add(line, r->tail.buf, r->tail.len);
		return 0;
	}
	if (!target_check(r->target, body->buf, body->len, why)) {
		snprintf(error, RENDERING_ERROR_MAX, "%s", why);
		return -1;
	}
	json_escape(line, body->buf, body->len);
	strbuf_addc(line, '"');
	for (size_t i = 0; i < nlate; i++)
		strbuf_printf(line, "%s{\"at\":%zu,\"ref\":\"%.*s\"}%s",
			i == 0 ? ",\"secrets\":[" : ",", late[i].at, (int)late[i].len, late[i].ref,
			i + 1 == nlate ? "]" : "");
	strbuf_add(line, r->tail.buf, r->tail.len);
	return 0;
}
