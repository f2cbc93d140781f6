#include "sample.h"

#include <stdio.h>
#include <string.h>

#include "json_find.h"
#include "json_text.h"
#include "regex_sample.h"

#define GUESS_MAX 1024 /* bytes of a text made for an expression */

static const char id[] = "00000000-0000-7000-8000-000000000000", time_of[] = "2026-01-01T00:00:00Z";
static const char artifact_id[] = "wandb-artifact://_id/QXJ0aWZhY3Q6MA==";

/* What stands for a field that nothing is asked of. */
static const char *const defaults[RULE_VALUES] = {
	[RULE_EVENT_TYPE] = "LINK_ARTIFACT",
	[RULE_ENTITY] = "test-entity",
	[RULE_PROJECT] = "test-project",
	[RULE_COLLECTION] = "test-collection",
	[RULE_ALIAS] = "production",
	[RULE_TAG] = "test",
	[RULE_AUTHOR] = "test",
};

/* An event in the making. */
struct maker {
	const struct sample *wanted;
	const struct config_automation *automation;
	const struct regexes *regexes;
	struct strbuf *sb;
	char *error;
	int type;
	struct text values[RULE_VALUES]; /* p NULL: the event has none */
	struct strbuf guess;             /* what is made for an expression */
};

static bool
has_condition(const struct rule *rule, int field)
{
	return field < RULE_VALUES ? rule->values[field].n > 0
				   : rule->regex[field - RULE_VALUES] >= 0;
}

/* Whether anybody asks for the member that ${type} alone has, if it has one. */
static bool
is_asked_for(const struct maker *m, int type)
{
	const int member = event_type_member(type);

	for (int field = 0; field < RULE_FIELDS; field++)
		if ((int)rule_field_member(field) == member &&
			(has_condition(&m->automation->rule, field) ||
				(field < RULE_VALUES && m->wanted->values[field] != NULL)))
			return true;
	return false;
}

/*
 * The type of the event: the one asked for, else the one of the rule that suits its other
 * conditions.
 */
static int
choose_type(struct maker *m)
{
	const struct rule *rule = &m->automation->rule;
	const char *wanted = m->wanted->values[RULE_EVENT_TYPE];
	const size_t n = rule->values[RULE_EVENT_TYPE].n;

	m->type = -1;
	if (wanted != NULL)
		m->type = event_type_find(wanted, strlen(wanted));
	for (int type = 0; type < EVENT_TYPES && m->type < 0 && n == 0; type++)
		if (is_asked_for(m, type))
			m->type = type;
	for (size_t i = 0; i < n && (m->type < 0 || (wanted == NULL && i > 0)); i++) {
		const struct text *name = &rule->values[RULE_EVENT_TYPE].list[i];
		int type = event_type_find(name->p, name->len);

		if (m->type < 0 || is_asked_for(m, type))
			m->type = type;
	}
	if (m->type < 0)
		m->type = event_type_find(defaults[RULE_EVENT_TYPE],
			strlen(defaults[RULE_EVENT_TYPE]));
	return m->type;
}

static bool
matches(const struct maker *m, int regex_field, const char *p, size_t len)
{
	const int64_t regex = m->automation->rule.regex[regex_field - RULE_VALUES];

	return regex < 0 || regexes_matches(m->regexes, regex, p, len) == 1;
}

/* A value for ${field} that its expression takes as well: one of the list, or one made up. */
static int
choose_matching(struct maker *m, int field, int regex_field)
{
	const struct rule *rule = &m->automation->rule;
	const struct json_span on = json_find(&m->automation->span, "on"),
			       regex = json_find(&on, rule_field_name(regex_field));
	struct strbuf text;

	for (size_t i = 0; i < rule->values[field].n; i++) {
		m->values[field] = rule->values[field].list[i];
		if (matches(m, regex_field, m->values[field].p, m->values[field].len))
			return 0;
	}
	strbuf_init(&text, regex.len + 1);
	strbuf_reset(&m->guess);
	if (rule->values[field].n == 0 && regex.type == JSON_STRING) {
		json_decode(&text, &regex);
		regex_sample(&m->guess, text.len > 0 ? text.buf : "", text.len);
	}
	m->sb->failed |= strbuf_failed(&text);
	strbuf_release(&text);
	m->values[field] = (struct text){m->guess.len > 0 ? m->guess.buf : "", m->guess.len};
	if (rule->values[field].n == 0 && !strbuf_failed(&m->guess) &&
		matches(m, regex_field, m->values[field].p, m->values[field].len))
		return 0;
	snprintf(m->error, SAMPLE_ERROR_MAX, "no %s is known that %s matches; give one with --%s",
		rule_field_name(field), rule_field_name(regex_field), rule_field_name(field));
	return -1;
}

static int
choose_value(struct maker *m, int field)
{
	const struct rule *rule = &m->automation->rule;
	const char *wanted = m->wanted->values[field];
	const int regex_field = field == RULE_ALIAS ? RULE_ALIAS_REGEX
				: field == RULE_TAG ? RULE_TAG_REGEX
						    : -1;

	if (wanted != NULL)
		m->values[field] = (struct text){wanted, strlen(wanted)};
	else if (regex_field >= 0 && has_condition(rule, regex_field))
		return choose_matching(m, field, regex_field);
	else if (rule->values[field].n > 0)
		m->values[field] = rule->values[field].list[0];
	else
		m->values[field] = (struct text){defaults[field], strlen(defaults[field])};
	return 0;
}

static int
choose_values(struct maker *m)
{
	const int own = event_type_member(choose_type(m));
	const char *name = event_type_name(m->type);

	m->values[RULE_EVENT_TYPE] = (struct text){name, strlen(name)};
	for (int field = RULE_ENTITY; field < RULE_VALUES; field++) {
		const int member = (int)rule_field_member(field);
		const bool is_special = member == EVENT_ALIAS || member == EVENT_TAG;

		if (is_special && member != own && m->wanted->values[field] == NULL)
			continue;
		if (choose_value(m, field) != 0)
			return -1;
	}
	return 0;
}

static void
add_member(struct maker *m, enum event_member member, const char *p, size_t len)
{
	if (p == NULL)
		return;
	strbuf_addc(m->sb, m->sb->len > 0 ? ',' : '{');
	json_quote(m->sb, event_member_name(member));
	strbuf_addc(m->sb, ':');
	json_quote_bytes(m->sb, p, len);
}

static void
add_text(struct maker *m, enum event_member member, const char *text)
{
	add_member(m, member, text, strlen(text));
}

/* entity/project/collection:alias, or with a version where there is no alias. */
static void
add_version_string(struct maker *m)
{
	const struct text version = {"v0", 2}, *alias = &m->values[RULE_ALIAS];
	struct text parts[] = {m->values[RULE_ENTITY], {"/", 1}, m->values[RULE_PROJECT], {"/", 1},
		m->values[RULE_COLLECTION], {":", 1}, alias->p != NULL ? *alias : version};
	struct strbuf text;

	strbuf_init(&text, m->sb->max);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		strbuf_add(&text, parts[i].p, parts[i].len);
	m->sb->failed |= strbuf_failed(&text);
	add_member(m, EVENT_VERSION_STRING, text.len > 0 ? text.buf : "", text.len);
	strbuf_release(&text);
}

static void
write_event(struct maker *m)
{
	const struct sample *w = m->wanted;
	const char *metadata = w->metadata != NULL ? w->metadata : "{}";

	add_text(m, EVENT_ID, w->id != NULL ? w->id : id);
	add_text(m, EVENT_TIME, w->time != NULL ? w->time : time_of);
	for (int field = 0; field < RULE_VALUES; field++)
		add_member(m, rule_field_member(field), m->values[field].p, m->values[field].len);
	add_text(m, EVENT_VERSION, artifact_id);
	add_version_string(m);
	strbuf_printf(m->sb, ",\"%s\":0,\"%s\":", event_member_name(EVENT_VERSION_INDEX),
		event_member_name(EVENT_METADATA));
	json_compact(m->sb, metadata, strlen(metadata));
	add_text(m, EVENT_SOURCE, "test");
	strbuf_addc(m->sb, '}');
}

int
sample_event(const struct sample *wanted, const struct config_automation *automation,
	const struct regexes *regexes, struct strbuf *sb, char error[SAMPLE_ERROR_MAX])
{
	struct maker m = {.wanted = wanted,
		.automation = automation,
		.regexes = regexes,
		.sb = sb,
		.error = error};
	int status;

	strbuf_init(&m.guess, GUESS_MAX);
	if ((status = choose_values(&m)) == 0)
		write_event(&m);
	strbuf_release(&m.guess);
	return status;
}
