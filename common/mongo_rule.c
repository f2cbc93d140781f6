#include "mongo_rule.h"

#include <string.h>

#include "json_text.h"

/*
 * What metadata is looked into with: at() goes on to a member, in a list to that of each object,
 * item() to an item by its number, and each gives a value and, of a list, its items.
 */
enum { AT, ITEM, EACH, DEFINITIONS };
static const char *const definitions[DEFINITIONS] = {
	[AT] = "def at($k): if type == \"array\" then .[] else . end | objects | select(has($k)) | .[$k]; ",
	[ITEM] = "def item($n): arrays | select(length > $n) | .[$n]; ",
	[EACH] = "def each: ., arrays[]; "};

/* How strong what stands around an expression binds. */
enum around { NOTHING, OR, AND };

static void add_node(struct strbuf *sb, const struct mongo_node *node, enum around around);

/* ---- tests, by jq ---- */

static void
add_value(struct strbuf *sb, const struct mongo_value *value)
{
	if (value->span.type == JSON_STRING) {
		json_quote_bytes(sb, value->text.p, value->text.len);
		return;
	}
	/* of a negative number the sign is an operator */
	strbuf_adds(sb, value->span.p[0] == '-' ? "(" : "");
	json_raw(sb, &value->span);
	strbuf_adds(sb, value->span.p[0] == '-' ? ")" : "");
}

static const char *
type_of(const struct mongo_value *value)
{
	switch (value->span.type) {
	case JSON_STRING:
		return "string";
	case JSON_NUMBER:
		return "number";
	default:
		return "boolean";
	}
}

/* What the test says of a value. */
static void
add_condition(struct strbuf *sb, const struct mongo_node *test)
{
	static const char *const ops[] = {[MONGO_EQ] = "==",
		[MONGO_GT] = ">",
		[MONGO_GTE] = ">=",
		[MONGO_LT] = "<",
		[MONGO_LTE] = "<="};
	const struct mongo_value *value = test->values;

	switch (test->op) {
	case MONGO_EQ:
		strbuf_lit(sb, ". == ");
		add_value(sb, value);
		break;
	case MONGO_IN:
		strbuf_adds(sb, test->nvalues > 0 ? "IN(" : "false");
		for (size_t i = 0; i < test->nvalues; i++) {
			strbuf_adds(sb, i > 0 ? ", " : "");
			add_value(sb, &value[i]);
		}
		strbuf_adds(sb, test->nvalues > 0 ? ")" : "");
		break;
	case MONGO_EXISTS:
		strbuf_lit(sb, "true");
		break;
	case MONGO_REGEX:
		strbuf_lit(sb, "type == \"string\" and test(");
		add_value(sb, value);
		strbuf_lit(sb, ")");
		break;
	case MONGO_CONTAINS:
		strbuf_lit(sb, "type == \"string\"");
		if (value->text.len == 0)
			break;
		strbuf_lit(sb, " and index(");
		add_value(sb, value);
		strbuf_lit(sb, ") != null");
		break;
	default:
		strbuf_printf(sb, "type == \"%s\" and . %s ", type_of(value), ops[test->op]);
		add_value(sb, value);
	}
}

/* Whether ${key} may be the number of an item. */
static bool
is_number(const struct text *key)
{
	for (size_t i = 0; i < key->len; i++)
		if (key->p[i] < '0' || key->p[i] > '9')
			return false;
	return key->len == 1 || (key->len < 10 && key->p[0] != '0');
}

/* any(WAY; CONDITION), since the way may lead to many values. */
static void
add_metadata_test(struct strbuf *sb, const struct mongo_node *test)
{
	strbuf_lit(sb, "any(.artifact_metadata");
	for (size_t i = 0; i < test->nkeys; i++) {
		const struct text *key = &test->keys[i];

		strbuf_adds(sb, is_number(key) ? " | (at(" : " | at(");
		json_quote_bytes(sb, key->p, key->len);
		strbuf_lit(sb, ")");
		if (is_number(key))
			strbuf_printf(sb, ", item(%.*s))", (int)key->len, key->p);
	}
	strbuf_adds(sb, test->op == MONGO_EXISTS ? "; " : " | each; ");
	add_condition(sb, test);
	strbuf_lit(sb, ")");
}

/* Whether the test, or if ${negated} its opposite, is written with an operator alone. */
static bool
add_comparison(struct strbuf *sb, const struct mongo_node *test, bool negated)
{
	if (test->kind != MONGO_TEST || test->nkeys > 0 ||
		(test->op != MONGO_EQ && test->op != MONGO_EXISTS))
		return false;
	strbuf_printf(sb, ".%s ", event_member_name(test->member));
	strbuf_adds(sb, (test->op == MONGO_EXISTS) != negated ? "!= " : "== ");
	if (test->op == MONGO_EXISTS)
		strbuf_lit(sb, "null");
	else
		add_value(sb, test->values);
	return true;
}

static void
add_test(struct strbuf *sb, const struct mongo_node *test)
{
	if (add_comparison(sb, test, false))
		return;
	if (test->nkeys > 0) {
		add_metadata_test(sb, test);
		return;
	}
	strbuf_printf(sb, "(.%s | ", event_member_name(test->member));
	add_condition(sb, test);
	strbuf_lit(sb, ")");
}

static void
add_children(struct strbuf *sb, const struct mongo_node *node, enum around around)
{
	const enum around own = node->kind == MONGO_ALL ? AND : OR;
	const bool needs = around > own || (around != NOTHING && node->kind == MONGO_ANY);

	strbuf_adds(sb, needs ? "(" : "");
	if (node->first == NULL)
		strbuf_lit(sb, "true");
	for (const struct mongo_node *child = node->first; child != NULL; child = child->next) {
		add_node(sb, child, own);
		if (child->next != NULL)
			strbuf_adds(sb, own == AND ? " and " : " or ");
	}
	strbuf_adds(sb, needs ? ")" : "");
}

static void
add_node(struct strbuf *sb, const struct mongo_node *node, enum around around)
{
	switch (node->kind) {
	case MONGO_TEST:
		add_test(sb, node);
		break;
	case MONGO_NOT:
		if (add_comparison(sb, node->first, true))
			break;
		strbuf_lit(sb, "(");
		add_node(sb, node->first, NOTHING);
		strbuf_lit(sb, " | not)");
		break;
	default:
		add_children(sb, node, around);
	}
}

/* ---- members of "on" ---- */

/* The field of rules that is about the test's member, and not given yet; or -1. */
static int
free_field(const struct mongo_rule *rule, const struct mongo_node *test)
{
	for (int f = 0; f < RULE_VALUES; f++)
		if (rule_field_member(f) == test->member && test->nkeys == 0)
			return rule->values[f].n == 0 ? f : -1;
	return -1;
}

static int
free_regex(const struct mongo_rule *rule, const struct mongo_node *test)
{
	for (int f = RULE_VALUES; f < RULE_FIELDS; f++)
		if (rule_field_member(f) == test->member && test->nkeys == 0)
			return rule->regex[f - RULE_VALUES].p == NULL ? f - RULE_VALUES : -1;
	return -1;
}

/* Configuration takes no empty strings, nor NUL in one. */
static bool
is_text(const struct mongo_value *value)
{
	return value->span.type == JSON_STRING && value->text.len > 0 &&
	       memchr(value->text.p, '\0', value->text.len) == NULL;
}

/* How many texts the test allows its member to be; 0 if it says something else. */
static size_t
count_texts(const struct mongo_node *test)
{
	if (test->kind != MONGO_TEST || (test->op != MONGO_EQ && test->op != MONGO_IN))
		return 0;
	for (size_t i = 0; i < test->nvalues; i++)
		if (!is_text(&test->values[i]))
			return 0;
	return test->nvalues;
}

/*
 * Say by one member of "on" that a field is one of some texts: what ${node}, a test, or several of
 * one field of which any will do, says. Returns 1, 0 if it cannot be said so, -1 when memory runs
 * out.
 */
static int
place_values(struct arena *arena, const struct mongo_node *node, struct mongo_rule *rule)
{
	const struct mongo_node *first = node->kind == MONGO_ANY ? node->first : node;
	const struct mongo_node *end = node->kind == MONGO_ANY ? NULL : node->next;
	struct text *list;
	size_t n = 0;
	int field;

	if (first->kind != MONGO_TEST || (field = free_field(rule, first)) < 0)
		return 0;
	for (const struct mongo_node *test = first; test != end; test = test->next) {
		if (count_texts(test) == 0 || test->nkeys > 0 || test->member != first->member)
			return 0;
		n += test->nvalues;
	}
	if ((list = arena_alloc(arena, n * sizeof(*list))) == NULL)
		return -1;
	rule->values[field].list = list;
	rule->values[field].n = n;
	for (const struct mongo_node *test = first; test != end; test = test->next)
		for (size_t i = 0; i < test->nvalues; i++)
			*list++ = test->values[i].text;
	return 1;
}

/* ${text} as an expression that finds just that. */
static struct text
quoted(struct arena *arena, const struct text *text)
{
	char *copy = arena_alloc(arena, text->len * 2 + 1);
	size_t len = 0;

	for (size_t i = 0; copy != NULL && i < text->len; i++) {
		if (strchr("\\^$.|?*+()[]{}", text->p[i]) != NULL)
			copy[len++] = '\\';
		copy[len++] = text->p[i];
	}
	return (struct text){copy, len};
}

/* The same for what is searched for. */
static int
place_regex(struct arena *arena, const struct mongo_node *node, struct mongo_rule *rule)
{
	int regex;

	if (node->kind != MONGO_TEST || (node->op != MONGO_REGEX && node->op != MONGO_CONTAINS) ||
		!is_text(node->values) || (regex = free_regex(rule, node)) < 0)
		return 0;
	rule->regex[regex] =
		node->op == MONGO_REGEX ? node->values->text : quoted(arena, &node->values->text);
	return rule->regex[regex].p != NULL ? 1 : -1;
}

/* ---- the whole ---- */

/* Which of the definitions the tests use. */
static void
find_definitions(const struct mongo_node *node, bool used[DEFINITIONS])
{
	if (node->kind == MONGO_TEST && node->nkeys > 0) {
		used[AT] = true;
		used[EACH] |= node->op != MONGO_EXISTS;
	}
	for (size_t i = 0; i < node->nkeys; i++)
		used[ITEM] |= is_number(&node->keys[i]);
	for (const struct mongo_node *child = node->first; child != NULL; child = child->next)
		find_definitions(child, used);
}

/* What no member could say is left in ${rest}, an "all". */
static int
place_all(struct arena *arena, const struct mongo_node *node, struct mongo_rule *rule,
	struct mongo_node *rest)
{
	struct mongo_node **end = &rest->first, *copy;
	int placed;

	if (node->kind == MONGO_ALL) {
		for (const struct mongo_node *child = node->first; child != NULL;
			child = child->next)
			if (place_all(arena, child, rule, rest) != 0)
				return -1;
		return 0;
	}
	if ((placed = place_values(arena, node, rule)) == 0)
		placed = place_regex(arena, node, rule);
	if (placed != 0)
		return placed < 0 ? -1 : 0;
	if ((copy = arena_alloc(arena, sizeof(*copy))) == NULL)
		return -1;
	*copy = *node;
	copy->next = NULL;
	while (*end != NULL)
		end = &(*end)->next;
	*end = copy;
	return 0;
}

int
mongo_rule_make(struct arena *arena, const struct mongo_node *filter, struct mongo_rule *rule)
{
	struct mongo_node rest = {.kind = MONGO_ALL};
	bool used[DEFINITIONS] = {false};

	if (place_all(arena, filter, rule, &rest) != 0)
		return -1;
	if (rest.first == NULL)
		return 0;
	if (rest.first->next == NULL)
		rest = *rest.first;
	find_definitions(&rest, used);
	for (int i = 0; i < DEFINITIONS; i++)
		strbuf_adds(&rule->when, used[i] ? definitions[i] : "");
	add_node(&rule->when, &rest, NOTHING);
	return strbuf_failed(&rule->when) ? -1 : 0;
}
