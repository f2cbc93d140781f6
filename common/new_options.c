#include "new_options.h"

#include <stdlib.h>

#include "diag.h"
#include "json_arg.h"

_Static_assert(NEW_AUTHOR == NEW_ON + RULE_AUTHOR && NEW_TAG_REGEX == NEW_ON + RULE_TAG_REGEX,
	"an option for each condition");

void
new_args_init(struct new_args *args)
{
	*args = (struct new_args){.file = NULL};
	strbuf_init(&args->payload, JSON_ARG_MAX);
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
	strbuf_release(&args->payload);
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

static int
read_payload(struct new_args *args, const char *value)
{
	strbuf_release(&args->payload);
	if (json_arg_read("payload", value, JSON_NONE, &args->payload) != 0)
		return -1;
	args->automation.payload = args->payload.buf;
	return 0;
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
	switch (id) {
	case NEW_PAYLOAD:
		return read_payload(args, value);
	case NEW_SECRET:
		return add_value(&a->secrets, value);
	case NEW_SIGNATURE:
		return add_value(&a->signatures, value);
	case NEW_HEADER:
		return add_value(&a->headers, value);
	case NEW_DISABLED:
		a->disabled = true;
		return 0;
	default:
		*single(args, id) = value;
		return 0;
	}
}
