#include "config_automation.h"

#include <string.h>

#include "config_action.h"
#include "config_program.h"
#include "cooldown.h"
#include "event.h"
#include "json_text.h"

enum { NAME, DESCRIPTION, ENABLED, ON, COOLDOWN, COOLDOWN_BY, ACTION, MEMBERS };
static const char *const names[MEMBERS] = {"name", "description", "enabled", "on", "cooldown",
	"cooldown_by", "action"};

/* Conditions: the fields of rules, and a program. */
enum { WHEN = RULE_FIELDS, ON_MEMBERS };

/*
 * An event type in the configuration must be one that can occur; LINK_MODEL becomes
 * what events say.
 */
static void
check_event_types(struct config_reader *r, const struct json_span *spans, struct text *list,
	size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int type = event_type_find(list[i].p, list[i].len);

		if (type >= 0)
			list[i] =
				(struct text){event_type_name(type), strlen(event_type_name(type))};
		else
			config_error(r->file, spans[i].p - 1,
				"unknown event type \"%.*s\"; wb-record(5) lists them",
				(int)(list[i].len < 100 ? list[i].len : 100), list[i].p);
	}
}

static void
read_values(struct config_reader *r, struct rule *rule, int field)
{
	struct json_span *spans = NULL;
	struct text *list;
	size_t n;

	if (!config_strings(r, rule_field_name(field), field == RULE_EVENT_TYPE ? &spans : NULL,
		    &list, &n))
		return;
	if (field == RULE_EVENT_TYPE)
		check_event_types(r, spans, list, n);
	rule->values[field].list = list;
	rule->values[field].n = n;
}

static void
read_regex(struct config_reader *r, struct rule *rule, int field, struct regexes *regexes)
{
	const char *name = rule_field_name(field);
	char error[REGEXES_ERROR_MAX];
	struct json_span span;
	struct text text;

	if (!config_string(r, name, &span, &text))
		return;
	rule->regex[field - RULE_VALUES] = regexes_add(regexes, text.p, text.len, error);
	if (rule->regex[field - RULE_VALUES] < 0)
		config_error(r->file, span.p - 1, "%s is no regular expression: %s", name, error);
}

static void
read_conditions(struct config_reader *r, struct config_automation *automation,
	struct regexes *regexes)
{
	const char *on_names[ON_MEMBERS], *at;
	unsigned seen = 0;
	int field;

	for (int i = 0; i < RULE_FIELDS; i++)
		on_names[i] = rule_field_name(i);
	on_names[WHEN] = "when";
	if (!config_open_object(r, "on"))
		return;
	while ((field = config_member(r, "on", on_names, ON_MEMBERS, &seen, &at)) >= 0) {
		if (field < RULE_VALUES)
			read_values(r, &automation->rule, field);
		else if (field < RULE_FIELDS)
			read_regex(r, &automation->rule, field, regexes);
		else
			config_program_read(r, r->programs->conditions, "when", NULL,
				&automation->when);
	}
}

/* A time such as "90s", "10m", "12h" or "7d"; 0 if it is none. */
static int64_t
duration_ms(const struct text *text)
{
	static const char units[] = "smhd";
	static const int64_t unit_ms[] = {1000, 60 * 1000, 3600 * 1000, 24 * 3600 * 1000};
	const char *unit = strchr(units, text->p[text->len - 1]);
	int64_t n = 0;

	if (unit == NULL || text->len > 10)
		return 0;
	for (size_t i = 0; i < text->len - 1; i++) {
		if (text->p[i] < '0' || text->p[i] > '9')
			return 0;
		n = n * 10 + (text->p[i] - '0');
	}
	n *= unit_ms[unit - units];
	return n <= COOLDOWN_MAX_MS ? n : 0;
}

static void
read_cooldown(struct config_reader *r, struct config_automation *automation)
{
	struct json_span span;
	struct text text;

	if (!config_string(r, "cooldown", &span, &text))
		return;
	automation->cooldown_ms = duration_ms(&text);
	if (automation->cooldown_ms == 0)
		config_error(r->file, span.p - 1,
			"cooldown must be a time such as \"90s\", \"10m\", \"12h\" or \"7d\", up to 3650d");
}

static void
read_cooldown_by(struct config_reader *r, struct config_automation *automation)
{
	struct json_span span;

	if (!config_string(r, "cooldown_by", &span, NULL))
		return;
	if (json_equal(&span, "collection", 10))
		automation->cooldown_by = CONFIG_BY_COLLECTION;
	else if (!json_equal(&span, "automation", 10))
		config_error(r->file, span.p - 1,
			"cooldown_by must be \"automation\" or \"collection\"");
}

void
config_automation_read(struct config_reader *r, struct config_automation *automation,
	struct regexes *regexes, struct config_file **payload_file)
{
	const char *at = NULL, *start;
	unsigned seen = 0;
	int member;

	json_peek(&r->js);
	start = r->js.p;
	*payload_file = NULL;
	*automation = (struct config_automation){.enabled = true,
		.file = r->file,
		.at = start,
		.rule.regex = {-1, -1},
		.when = -1};
	if (!config_open_object(r, "an automation"))
		return;
	while ((member = config_member(r, "an automation", names, MEMBERS, &seen, &at)) >= 0) {
		switch (member) {
		case NAME:
			json_peek(&r->js);
			automation->at = r->js.p;
			config_string(r, "name", &automation->name_span, &automation->name);
			break;
		case DESCRIPTION:
			if (json_peek(&r->js) == JSON_STRING)
				json_value(&r->js, &automation->description);
			else
				config_string(r, "description", NULL, NULL);
			break;
		case ENABLED:
			config_bool(r, "enabled", &automation->enabled);
			break;
		case ON:
			read_conditions(r, automation, regexes);
			break;
		case COOLDOWN:
			read_cooldown(r, automation);
			break;
		case COOLDOWN_BY:
			read_cooldown_by(r, automation);
			break;
		case ACTION:
			config_action_read(r, automation, payload_file);
			break;
		}
	}
	if (r->js.error != NULL)
		return;
	automation->span = (struct json_span){start, (size_t)(r->js.p - start), JSON_OBJECT, false};
	if (!(seen >> NAME & 1))
		config_error(r->file, start, "an automation needs \"name\"");
	if (seen >> COOLDOWN_BY & 1 && !(seen >> COOLDOWN & 1))
		config_error(r->file, start, "\"cooldown_by\" without \"cooldown\"");
	if (!(seen >> ACTION & 1))
		config_error(r->file, start, "an automation needs \"action\"");
}
