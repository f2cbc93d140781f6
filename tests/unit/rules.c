/* rules - random rules and random events: the look-up, the simple check of each rule, and a model
 * in this file agree. */
#include "event.h"
#include "guard.h"
#include "json_text.h"
#include "random.h"
#include "rules.h"
#include "strbuf.h"
#include "unit.h"

#define RULES_MAX 400
#define LIST_MAX 100
#define PATTERNS 8

static const char *const fields[RULE_VALUES] = {"event_type", "entity_name", "project_name",
	"artifact_collection_name", "alias", "tag", "event_author"};

/* An expression, and the same in C. */
static bool
starts_with_a(const char *s)
{
	return s[0] == 'a';
}

static bool
ends_with_b(const char *s)
{
	return s[0] != '\0' && s[strlen(s) - 1] == 'b';
}

static bool
has_c(const char *s)
{
	return strchr(s, 'c') != NULL;
}

static bool
is_empty(const char *s)
{
	return s[0] == '\0';
}

static bool
is_one_ascii(const char *s)
{
	return s[0] != '\0' && s[1] == '\0';
}

static bool
is_any(const char *s)
{
	(void)s;
	return true;
}

static bool
is_none(const char *s)
{
	(void)s;
	return false;
}

static bool
has_e_acute(const char *s)
{
	return strstr(s, "\xc3\xa9") != NULL;
}

static const struct {
	const char *text;
	bool (*matches)(const char *s);
} patterns[PATTERNS] = {
	{"^a", starts_with_a},
	{"b$", ends_with_b},
	{"c", has_c},
	{"^$", is_empty},
	{"^[\\x01-\\x7f]$", is_one_ascii},
	{"(?m).*", is_any},
	{"(?!)", is_none},
	{"\xc3\xa9", has_e_acute},
};

/* A rule with its lists, which it borrows. */
struct owned_rule {
	struct rule rule;
	struct text lists[RULE_VALUES][LIST_MAX];
	int pattern[2]; /* of alias_regex and tag_regex, or -1 */
};

/* The values that occur: few, so that rules and events meet. */
static const char *const values[] = {"a", "b", "c", "ab", "bc", "cab", "abc", "\xc3\xa9",
	"x\xc3\xa9", "\xf0\x9f\x98\x80", "a\"b", "back\\slash", "new\nline", "A", "aa",
	"production", "a b", "/", "LINK_ARTIFACT", "ADD_ARTIFACT_ALIAS"};
#define VALUES (sizeof(values) / sizeof(values[0]))

/* One event: its values, NULL for absent ones, and the JSON text that says so. */
struct model {
	char text[RULE_VALUES][320];
	bool there[RULE_VALUES];
	struct strbuf json;
};

static struct text
text_of(const char *s)
{
	return (struct text){s, strlen(s)};
}

static void
random_rule(struct owned_rule *r, struct regexes *regexes, size_t open, size_t longest)
{
	char error[REGEXES_ERROR_MAX];

	memset(r, 0, sizeof(*r));
	for (int f = 0; f < RULE_VALUES; f++) {
		if (!random_once_in(open))
			continue;
		r->rule.values[f].list = r->lists[f];
		r->rule.values[f].n = random_once_in(2) ? 1 : 1 + random_below(longest);
		for (size_t i = 0; i < r->rule.values[f].n; i++)
			r->lists[f][i] = text_of(values[random_below(VALUES)]);
	}
	for (int i = 0; i < 2; i++) {
		r->pattern[i] = random_once_in(open * 2) ? (int)random_below(PATTERNS) : -1;
		r->rule.regex[i] = -1;
		if (r->pattern[i] >= 0)
			r->rule.regex[i] = regexes_add(regexes, patterns[r->pattern[i]].text,
				strlen(patterns[r->pattern[i]].text), error);
	}
}

/* ${text} as a JSON string, some of its characters escaped although they need not be. */
static void
add_string(struct strbuf *sb, const char *text)
{
	bool escape = random_once_in(3);

	strbuf_addc(sb, '"');
	for (const char *p = text; *p != '\0';) {
		struct json_char c = json_char_at(p, p + strlen(p));

		if (*p == '\\')
			c = (struct json_char){'\\', 1};
		if (escape && random_once_in(2) && c.code >= 0x10000)
			strbuf_printf(sb, "\\u%04x\\u%04x", 0xd7c0 + (c.code >> 10),
				0xdc00 + (c.code & 0x3ff));
		else if (escape && random_once_in(2) && c.code < 0x10000)
			strbuf_printf(sb, "\\u%04x", c.code);
		else
			json_escape(sb, p, c.len);
		p += c.len;
	}
	strbuf_addc(sb, '"');
}

static void
random_event(struct model *m)
{
	strbuf_reset(&m->json);
	strbuf_lit(&m->json, "{");
	for (int f = 0; f < RULE_VALUES; f++) {
		const char *value = values[random_below(VALUES)];

		m->there[f] = f == RULE_EVENT_TYPE || !random_once_in(4);
		if (f == RULE_EVENT_TYPE && random_once_in(2))
			value = "LINK_ARTIFACT";
		/* long ones and many different ones, for the answers that regexes keeps */
		if (random_once_in(10))
			snprintf(m->text[f], sizeof(m->text[f]), "%c%0*d%c", "abc"[random_below(3)],
				(int)(random_once_in(4) ? 255 + random_below(10)
							: 1 + random_below(6)),
				(int)random_below(100000), "abc"[random_below(3)]);
		else if (random_once_in(20) && f != RULE_EVENT_TYPE)
			m->text[f][0] = '\0';
		else
			snprintf(m->text[f], sizeof(m->text[f]), "%s", value);
		if (!m->there[f]) {
			if (random_once_in(2))
				strbuf_printf(&m->json, "\"%s\":null,", fields[f]);
			continue;
		}
		if (random_once_in(10)) /* the last of duplicates counts */
			strbuf_printf(&m->json, "\"%s\":\"a\",", fields[f]);
		strbuf_printf(&m->json, "\"%s\":", fields[f]);
		if (f == RULE_EVENT_TYPE && strcmp(m->text[f], "LINK_ARTIFACT") == 0 &&
			random_once_in(3))
			strbuf_lit(&m->json, "\"LINK_MODEL\"");
		else
			add_string(&m->json, m->text[f]);
		strbuf_lit(&m->json, ",");
	}
	strbuf_lit(&m->json, "\"other\":[\"a\"]}");
}

static bool
model_matches(const struct owned_rule *r, const struct model *m)
{
	for (int f = 0; f < RULE_VALUES; f++) {
		bool any = r->rule.values[f].n == 0;

		for (size_t i = 0; i < r->rule.values[f].n && m->there[f]; i++)
			any = any || (strlen(m->text[f]) == r->lists[f][i].len &&
					     memcmp(m->text[f], r->lists[f][i].p,
						     r->lists[f][i].len) == 0);
		if (!any)
			return false;
	}
	for (int i = 0; i < 2; i++) {
		int f = i == 0 ? RULE_ALIAS : RULE_TAG;

		if (r->pattern[i] >= 0 &&
			(!m->there[f] || !patterns[r->pattern[i]].matches(m->text[f])))
			return false;
	}
	return true;
}

static void
read_event(const struct strbuf *json, struct event *event)
{
	struct json js;

	/* what is left on the stack by others must not show */
	memset(event, 0xa5, sizeof(*event));
	json_init(&js, guard_copy(json->buf, json->len), json->len);
	if (!event_read(&js, event) || !json_end(&js)) {
		printf("# %s: %.*s\n", js.error, (int)json->len, json->buf);
		exit(1);
	}
}

/* Hold the answers for one event against each other. Returns how many rules match. */
static size_t
check_event(struct rules *rules, const struct regexes *regexes, const struct owned_rule *list,
	size_t n, uint32_t factor, const struct model *m)
{
	const uint32_t *ids;
	struct event event;
	size_t at = 0;
	int64_t found;

	read_event(&m->json, &event);
	found = rules_match(rules, &event, &ids);
	for (size_t i = 0; i < n; i++) {
		bool want = model_matches(&list[i], m);
		bool simple = rule_failing(&list[i].rule, regexes, &event) < 0;
		bool got = (int64_t)at < found && ids[at] == i * factor;

		at += got;
		if ((want != got || want != simple) && unit_case_failures++ < 10)
			printf("# rule %zu: expected %d, look-up %d, simple %d: %.*s\n", i, want,
				got, simple, (int)m->json.len, m->json.buf);
	}
	EXPECT(found == (int64_t)at);
	return at;
}

/*
 * ${rounds} sets of up to ${max} rules, in which one of ${open} fields has a condition, lists are
 * at most ${longest} long, against events.
 */
static void
compare(uint64_t seed, int rounds, size_t max, size_t open, size_t longest)
{
	static struct owned_rule list[RULES_MAX];
	size_t matches = 0, events = 0, most = 0;
	struct model m;

	random_seed(seed);
	strbuf_init(&m.json, 1024 * 1024);
	for (int round = 0; round < rounds; round++) {
		struct regexes *regexes = regexes_new();
		struct rules *rules = rules_new(regexes);
		size_t n = random_below(max + 1);
		uint32_t factor = 1 + (uint32_t)random_below(3);

		if (regexes == NULL || rules == NULL)
			exit(1);
		for (size_t i = 0; i < n; i++) {
			random_rule(&list[i], regexes, open, longest);
			EXPECT(rules_add(rules, &list[i].rule, (uint32_t)i * factor) == 0);
		}
		for (int i = 0; i < 40; i++, events++) {
			size_t found;

			random_event(&m);
			found = check_event(rules, regexes, list, n, factor, &m);
			matches += found;
			most = found > most ? found : most;
		}
		rules_free(rules);
		regexes_free(regexes);
	}
	printf("# %zu matches of %zu events, up to %zu of one\n", matches, events, most);
	EXPECT(matches > events / 10);
	strbuf_release(&m.json);
}

static void
few_conditions(void)
{
	compare(1, 100, 200, 5, 3);
}

static void
many_conditions(void)
{
	compare(2, 100, RULES_MAX, 3, 12);
}

/* Products of lists far beyond what is kept as combinations. */
static void
long_lists(void)
{
	compare(3, 60, 100, 2, LIST_MAX);
}

/* So many of one event that they are sorted in another way. */
static void
many_matches(void)
{
	compare(4, 40, RULES_MAX, 40, 2);
}

static void
no_rules(void)
{
	struct regexes *regexes = regexes_new();
	struct rules *rules = rules_new(regexes);
	struct model m;
	const uint32_t *ids;
	struct event event;

	EXPECT(regexes != NULL && rules != NULL);
	strbuf_init(&m.json, 10000);
	random_seed(5);
	random_event(&m);
	read_event(&m.json, &event);
	EXPECT(rules_match(rules, &event, &ids) == 0);
	rules_free(rules);
	rules_free(NULL);
	regexes_free(regexes);
	strbuf_release(&m.json);
}

static void
match_text(struct rules *rules, const char *json, const char *want)
{
	char got[1024] = "";
	struct event event;
	const uint32_t *ids;
	struct strbuf sb;
	size_t used = 0;
	int64_t n;

	strbuf_init(&sb, 10000);
	strbuf_adds(&sb, json);
	read_event(&sb, &event);
	n = rules_match(rules, &event, &ids);
	for (int64_t i = 0; i < n; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%u", i > 0 ? " " : "",
			ids[i]);
	EXPECT_STR(got, want);
	strbuf_release(&sb);
}

/* Limits of the look-up: 64 combinations and 65, a value said twice, more than one long list. */
static void
combinations(void)
{
	static char names[LIST_MAX][4];
	static struct text list[LIST_MAX], twice[3] = {{"n1", 2}, {"n1", 2}, {"n2", 2}};
	struct regexes *regexes = regexes_new();
	struct rules *rules = rules_new(regexes);
	/* how many entities, projects and aliases */
	static const size_t sizes[][3] = {{64, 1, 1}, {65, 1, 1}, {8, 8, 1}, {8, 8, 2}, {5, 13, 1},
		{4, 4, 4}, {4, 4, 5}, {100, 100, 100}, {0, 65, 0}, {2, 65, 1}, {64, 0, 2}};
	struct rule some[sizeof(sizes) / sizeof(sizes[0]) + 1];
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);
	uint32_t id = 0;

	EXPECT(regexes != NULL && rules != NULL);
	for (size_t i = 0; i < LIST_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		list[i] = text_of(names[i]);
	}
	memset(some, 0, sizeof(some));
	for (; id < n; id++) {
		some[id].values[RULE_ENTITY].list = some[id].values[RULE_PROJECT].list =
			some[id].values[RULE_ALIAS].list = list;
		some[id].values[RULE_ENTITY].n = sizes[id][0];
		some[id].values[RULE_PROJECT].n = sizes[id][1];
		some[id].values[RULE_ALIAS].n = sizes[id][2];
	}
	some[id].values[RULE_ENTITY].list = twice;
	some[id].values[RULE_ENTITY].n = 3;
	for (id = 0; id <= n; id++) {
		some[id].regex[0] = some[id].regex[1] = -1;
		EXPECT(rules_add(rules, &some[id], id) == 0);
	}
	match_text(rules,
		"{\"event_type\":\"X\",\"entity_name\":\"n0\",\"project_name\":\"n0\",\"alias\":"
		"\"n0\"}",
		"0 1 2 3 4 5 6 7 8 9 10");
	match_text(rules,
		"{\"event_type\":\"X\",\"entity_name\":\"n1\",\"project_name\":\"n1\",\"alias\":"
		"\"n1\"}",
		"3 5 6 7 8 10 11");
	match_text(rules,
		"{\"event_type\":\"X\",\"entity_name\":\"n64\",\"project_name\":\"n0\",\"alias\":"
		"\"n0\"}",
		"1 7 8");
	match_text(rules,
		"{\"event_type\":\"X\",\"entity_name\":\"n1\",\"project_name\":\"n64\",\"alias\":"
		"\"n0\"}",
		"7 8 9 10 11");
	match_text(rules,
		"{\"event_type\":\"X\",\"entity_name\":\"n99\",\"project_name\":\"n99\",\"alias\":"
		"\"n99\"}",
		"7");
	match_text(rules,
		"{\"event_type\":\"X\",\"entity_name\":\"n7\",\"project_name\":\"n7\",\"alias\":"
		"\"n0\"}",
		"2 3 7 8 10");
	match_text(rules, "{\"event_type\":\"X\",\"project_name\":\"n3\"}", "8");
	match_text(rules, "{\"event_type\":\"X\",\"entity_name\":\"n2\"}", "11");
	match_text(rules, "{\"event_type\":\"X\"}", "");
	rules_free(rules);
	regexes_free(regexes);
}

/* One rule with a list of thousands, each value said twice: it matches each of them, once. */
static void
long_list(void)
{
	enum { N = 20000 };
	static struct text list[2 * N];
	static char names[N][8];
	struct regexes *regexes = regexes_new();
	struct rules *rules = rules_new(regexes);
	struct rule rule = {.regex = {-1, -1}}, other = {.regex = {-1, -1}};

	EXPECT(regexes != NULL && rules != NULL);
	for (size_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "c%zu", i);
		list[i] = list[N + i] = text_of(names[i]);
	}
	rule.values[RULE_COLLECTION].list = list;
	rule.values[RULE_COLLECTION].n = 2 * N;
	other.values[RULE_COLLECTION].list = list + N - 1;
	other.values[RULE_COLLECTION].n = 2;
	EXPECT(rules_add(rules, &rule, 0) == 0 && rules_add(rules, &other, 1) == 0);
	match_text(rules, "{\"event_type\":\"X\",\"artifact_collection_name\":\"c0\"}", "0 1");
	match_text(rules, "{\"event_type\":\"X\",\"artifact_collection_name\":\"c777\"}", "0");
	match_text(rules, "{\"event_type\":\"X\",\"artifact_collection_name\":\"c19999\"}", "0 1");
	match_text(rules, "{\"event_type\":\"X\",\"artifact_collection_name\":\"c20000\"}", "");
	rules_free(rules);
	regexes_free(regexes);
}

/* Values may hold any byte; an escaped NUL cuts nothing off. */
static void
values_with_nul(void)
{
	static const struct text list[] = {{"a", 1}, {"a\0b", 3}};
	struct regexes *regexes = regexes_new();
	struct rules *rules = rules_new(regexes);
	struct rule a = {.regex = {-1, -1}}, b = {.regex = {-1, -1}};

	EXPECT(regexes != NULL && rules != NULL);
	a.values[RULE_ALIAS].list = &list[0];
	b.values[RULE_ALIAS].list = &list[1];
	a.values[RULE_ALIAS].n = b.values[RULE_ALIAS].n = 1;
	EXPECT(rules_add(rules, &a, 0) == 0 && rules_add(rules, &b, 1) == 0);
	match_text(rules, "{\"event_type\":\"X\",\"alias\":\"a\"}", "0");
	match_text(rules, "{\"event_type\":\"X\",\"alias\":\"a\\u0000b\"}", "1");
	match_text(rules, "{\"event_type\":\"X\",\"alias\":\"a\\u0000\"}", "");
	match_text(rules, "{\"event_type\":\"X\",\"alias\":\"\\u0000\"}", "");
	rules_free(rules);
	regexes_free(regexes);
}

/* Ten thousand rules, of which each event matches those that name its collection, or nothing at
 * all. */
static void
ten_thousand(void)
{
	enum { N = 10000 };
	static struct rule list[N];
	static struct text collections[N], entity = {"acme", 4};
	static char names[N][8];
	struct regexes *regexes = regexes_new();
	struct rules *rules = rules_new(regexes);
	const uint32_t *ids;
	bool same = true;

	EXPECT(regexes != NULL && rules != NULL);
	for (uint32_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "c%u", i);
		collections[i] = text_of(names[i]);
		list[i].regex[0] = list[i].regex[1] = -1;
		if (i % 1000 == 999) {
			/* matches every event */
		} else {
			list[i].values[RULE_COLLECTION].list = &collections[i];
			list[i].values[RULE_COLLECTION].n = 1;
			if (i % 2) {
				list[i].values[RULE_ENTITY].list = &entity;
				list[i].values[RULE_ENTITY].n = 1;
			}
		}
		EXPECT(rules_add(rules, &list[i], i) == 0);
	}
	for (uint32_t i = 0; i < N; i++) {
		struct event event;
		struct strbuf sb;
		int64_t n;
		bool own = false;

		strbuf_init(&sb, 1000);
		strbuf_printf(&sb,
			"{\"event_type\":\"X\",\"entity_name\":\"acme\",\"artifact_collection_"
			"name\":\"c%u\"}",
			i);
		read_event(&sb, &event);
		n = rules_match(rules, &event, &ids);
		same = same && n == (i % 1000 == 999 ? 10 : 11);
		for (int64_t j = 0; j < n; j++) {
			same = same && (ids[j] % 1000 == 999 || ids[j] == i) &&
			       (j == 0 || ids[j] > ids[j - 1]);
			own = own || ids[j] == i;
		}
		same = same && own;
		strbuf_release(&sb);
	}
	EXPECT(same);
	rules_free(rules);
	regexes_free(regexes);
}

static void
names_of_fields(void)
{
	static const char *const names[RULE_FIELDS] = {"event_type", "entity", "project",
		"collection", "alias", "tag", "author", "alias_regex", "tag_regex"};
	static const enum event_member members[RULE_FIELDS] = {EVENT_TYPE, EVENT_ENTITY,
		EVENT_PROJECT, EVENT_COLLECTION, EVENT_ALIAS, EVENT_TAG, EVENT_AUTHOR, EVENT_ALIAS,
		EVENT_TAG};

	for (int f = 0; f < RULE_FIELDS; f++) {
		EXPECT_STR(rule_field_name(f), names[f]);
		EXPECT(rule_field_member(f) == members[f]);
	}
}

/* The first field that fails is named. */
static void
failing_fields(void)
{
	static const struct text one = {"x", 1};
	struct regexes *regexes = regexes_new();
	struct rule rule = {.regex = {-1, -1}};
	char error[REGEXES_ERROR_MAX];
	struct event event;
	struct strbuf sb;

	EXPECT(regexes != NULL);
	strbuf_init(&sb, 10000);
	rule.regex[0] = regexes_add(regexes, "x", 1, error);
	rule.regex[1] = regexes_add(regexes, "^x$", 3, error);
	for (int f = 0; f < RULE_VALUES; f++) {
		rule.values[f].list = &one;
		rule.values[f].n = 1;
	}
	for (int wrong = 0; wrong <= RULE_FIELDS; wrong++) {
		strbuf_reset(&sb);
		strbuf_lit(&sb, "{\"x\":1");
		for (int f = 0; f < RULE_VALUES; f++)
			strbuf_printf(&sb, ",\"%s\":\"%s\"", fields[f], f == wrong ? "y" : "x");
		strbuf_lit(&sb, "}");
		if (wrong >= RULE_VALUES) {
			rule.values[RULE_ALIAS].n = rule.values[RULE_TAG].n = 0;
			rule.regex[0] = regexes_add(regexes, wrong == RULE_ALIAS_REGEX ? "z" : "x",
				1, error);
			rule.regex[1] =
				regexes_add(regexes, wrong == RULE_TAG_REGEX ? "z" : "x", 1, error);
		}
		read_event(&sb, &event);
		EXPECT(rule_failing(&rule, regexes, &event) == (wrong < RULE_FIELDS ? wrong : -1));
	}
	strbuf_release(&sb);
	regexes_free(regexes);
}

int
main(void)
{
	RUN(few_conditions, "random rules with few conditions");
	RUN(many_conditions, "random rules with many conditions");
	RUN(long_lists, "random rules with long lists");
	RUN(many_matches, "hundreds of matches of one event, in order");
	RUN(no_rules, "no rules at all");
	RUN(combinations, "lists of 64 combinations and more");
	RUN(long_list, "a list of thousands of values");
	RUN(values_with_nul, "values that hold NUL");
	RUN(ten_thousand, "ten thousand rules");
	RUN(names_of_fields, "names of fields");
	RUN(failing_fields, "the first condition that fails");
	UNIT_DONE();
}
