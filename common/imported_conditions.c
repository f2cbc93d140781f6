/*
 * Scope, type of event and filter: see imported_parts.h.
 */
#include "imported_parts.h"

#include <string.h>

#include "jq_program.h"
#include "json_text.h"
#include "mongo_rule.h"

#define ON_MAX ((size_t)16 * 1024 * 1024)
#define NEVER "false" /* a program that holds for no event */

struct conditions {
	struct imported *out;
	struct imported_item *item;
	struct mongo_rule rule;
	struct text one[RULE_VALUES]; /* what the single values are */
	bool fails;                   /* something could not be carried over */
};

#define REFUSE(c, ...)                                                                             \
	do {                                                                                       \
		(c)->fails = true;                                                                 \
		imported_refuse((c)->out, (c)->item, true, __VA_ARGS__);                           \
	} while (0)

/* Configuration takes no empty texts, nor NUL in one. */
static bool
is_usable(const struct text *text)
{
	return text->len > 0 && memchr(text->p, '\0', text->len) == NULL;
}

static void
set(struct conditions *c, int field, const struct text *value)
{
	c->one[field] = *value;
	c->rule.values[field].list = &c->one[field];
	c->rule.values[field].n = 1;
}

/* ---- the type of event, and where it happens ---- */

/* Returns the number of the type, or -1. */
static int
add_type(struct conditions *c, const struct wandb_trigger *trigger)
{
	const struct text *type = &trigger->condition.event_type;
	const int number = type->p != NULL ? event_type_find(type->p, type->len) : -1;
	struct text name;

	if (type->p == NULL) {
		REFUSE(c, "its condition is a %.*s, which is not known here",
			(int)trigger->condition.type.len, trigger->condition.type.p);
		return -1;
	}
	if (number < 0) {
		REFUSE(c, "there are no events of type %.*s here", (int)type->len, type->p);
		return -1;
	}
	name = (struct text){event_type_name(number), strlen(event_type_name(number))};
	set(c, RULE_EVENT_TYPE, &name);
	return number;
}

/* Which of the API's scopes it is, as the field of rules that its name is for; or -1. */
static int
find_scope(const struct text *type)
{
	static const struct {
		const char *name;
		int field;
	} types[] = {{"ArtifactPortfolio", RULE_COLLECTION}, {"ArtifactSequence", RULE_COLLECTION},
		{"Project", RULE_PROJECT}, {"Entity", RULE_ENTITY}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type->len == strlen(types[i].name) &&
			memcmp(type->p, types[i].name, type->len) == 0)
			return types[i].field;
	return -1;
}

static void
add_scope(struct conditions *c, const struct wandb_trigger *trigger)
{
	const struct text *type = &trigger->scope.type;
	const int field = find_scope(type);
	const struct text *places[RULE_VALUES] =
		{[RULE_ENTITY] = &trigger->scope.entity, [RULE_PROJECT] = &trigger->scope.project};

	if (field < 0) {
		REFUSE(c, "its scope is a %.*s, which is not known here", (int)type->len, type->p);
		return;
	}
	places[field] = &trigger->scope.name;
	for (int f = RULE_ENTITY; f <= field; f++)
		if (!is_usable(places[f])) {
			REFUSE(c, "the server does not say in which %s it is", rule_field_name(f));
			return;
		}
	for (int f = RULE_ENTITY; f <= field; f++)
		set(c, f, places[f]);
}

/* ---- the filter ---- */

/*
 * A saved filter is {"filter": FILTER}, where FILTER may be a string that holds one; without just
 * that member it is the filter itself.
 */
static struct text
unwrap(struct conditions *c, const struct text *saved)
{
	struct json_span key, value = {.type = JSON_NONE};
	struct strbuf sb;
	struct json js;

	json_init(&js, saved->p, saved->len);
	if (json_peek(&js) != JSON_OBJECT || !json_open_object(&js) ||
		!json_next_member(&js, &key) || !json_equal(&key, "filter", 6) ||
		!json_value(&js, &value) || json_next_member(&js, &key) || !json_end(&js))
		return *saved;
	if (value.type != JSON_STRING)
		return (struct text){value.p, value.len};
	strbuf_init(&sb, value.len + 16);
	json_decode(&sb, &value);
	return imported_keep(c->out, &sb);
}

/* What events of the type have none of. */
static const char *
missing_member(int type, unsigned members)
{
	const int own = event_type_member(type);

	if (own != EVENT_ALIAS && members >> EVENT_ALIAS & 1)
		return "alias";
	if (own != EVENT_TAG && members >> EVENT_TAG & 1)
		return "tag";
	return NULL;
}

static void
add_filter(struct conditions *c, const struct wandb_trigger *trigger, int type)
{
	const struct text *saved = &trigger->condition.filter;
	struct arena *arena = &c->out->memory->arena;
	const struct mongo_node *filter;
	char error[MONGO_ERROR_MAX];
	const char *missing;
	unsigned members;
	struct text text;

	text = saved->p != NULL ? unwrap(c, saved) : (struct text){"", 0};
	if ((filter = mongo_filter_read(arena, text.p, text.len, &members, error)) == NULL) {
		c->out->memory->failed |= error[0] == '\0';
		REFUSE(c, "its filter: %s", error);
		return;
	}
	if ((missing = missing_member(type, members)) != NULL) {
		REFUSE(c, "its filter: events of type %s have no %s here", event_type_name(type),
			missing);
		return;
	}
	if (mongo_rule_make(arena, filter, &c->rule) != 0)
		c->out->memory->failed = true;
}

/* ---- all of it ---- */

static void
add_name(struct strbuf *sb, const char *name)
{
	strbuf_adds(sb, sb->len > 1 ? "," : "");
	json_quote(sb, name);
	strbuf_lit(sb, ":");
}

static void
add_values(struct strbuf *sb, const struct mongo_rule *rule, int field)
{
	const size_t n = rule->values[field].n;

	add_name(sb, rule_field_name(field));
	strbuf_adds(sb, n > 1 ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		strbuf_adds(sb, i > 0 ? "," : "");
		json_quote_bytes(sb, rule->values[field].list[i].p,
			rule->values[field].list[i].len);
	}
	strbuf_adds(sb, n > 1 ? "]" : "");
}

/* The program as it stands in the file; one that is too long there is refused. */
static void
add_when(struct conditions *c, struct strbuf *sb)
{
	struct strbuf quoted;

	strbuf_init(&quoted, ON_MAX);
	json_quote_bytes(&quoted, c->rule.when.len > 0 ? c->rule.when.buf : "", c->rule.when.len);
	c->out->memory->failed |= strbuf_failed(&quoted);
	if (!c->fails && quoted.len > JQ_PROGRAM_MAX + 2)
		REFUSE(c, "its filter makes a program of more than %d bytes", JQ_PROGRAM_MAX);
	if (c->fails || c->rule.when.len > 0)
		add_name(sb, "when");
	if (c->fails)
		strbuf_lit(sb, "\"" NEVER "\"");
	else if (c->rule.when.len > 0)
		strbuf_add(sb, quoted.buf, quoted.len);
	strbuf_release(&quoted);
}

void
imported_conditions(struct imported *out, struct imported_item *item,
	const struct wandb_trigger *trigger)
{
	struct conditions c = {.out = out, .item = item};
	struct strbuf on;
	int type;

	strbuf_init(&c.rule.when, ON_MAX);
	strbuf_init(&on, ON_MAX);
	type = add_type(&c, trigger);
	add_scope(&c, trigger);
	if (type >= 0)
		add_filter(&c, trigger, type);
	strbuf_lit(&on, "{");
	for (int field = 0; field < RULE_VALUES; field++)
		if (c.rule.values[field].n > 0)
			add_values(&on, &c.rule, field);
	for (int field = RULE_VALUES; field < RULE_FIELDS; field++) {
		const struct text *regex = &c.rule.regex[field - RULE_VALUES];

		if (regex->p == NULL)
			continue;
		add_name(&on, rule_field_name(field));
		json_quote_bytes(&on, regex->p, regex->len);
	}
	add_when(&c, &on);
	strbuf_lit(&on, "}");
	item->on = imported_keep(out, &on);
	strbuf_release(&c.rule.when);
}
