#include "config_action.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_program.h"
#include "template.h"

/* Those of a launch action come last. */
enum {
	TYPE,
	WEBHOOK,
	PAYLOAD,
	PAYLOAD_FILE,
	PAYLOAD_JQ,
	LAUNCH,
	MEMBERS = LAUNCH + LAUNCH_MEMBERS
};
static const char *const action_names[MEMBERS] = {"type", "webhook", "payload", "payload_file",
	"payload_jq", LAUNCH_MEMBER_NAMES};

/* payload_file is relative to the file that names it. */
static struct config_file *
read_payload_file(struct config_reader *r, const struct text *name)
{
	const char *slash = strrchr(r->file->path, '/');
	int dir = name->p[0] == '/' || slash == NULL ? 0 : (int)(slash - r->file->path + 1);
	struct config_file *file = NULL;
	const char *why;
	size_t size = (size_t)dir + name->len + 1, at;
	char *path = malloc(size);

	if (path == NULL) {
		config_out_of_memory(r->file);
		return NULL;
	}
	snprintf(path, size, "%.*s%.*s", dir, r->file->path, (int)name->len, name->p);
	file = config_file_read(path, r->file->errors);
	free(path);
	if (file != NULL && !json_validate(file->text, file->len, &why, &at)) {
		config_error(file, file->text + at, "%s", why);
		config_file_free(file);
		return NULL;
	}
	return file;
}

/* The members that belong to a type of action. */
static const unsigned members_of[] = {
	[CONFIG_UNKNOWN] = ~0u,
	[CONFIG_WEBHOOK] = 1u << WEBHOOK | 1u << PAYLOAD | 1u << PAYLOAD_FILE | 1u << PAYLOAD_JQ,
	[CONFIG_LAUNCH] = ((1u << LAUNCH_MEMBERS) - 1) << LAUNCH,
	[CONFIG_NONE] = 0,
};

static void
read_action_type(struct config_reader *r, struct config_automation *automation)
{
	struct json_span span;
	struct text text;

	if (!config_string(r, "type", &span, &text))
		return;
	if (text.len == 7 && memcmp(text.p, "webhook", 7) == 0)
		automation->action = CONFIG_WEBHOOK;
	else if (text.len == 4 && memcmp(text.p, "none", 4) == 0)
		automation->action = CONFIG_NONE;
	else if (text.len == 6 && memcmp(text.p, "launch", 6) == 0)
		automation->action = CONFIG_LAUNCH;
	else
		config_error(r->file, span.p - 1,
			"unknown action type \"%.*s\"; known are webhook, launch and none",
			(int)(text.len < 100 ? text.len : 100), text.p);
}

/* A job that can be queued, with variables that there are. */
static void
check_launch(struct config_reader *r, const struct launch *l, const char *start)
{
	const struct template_secrets none = {.refs = NULL};
	char error[LAUNCH_ERROR_MAX];
	struct template_error why;
	const char *at;

	if (!launch_check(l, &at, error)) {
		config_error(r->file, at != NULL ? at : start, "%s", error);
		return;
	}
	for (int i = 0; i < 2; i++) {
		const struct json_span *span = &l->member[i == 0 ? LAUNCH_NAME : LAUNCH_OVERRIDES];
		const bool quoted = span->type == JSON_STRING;
		struct template *template;

		if (span->type == JSON_NONE)
			continue;
		template = template_compile(span->p - quoted, span->len + 2 * quoted, &none, &why);
		if (template == NULL)
			config_error(r->file, span->p - quoted + why.at, "%s", why.message);
		template_free(template);
	}
}

static void
check_action(struct config_reader *r, struct config_automation *automation, unsigned seen,
	const char *start)
{
	const unsigned payloads = seen & (1u << PAYLOAD | 1u << PAYLOAD_FILE | 1u << PAYLOAD_JQ),
		       foreign = seen & ~(1u << TYPE | members_of[automation->action]);

	if (!(seen >> TYPE & 1))
		config_error(r->file, start, "an action needs \"type\"");
	if (automation->action == CONFIG_WEBHOOK && !(seen >> WEBHOOK & 1))
		config_error(r->file, start, "a webhook action needs \"webhook\", the name of one");
	if (automation->action == CONFIG_NONE && foreign != 0)
		config_error(r->file, start, "an action of type \"none\" has no other members");
	else if (foreign != 0)
		config_error(r->file, start, "an action of this type has no member \"%s\"",
			action_names[__builtin_ctz(foreign)]);
	if ((payloads & (payloads - 1)) != 0) /* more than one */
		config_error(r->file, start,
			"\"payload\", \"payload_file\" and \"payload_jq\" exclude each other");
	if (automation->action == CONFIG_LAUNCH)
		check_launch(r, &automation->launch, start);
}

void
config_action_read(struct config_reader *r, struct config_automation *automation,
	struct config_file **payload_file)
{
	const char *at = NULL, *start;
	struct text file_name;
	unsigned seen = 0;
	int member;

	json_peek(&r->js);
	start = r->js.p;
	if (!config_open_object(r, "action"))
		return;
	while ((member = config_member(r, "an action", action_names, MEMBERS, &seen, &at)) >= 0) {
		switch (member) {
		case TYPE:
			read_action_type(r, automation);
			break;
		case WEBHOOK:
			json_peek(&r->js);
			automation->webhook_at = r->js.p;
			config_string(r, "webhook", NULL, &automation->webhook_name);
			break;
		case PAYLOAD:
			json_value(&r->js, &automation->payload);
			automation->payload_file = r->file;
			break;
		case PAYLOAD_FILE:
			if (config_string(r, "payload_file", NULL, &file_name))
				*payload_file = read_payload_file(r, &file_name);
			break;
		case PAYLOAD_JQ:
			config_program_read(r, r->programs->others, "payload_jq",
				&automation->payload_jq, NULL);
			break;
		default:
			json_value(&r->js, &automation->launch.member[member - LAUNCH]);
			break;
		}
	}
	if (r->js.error != NULL)
		return;
	automation->action_span =
		(struct json_span){start, (size_t)(r->js.p - start), JSON_OBJECT, false};
	if (*payload_file != NULL) {
		struct json js;

		json_init(&js, (*payload_file)->text, (*payload_file)->len);
		json_value(&js, &automation->payload);
		automation->payload_file = *payload_file;
	}
	check_action(r, automation, seen, start);
}
