#include "rule_text.h"

#include <string.h>

#include "json_text.h"

/* What happens, by the numbers of event types. */
static const char *const phrases[EVENT_TYPES] = {
	"a version is linked",
	"a version gets an alias",
	"a version is created",
	"a version is unlinked",
	"a version gets a tag",
	"a version loses a tag",
	"a collection gets a tag",
	"a collection loses a tag",
};

static void
add_list(struct strbuf *sb, const struct rule *rule, int field, const char *between)
{
	const size_t n = rule->values[field].n;

	if (n == 0)
		strbuf_addc(sb, '*');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			strbuf_adds(sb, between);
		strbuf_add(sb, rule->values[field].list[i].p, rule->values[field].list[i].len);
	}
}

/* "a", or "{a,b}". */
static void
add_set(struct strbuf *sb, const struct rule *rule, int field)
{
	const bool several = rule->values[field].n > 1;

	if (several)
		strbuf_addc(sb, '{');
	add_list(sb, rule, field, ",");
	if (several)
		strbuf_addc(sb, '}');
}

void
rule_text_scope(struct strbuf *sb, const struct rule *rule)
{
	for (int field = RULE_ENTITY; field <= RULE_COLLECTION; field++) {
		if (field > RULE_ENTITY)
			strbuf_addc(sb, '/');
		add_set(sb, rule, field);
	}
}

static void
add_types(struct strbuf *sb, const struct rule *rule)
{
	const size_t n = rule->values[RULE_EVENT_TYPE].n;

	if (n == 0)
		strbuf_lit(sb, "anything happens");
	for (size_t i = 0; i < n; i++) {
		const struct text *name = &rule->values[RULE_EVENT_TYPE].list[i];
		int type = event_type_find(name->p, name->len);

		if (i > 0)
			strbuf_lit(sb, " or ");
		if (type >= 0)
			strbuf_adds(sb, phrases[type]);
		else
			strbuf_add(sb, name->p, name->len);
	}
}

static int
find_field(const struct json_span *name)
{
	int field = 0;

	while (field < RULE_FIELDS &&
		!json_equal(name, rule_field_name(field), strlen(rule_field_name(field))))
		field++;
	return field;
}

static void
add_value(struct strbuf *sb, const struct json_span *value)
{
	if (value->type == JSON_STRING)
		json_decode(sb, value);
	else
		json_raw(sb, value);
}

void
rule_text_trigger(struct strbuf *sb, const struct rule *rule, const struct json_span *on)
{
	struct json_span name, value;
	struct json js;

	add_list(sb, rule, RULE_EVENT_TYPE, ", ");
	if (on->type != JSON_OBJECT)
		return;
	json_init(&js, on->p, on->len);
	json_open_object(&js);
	while (json_next_member(&js, &name) && json_value(&js, &value)) {
		const int field = find_field(&name);

		if (field <= RULE_COLLECTION)
			continue; /* told already, or the scope */
		if (field < RULE_VALUES) {
			strbuf_adds(sb, field == RULE_AUTHOR ? " by " : " ");
			add_set(sb, rule, field);
		} else if (field < RULE_FIELDS) {
			strbuf_lit(sb, " /");
			add_value(sb, &value);
			strbuf_addc(sb, '/');
		} else {
			strbuf_lit(sb, " when ...");
		}
	}
}

void
rule_text_conditions(struct strbuf *sb, const struct rule *rule, const struct json_span *on)
{
	struct json_span name, value;
	struct json js;

	add_types(sb, rule);
	strbuf_lit(sb, " in ");
	rule_text_scope(sb, rule);
	if (on->type != JSON_OBJECT)
		return;
	json_init(&js, on->p, on->len);
	json_open_object(&js);
	while (json_next_member(&js, &name) && json_value(&js, &value)) {
		const int field = find_field(&name);

		if (field <= RULE_COLLECTION)
			continue; /* told already */
		strbuf_lit(sb, ", and ");
		json_decode(sb, &name);
		if (field < RULE_VALUES) {
			strbuf_lit(sb, " is ");
			add_list(sb, rule, field, " or ");
		} else {
			strbuf_adds(sb, field < RULE_FIELDS ? " matches " : " ");
			add_value(sb, &value);
		}
	}
}
