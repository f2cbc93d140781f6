#include "new_options.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "json_arg.h"

_Static_assert(NEW_AUTHOR == NEW_ON + RULE_AUTHOR && NEW_TAG_REGEX == NEW_ON + RULE_TAG_REGEX,
	"an option for each condition");
_Static_assert(NEW_BASE_URL == NEW_LAUNCH + LAUNCH_URL && LAUNCH_URL == LAUNCH_MEMBERS - 1,
	"an option for each member of a launch action");

void
new_args_init(struct new_args *args)
{
	*args = (struct new_args){.file = NULL};
	strbuf_init(&args->payload, JSON_ARG_MAX);
	strbuf_init(&args->run_config, JSON_ARG_MAX);
	for (int i = 0; i < LAUNCH_MEMBERS; i++)
		strbuf_init(&args->launch[i], JSON_ARG_MAX);
}

void
new_args_release(struct new_args *args)
{
	struct new_automation *a = &args->automation;

	for (int field = 0; field < RULE_FIELDS; field++)
		free(a->conditions[field].list);
	free(a->secrets.list);
	free(a->headers.list);
	free(a->signatures.list);
	free(a->success_statuses.list);
	strbuf_release(&args->payload);
	strbuf_release(&args->run_config);
	for (int i = 0; i < LAUNCH_MEMBERS; i++)
		strbuf_release(&args->launch[i]);
}

static int
add_value(struct new_values *values, const char *value)
{
	const char **list = realloc(values->list, (values->n + 1) * sizeof(*list));

	if (list == NULL) {
		diag("out of memory");
		return -1;
	}
	values->list = list;
	list[values->n++] = value;
	return 0;
}

/* A value of the option ${name} that is JSON of ${type}: into *${to}, kept in ${text}. */
static int
read_json(const char *name, const char *value, enum json_type type, struct strbuf *text,
	const char **to)
{
	strbuf_release(text);
	if (json_arg_read(name, value, type, text) != 0)
		return -1;
	*to = text->buf;
	return 0;
}

/* Three digits, as they are written. */
static int
add_status(struct new_automation *a, const char *value)
{
	uint64_t status;

	if (options_number("success-status", value, 300, 599, &status) != 0)
		return -1;
	return add_value(&a->success_statuses, value + strspn(value, "0"));
}

/* One of what a job is like. */
static int
read_job(struct new_args *args, int id, const char *value)
{
	const int member = id - NEW_LAUNCH;
	const char **to = &args->automation.launch[member];
	struct strbuf *text = &args->launch[member];
	uint64_t priority;

	switch (id) {
	case NEW_RESOURCE_ARGS:
		return read_json("resource-args", value, JSON_OBJECT, text, to);
	case NEW_OVERRIDES:
		return read_json("overrides", value, JSON_OBJECT, text, to);
	case NEW_TEMPLATE_VARIABLES:
		return read_json("template-variables", value, JSON_OBJECT, text, to);
	case NEW_PRIORITY:
		if (options_number("priority", value, 0, LAUNCH_PRIORITY_MAX, &priority) != 0)
			return -1;
		strbuf_reset(text);
		strbuf_addu(text, priority);
		if ((*to = strbuf_str(text)) != NULL)
			return 0;
		diag("out of memory");
		return -1;
	default:
		*to = value;
		return 0;
	}
}

/* An event type may have a short name. */
static int
add_type(struct new_args *args, const char *value)
{
	const char *type = new_automation_type(value);

	if (type != NULL)
		return add_value(&args->automation.conditions[RULE_EVENT_TYPE], type);
	diag("--on takes link, unlink, create, alias, tag, untag, collection-tag, collection-untag or a type of wb-record(5), not '%s'",
		value);
	return -1;
}

/* Where the value of an option goes that is said once. */
static const char **
single(struct new_args *args, int id)
{
	struct new_automation *a = &args->automation;

	switch (id) {
	case NEW_WEBHOOK:
		return &a->webhook;
	case NEW_TEMPLATE:
		return &a->template;
	case NEW_URL:
		return &a->url;
	case NEW_ACCESS_TOKEN:
		return &a->access_token;
	case NEW_TARGET:
		return &a->target;
	case NEW_SUCCESS_WHEN:
		return &a->success_when;
	case NEW_WHEN:
		return &a->when;
	case NEW_COOLDOWN:
		return &a->cooldown;
	case NEW_COOLDOWN_BY:
		return &a->cooldown_by;
	case NEW_PAYLOAD_JQ:
		return &a->payload_jq;
	case NEW_DESCRIPTION:
		return &a->description;
	default:
		return &args->file;
	}
}

int
new_option(struct new_args *args, int id, const char *value)
{
	struct new_automation *a = &args->automation;

	if (id == NEW_ON)
		return add_type(args, value);
	if (id <= NEW_TAG_REGEX)
		return add_value(&a->conditions[id - NEW_ON], value);
	if (id >= NEW_LAUNCH && id <= NEW_BASE_URL)
		return read_job(args, id, value);
	switch (id) {
	case NEW_PAYLOAD:
		return read_json("payload", value, JSON_NONE, &args->payload, &a->payload);
	case NEW_RUN_CONFIG:
		return read_json("run-config", value, JSON_OBJECT, &args->run_config,
			&a->run_config);
	case NEW_SECRET:
		return add_value(&a->secrets, value);
	case NEW_SIGNATURE:
		return add_value(&a->signatures, value);
	case NEW_HEADER:
		return add_value(&a->headers, value);
	case NEW_SUCCESS_STATUS:
		return add_status(a, value);
	case NEW_DISABLED:
		a->disabled = true;
		return 0;
	default:
		*single(args, id) = value;
		return 0;
	}
}
