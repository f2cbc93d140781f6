#include "config_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_file.h"
#include "jq_env.h"
#include "json_find.h"
#include "json_text.h"
#include "sample.h"
#include "webhook.h"

#define BODY_MAX ((size_t)64 * 1024 * 1024)
#define DELIVERY_ID "00000000000000000000000000000000" /* as long as any */

void
config_warn(const struct config_check *check, const struct config_file *file, const char *at,
	const char *fmt, ...)
{
	const struct config_place place = config_place_of(file, at);
	char message[CONFIG_CHECK_MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	check->warn(check->ctx, &place, message);
}

/* ---- automations that never match ---- */

/* Where condition ${field} of ${a} is written; NULL if it has none. */
static const char *
condition_at(const struct config_automation *a, int field)
{
	const struct json_span on = json_find(&a->span, "on"),
			       key = json_find_key(&on, rule_field_name(field), NULL);

	return key.type == JSON_STRING ? key.p - 1 : NULL;
}

/* Where the first condition on ${member} is written, or NULL. */
static const char *
member_at(const struct config_automation *a, enum event_member member)
{
	const char *at = NULL;

	for (int field = 0; field < RULE_FIELDS && at == NULL; field++)
		if (rule_field_member(field) == member)
			at = condition_at(a, field);
	return at;
}

/* Types of events that lack a member which a condition looks at. */
static void
check_types(const struct config_check *check, const struct config_automation *a,
	enum event_member member)
{
	const struct text *types = a->rule.values[RULE_EVENT_TYPE].list;
	const size_t n = a->rule.values[RULE_EVENT_TYPE].n;
	const char *at = member_at(a, member);

	for (size_t i = 0; at != NULL && i < n; i++) {
		const int type = event_type_find(types[i].p, types[i].len);

		if (type >= 0 && event_type_member(type) != (int)member)
			config_warn(check, a->file, at,
				"an event of the type %s has no %s, so it never matches",
				event_type_name(type), event_member_name(member));
	}
}

/* An expression that takes none of the listed values. */
static void
check_regex(const struct config_check *check, const struct config_automation *a, int field,
	int regex_field)
{
	const struct regexes *regexes = config_regexes(check->config);
	const int64_t regex = a->rule.regex[regex_field - RULE_VALUES];
	const size_t n = a->rule.values[field].n;

	for (size_t i = 0; i < n; i++) {
		const struct text *value = &a->rule.values[field].list[i];

		if (regex < 0 || regexes_matches(regexes, regex, value->p, value->len) != 0)
			return;
	}
	if (n > 0 && regex >= 0)
		config_warn(check, a->file, condition_at(a, regex_field),
			"never matches: %s fits none of the values of \"%s\"",
			rule_field_name(regex_field), rule_field_name(field));
}

/* Names that are none: events have each of them in a member of its own. */
static void
check_names(const struct config_check *check, const struct config_automation *a)
{
	static const char *const kinds[] = {"an entity", "a project", "a collection"};

	for (int field = RULE_ENTITY; field <= RULE_COLLECTION; field++) {
		const struct text *names = a->rule.values[field].list;

		for (size_t i = 0; i < a->rule.values[field].n; i++)
			if (memchr(names[i].p, '/', names[i].len) != NULL)
				config_warn(check, a->file, condition_at(a, field),
					"%s of W&B has no '/' in its name, as \"%.*s\" has: the conditions entity, project and collection are for one part each",
					kinds[field - RULE_ENTITY], CONFIG_SHOWN(names[i].len),
					names[i].p);
	}
}

/* A program that looks at the environment. */
static int
check_program(const struct config_check *check, const struct config_file *file,
	const struct json_span *object, const char *member)
{
	const struct json_span program = json_find(object, member);
	struct strbuf text;
	int status;

	if (program.type != JSON_STRING)
		return 0;
	strbuf_init(&text, BODY_MAX);
	json_decode(&text, &program);
	status = strbuf_failed(&text) ? -1 : 0;
	if (status == 0 && text.len > 0 && jq_env_at(text.buf, text.len) != NULL)
		config_warn(check, file, program.p - 1,
			"the environment is empty for programs: env and $ENV give nothing");
	strbuf_release(&text);
	return status;
}

static int
check_programs(const struct config_check *check, const struct config_automation *a)
{
	const struct json_span on = json_find(&a->span, "on"),
			       action = json_find(&a->span, "action");

	return check_program(check, a->file, &on, "when") == 0 &&
			       check_program(check, a->file, &action, "payload_jq") == 0
		       ? 0
		       : -1;
}

static void
check_conditions(const struct config_check *check, const struct config_automation *a)
{
	const char *alias = member_at(a, EVENT_ALIAS), *tag = member_at(a, EVENT_TAG);

	check_names(check, a);
	check_types(check, a, EVENT_ALIAS);
	check_types(check, a, EVENT_TAG);
	if (alias != NULL && tag != NULL)
		config_warn(check, a->file, alias < tag ? tag : alias,
			"never matches: no event has both an alias and a tag");
	check_regex(check, a, RULE_ALIAS, RULE_ALIAS_REGEX);
	check_regex(check, a, RULE_TAG, RULE_TAG_REGEX);
}

/* ---- payloads ---- */

/* Render the payload for ${event}, a line, and look at the limits of the target. */
static int
check_body(const struct config_check *check, const struct config_automation *a,
	const struct strbuf *line)
{
	const size_t quote = a->payload.type == JSON_STRING;
	struct template_late late[TEMPLATE_LATE_MAX];
	struct template_error error;
	char why[TARGET_ERROR_MAX];
	struct template *template;
	struct event event;
	struct strbuf body;
	struct json js;
	int status = -1;
	size_t nlate;

	template = template_compile(a->payload.p - quote, a->payload.len + 2 * quote,
		&a->webhook->secrets, &error);
	strbuf_init(&body, BODY_MAX);
	json_init(&js, line->buf, line->len);
	if (template != NULL && event_read(&js, &event)) {
		template_render(template, &event, DELIVERY_ID,
			target_has_entities(a->webhook->target), &body, late, &nlate);
		status = strbuf_failed(&body) ? -1 : 0;
		if (status == 0 && !target_check(a->webhook->target, body.buf, body.len, why))
			config_warn(check, a->payload_file, a->payload.p - quote,
				"payload of \"%.*s\" for a test event: %s",
				CONFIG_SHOWN(a->name.len), a->name.p, why);
	}
	strbuf_release(&body);
	template_free(template);
	return status;
}

static int
check_payload(const struct config_check *check, const struct config_automation *a)
{
	static const struct sample anything;
	char error[SAMPLE_ERROR_MAX];
	struct strbuf line;
	int status = 0;

	if (a->webhook == NULL || a->webhook->target == TARGET_NONE || a->payload.type == JSON_NONE)
		return 0;
	strbuf_init(&line, BODY_MAX);
	if (sample_event(&anything, a, config_regexes(check->config), &line, error) == 0)
		status = strbuf_failed(&line) ? -1 : check_body(check, a, &line);
	strbuf_release(&line);
	return status;
}

int
config_check(const struct config_check *check)
{
	const struct config_automation *automations;
	const struct config_webhook *webhooks;
	size_t n, nwebhooks;
	bool *is_used;
	int status;

	automations = config_automations(check->config, &n);
	webhooks = config_webhooks(check->config, &nwebhooks);
	if ((is_used = calloc(nwebhooks + 1, sizeof(*is_used))) == NULL)
		return -1;
	status = config_check_repeated(check, automations, n);
	for (size_t i = 0; i < n && status == 0; i++) {
		if (automations[i].webhook != NULL)
			is_used[automations[i].webhook - webhooks] = true;
		if (automations[i].span.type == JSON_NONE)
			continue;
		check_conditions(check, &automations[i]);
		status = check_programs(check, &automations[i]);
		if (status != 0 || check->has_errors)
			continue;
		if (automations[i].action == CONFIG_LAUNCH)
			config_check_launch(check, &automations[i]);
		else
			status = check_payload(check, &automations[i]);
	}
	for (size_t i = 0; i < nwebhooks && status == 0; i++)
		if (webhooks[i].span.type != JSON_NONE) {
			status = config_check_webhook(check, &webhooks[i], is_used[i]);
			if (status == 0)
				status = check_program(check, webhooks[i].file, &webhooks[i].span,
					webhook_members[WEBHOOK_SUCCESS_WHEN]);
		}
	free(is_used);
	return status;
}
