#include "showing.h"

#include <string.h>

#include "config_file.h"
#include "json_find.h"
#include "json_text.h"
#include "rule_text.h"
#include "scrub.h"
#include "webhook.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

/* From ${from} to ${to} as it stands in its file, with the indentation of its first line. */
static void
add_source(struct strbuf *sb, const struct config_file *file, const char *from, const char *to)
{
	const struct config_place place = config_place_of(file, from);
	const char *line = from;

	while (line > file->text && (line[-1] == ' ' || line[-1] == '\t'))
		line--;
	if (line > file->text && line[-1] != '\n')
		line = from; /* something else stands before it */
	scrub_add(sb, place.file, strlen(place.file));
	strbuf_printf(sb, ":%zu:%zu\n", place.line, place.column);
	scrub_add(sb, line, (size_t)(to - line));
	strbuf_lit(sb, "\n\n");
}

/* Strings, or numbers, with " and " between; an array of them, or one. */
static void
add_strings(struct strbuf *sb, const struct json_span *value)
{
	struct json_span item;
	struct json js;
	size_t n = 0;

	if (value->type != JSON_ARRAY) {
		json_decode(sb, value);
		return;
	}
	json_init(&js, value->p, value->len);
	if (!json_open_array(&js))
		return;
	while (json_next_item(&js) && json_value(&js, &item)) {
		if (n++ > 0)
			strbuf_lit(sb, " and ");
		json_decode(sb, &item);
	}
}

static void
add_webhook(struct strbuf *sb, const struct config_webhook *webhook)
{
	/* What is said of a member, in this order. */
	static const struct {
		int member;
		const char *before;
	} said[] = {{WEBHOOK_ACCESS_TOKEN, ", with the bearer token "},
		{WEBHOOK_SECRET, ", signed with "}, {WEBHOOK_SIGNATURE, " as "},
		{WEBHOOK_SUCCESS_WHEN, ", a success when "},
		{WEBHOOK_SUCCESS_STATUS, ", a success also with the status "}};
	const struct json_span url = json_find(&webhook->span, webhook_members[WEBHOOK_URL]),
			       target = json_find(&webhook->span, webhook_members[WEBHOOK_TARGET]);

	json_decode(sb, &url);
	strbuf_lit(sb, " (webhook ");
	strbuf_add(sb, webhook->name.p, webhook->name.len);
	if (target.type == JSON_STRING) {
		strbuf_lit(sb, ", target ");
		json_decode(sb, &target);
	}
	strbuf_addc(sb, ')');
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		const struct json_span value =
			json_find(&webhook->span, webhook_members[said[i].member]);

		if (value.type == JSON_NONE)
			continue;
		strbuf_adds(sb, said[i].before);
		add_strings(sb, &value);
	}
}

/* What is said of a value: a string as it reads, all else as JSON. */
static void
add_value(struct strbuf *sb, const struct json_span *value)
{
	if (value->type == JSON_STRING)
		json_decode(sb, value);
	else
		json_compact(sb, value->p, value->len);
}

static void
add_job(struct strbuf *sb, const struct launch *l)
{
	/* What is said of a member, in this order. */
	static const struct {
		enum launch_member member;
		const char *before;
	} said[] = {{LAUNCH_PROJECT, ", to run in "}, {LAUNCH_NAME, " as "},
		{LAUNCH_RESOURCE, ", on "}, {LAUNCH_RESOURCE_ARGS, ", with the resource_args "},
		{LAUNCH_TEMPLATE_VARIABLES, ", with the template_variables "},
		{LAUNCH_OVERRIDES, ", with the overrides "}, {LAUNCH_PRIORITY, ", at priority "},
		{LAUNCH_KEY, ", with the key "}, {LAUNCH_URL, ", by the server "}};
	const struct json_span *m = l->member, entity = launch_queue_entity(l);
	const bool is_job = m[LAUNCH_JOB].type != JSON_NONE;

	strbuf_adds(sb, is_job ? "the job " : "a job of the image ");
	json_decode(sb, &m[is_job ? LAUNCH_JOB : LAUNCH_DOCKER_IMAGE]);
	strbuf_lit(sb, " is put on the queue ");
	json_decode(sb, &entity);
	strbuf_addc(sb, '/');
	json_decode(sb, &m[LAUNCH_QUEUE]);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		if (m[said[i].member].type == JSON_NONE)
			continue;
		strbuf_adds(sb, said[i].before);
		add_value(sb, &m[said[i].member]);
	}
}

/* Whether anything says what is sent: payload, payload_file, and what may come beside them. */
static bool
has_payload(const struct config_automation *a)
{
	const struct json_span action = json_find(&a->span, "action");
	struct json_span name;
	struct json js;

	json_init(&js, action.p, action.len);
	json_open_object(&js);
	while (json_next_member(&js, &name) && json_value(&js, NULL))
		if (name.len >= 7 && memcmp(name.p, "payload", 7) == 0)
			return true;
	return false;
}

static void
add_words(struct strbuf *sb, const struct config_automation *a)
{
	const struct json_span on = json_find(&a->span, "on"),
			       cooldown = json_find(&a->span, "cooldown");

	strbuf_adds(sb, a->enabled ? "When " : "Disabled. If it were not: when ");
	rule_text_conditions(sb, &a->rule, &on);
	strbuf_lit(sb, ":\n");
	if (a->action == CONFIG_LAUNCH) {
		add_job(sb, &a->launch);
	} else if (a->webhook == NULL) {
		strbuf_lit(sb, "nothing is sent");
	} else {
		strbuf_adds(sb,
			has_payload(a) ? "its payload is sent to " : "the event is sent to ");
		add_webhook(sb, a->webhook);
	}
	if (cooldown.type != JSON_NONE) {
		strbuf_lit(sb, "; after that it rests for ");
		json_decode(sb, &cooldown);
		strbuf_adds(sb,
			a->cooldown_by == CONFIG_BY_COLLECTION ? ", for that collection only" : "");
	}
	strbuf_lit(sb, ".\n");
}

int
showing_write(const struct config_automation *a, struct output *out)
{
	const struct config_webhook *webhook = a->webhook;
	struct strbuf sb, words;
	int status = -1;

	strbuf_init(&sb, TEXT_MAX);
	strbuf_init(&words, TEXT_MAX);
	add_source(&sb, a->file, a->span.p, a->span.p + a->span.len);
	if (webhook != NULL)
		add_source(&sb, webhook->file, webhook->at, webhook->span.p + webhook->span.len);
	add_words(&words, a);
	if (!strbuf_failed(&words))
		scrub_add(&sb, words.buf, words.len);
	if (!strbuf_failed(&words) && !strbuf_failed(&sb)) {
		output_add(out, sb.buf, sb.len);
		status = 0;
	}
	strbuf_release(&words);
	strbuf_release(&sb);
	return status;
}

static void
add_place(struct strbuf *sb, const struct config_file *file, const char *at)
{
	const struct config_place place = config_place_of(file, at);

	strbuf_lit(sb, "\"file\":");
	json_quote(sb, place.file);
	strbuf_printf(sb, ",\"line\":%zu,\"column\":%zu", place.line, place.column);
}

int
showing_write_json(const struct config_automation *a, struct output *out)
{
	const struct config_webhook *webhook = a->webhook;
	struct strbuf sb;
	int status = -1;

	strbuf_init(&sb, TEXT_MAX);
	strbuf_addc(&sb, '{');
	add_place(&sb, a->file, a->span.p);
	strbuf_lit(&sb, ",\"automation\":");
	json_compact(&sb, a->span.p, a->span.len);
	strbuf_lit(&sb, ",\"webhook\":");
	if (webhook == NULL) {
		strbuf_lit(&sb, "null");
	} else {
		strbuf_lit(&sb, "{\"name\":");
		json_quote_bytes(&sb, webhook->name.p, webhook->name.len);
		strbuf_addc(&sb, ',');
		add_place(&sb, webhook->file, webhook->at);
		strbuf_lit(&sb, ",\"definition\":");
		json_compact(&sb, webhook->span.p, webhook->span.len);
		strbuf_addc(&sb, '}');
	}
	strbuf_lit(&sb, "}\n");
	if (!strbuf_failed(&sb)) {
		output_add(out, sb.buf, sb.len);
		status = 0;
	}
	strbuf_release(&sb);
	return status;
}
