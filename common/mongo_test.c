/*
 * Tests of single fields: see mongo_read.h.
 */
#include "mongo_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "regex_common.h"
#include "regexes.h"

#define VALUES_MAX 4096 /* of one list */

/* The names of fields: those that payloads have for what they are about. */
static const struct {
	const char *name;
	enum event_member member;
} fields[] = {
	{"alias", EVENT_ALIAS},
	{"tag", EVENT_TAG},
	{"metadata", EVENT_METADATA},
	{"artifact_metadata", EVENT_METADATA},
	{"event_author", EVENT_AUTHOR},
	{"entity_name", EVENT_ENTITY},
	{"project_name", EVENT_PROJECT},
	{"artifact_collection_name", EVENT_COLLECTION},
	{"artifact_version", EVENT_VERSION},
	{"artifact_version_string", EVENT_VERSION_STRING},
	{"artifact_version_index", EVENT_VERSION_INDEX},
};

/* Take "metadata.a.b" apart. */
bool
mongo_field_find(struct mongo_reader *r, const struct json_span *key, struct mongo_field *field)
{
	const struct text name = mongo_decode(r, key);
	const char *p = name.p, *end, *dot;
	size_t n = 0;

	if (p == NULL)
		return false;
	end = p + name.len;
	dot = memchr(p, '.', name.len);
	while (n < sizeof(fields) / sizeof(fields[0]) &&
		(strlen(fields[n].name) != (size_t)((dot != NULL ? dot : end) - p) ||
			memcmp(fields[n].name, p, strlen(fields[n].name)) != 0))
		n++;
	if (n == sizeof(fields) / sizeof(fields[0]) ||
		(dot != NULL && fields[n].member != EVENT_METADATA))
		return mongo_fail(r, "unknown field %.*s", MONGO_SHOWN(name.len), p) != NULL;
	*field = (struct mongo_field){.member = fields[n].member};
	r->members |= 1u << field->member;
	if (dot == NULL)
		return true;
	if ((field->keys = mongo_alloc(r, name.len * sizeof(*field->keys))) == NULL)
		return false;
	for (p = dot + 1;; p = dot + 1) {
		dot = memchr(p, '.', (size_t)(end - p));
		field->keys[field->nkeys++] =
			(struct text){p, (size_t)((dot != NULL ? dot : end) - p)};
		if (field->keys[field->nkeys - 1].len == 0)
			return mongo_fail(r, "unknown field %.*s", MONGO_SHOWN(name.len), name.p) !=
			       NULL;
		if (dot == NULL)
			return true;
	}
}

/* ---- what is compared with ---- */

/* Whether jq, for which every number is a double, compares with the same number as others. */
static bool
is_exact(const struct json_span *number)
{
	static const char limit[] = "9007199254740992"; /* 2 to the power of 53 */
	const bool negative = number->p[0] == '-';
	const char *digits = number->p + negative;
	const size_t len = number->len - negative;
	char text[512];

	if (number->len >= sizeof(text))
		return false;
	memcpy(text, number->p, number->len);
	text[number->len] = '\0';
	if (strpbrk(text, ".eE") != NULL)
		return isfinite(strtod(text, NULL));
	return len < sizeof(limit) - 1 ||
	       (len == sizeof(limit) - 1 && memcmp(digits, limit, len) <= 0);
}

static bool
read_value(struct mongo_reader *r, const char *op, const struct mongo_field *field,
	struct mongo_value *value)
{
	*value = (struct mongo_value){.text = {NULL, 0}};
	if (!json_value(&r->js, &value->span))
		return false;
	switch (value->span.type) {
	case JSON_STRING:
		value->text = mongo_decode(r, &value->span);
		return value->text.p != NULL;
	case JSON_NUMBER:
		if (!is_exact(&value->span))
			mongo_fail(r, "%s of %.*s: such a number is rounded here", op,
				MONGO_SHOWN(value->span.len), value->span.p);
		break;
	case JSON_NULL:
		if (strcmp(op, "$eq") != 0 && strcmp(op, "$ne") != 0 && strcmp(op, "$in") != 0 &&
			strcmp(op, "$nin") != 0)
			mongo_fail(r, "%s of null", op);
		else if (field->nkeys > 0)
			mongo_fail(r, "%s of null, inside of metadata", op);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		break;
	default:
		mongo_fail(r, "%s of %s", op, json_type_name(value->span.type));
	}
	return r->error[0] == '\0';
}

static bool
read_values(struct mongo_reader *r, const char *op, const struct mongo_field *field,
	struct mongo_node *test)
{
	struct mongo_value *values;
	struct json ahead;
	size_t n = 0;

	if (json_peek(&r->js) != JSON_ARRAY)
		return mongo_fail(r, "%s of no list", op) != NULL;
	ahead = r->js;
	json_open_array(&ahead);
	while (json_next_item(&ahead) && json_value(&ahead, NULL))
		n++;
	if (n > VALUES_MAX)
		return mongo_fail(r, "%s of more than %d values", op, VALUES_MAX) != NULL;
	if ((values = mongo_alloc(r, (n + 1) * sizeof(*values))) == NULL)
		return false;
	test->values = values;
	json_open_array(&r->js);
	while (json_next_item(&r->js))
		if (!read_value(r, op, field, &values[test->nvalues++]))
			return false;
	return r->js.error == NULL;
}

static bool
check_regex(struct mongo_reader *r, const struct text *regex)
{
	static const char no_memory[] = "out of memory"; /* as regexes_add says it */
	struct regexes *set = regexes_new();
	char why[REGEXES_ERROR_MAX] = "out of memory";
	size_t len;
	const char *p = regex_uncommon(regex->p, regex->len, &len);

	if (p != NULL)
		mongo_fail(r, "$regex with '%.*s', which does not mean the same everywhere",
			MONGO_SHOWN(len), p);
	else if (set == NULL || regexes_add(set, regex->p, regex->len, why) < 0)
		strcmp(why, no_memory) == 0 ? mongo_no_memory(r)
					    : mongo_fail(r, "$regex that is none: %s", why);
	regexes_free(set);
	return r->error[0] == '\0';
}

/* ---- tests ---- */

static struct mongo_node *
new_test(struct mongo_reader *r, const struct mongo_field *field, enum mongo_op op)
{
	struct mongo_node *test = mongo_node_new(r, MONGO_TEST);

	if (test == NULL)
		return NULL;
	test->op = op;
	test->member = field->member;
	test->keys = field->keys;
	test->nkeys = field->nkeys;
	return test;
}

static struct mongo_node *
read_comparison(struct mongo_reader *r, const struct mongo_field *field, enum mongo_op op,
	const char *name)
{
	struct mongo_node *test = new_test(r, field, op);
	struct mongo_value *value = mongo_alloc(r, sizeof(*value));

	if (test == NULL || value == NULL || !read_value(r, name, field, value))
		return NULL;
	test->values = value;
	test->nvalues = 1;
	if (op != MONGO_REGEX && op != MONGO_CONTAINS)
		return test;
	if (value->span.type != JSON_STRING)
		return mongo_fail(r, "%s of %s", name, json_type_name(value->span.type));
	return op == MONGO_CONTAINS || check_regex(r, &value->text) ? test : NULL;
}

static struct mongo_node *
read_in(struct mongo_reader *r, const struct mongo_field *field, const char *name)
{
	struct mongo_node *test = new_test(r, field, MONGO_IN);

	return test != NULL && read_values(r, name, field, test) ? test : NULL;
}

static struct mongo_node *
read_exists(struct mongo_reader *r, const struct mongo_field *field)
{
	struct mongo_node *test = new_test(r, field, MONGO_EXISTS);
	struct json_span value;

	if (test == NULL || !json_value(&r->js, &value))
		return NULL;
	if (value.type != JSON_TRUE && value.type != JSON_FALSE)
		return mongo_fail(r, "$exists of %s", json_type_name(value.type));
	return value.type == JSON_TRUE ? test : mongo_negate(r, test);
}

struct mongo_node *
mongo_equal_read(struct mongo_reader *r, const struct mongo_field *field)
{
	return read_comparison(r, field, MONGO_EQ, "$eq");
}

struct mongo_node *
mongo_test_read(struct mongo_reader *r, const struct mongo_field *field,
	const struct json_span *key)
{
	static const struct {
		const char *name;
		enum mongo_op op;
		bool negated;
	} ops[] = {{"$eq", MONGO_EQ, false}, {"$ne", MONGO_EQ, true}, {"$gt", MONGO_GT, false},
		{"$gte", MONGO_GTE, false}, {"$lt", MONGO_LT, false}, {"$lte", MONGO_LTE, false},
		{"$in", MONGO_IN, false}, {"$nin", MONGO_IN, true}, {"$regex", MONGO_REGEX, false},
		{"$contains", MONGO_CONTAINS, false}};

	if (mongo_key_is(key, "$exists"))
		return read_exists(r, field);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct mongo_node *test;

		if (!mongo_key_is(key, ops[i].name))
			continue;
		test = ops[i].op == MONGO_IN ? read_in(r, field, ops[i].name)
					     : read_comparison(r, field, ops[i].op, ops[i].name);
		return ops[i].negated ? mongo_negate(r, test) : test;
	}
	return mongo_fail(r, "unknown operator %.*s", MONGO_SHOWN(key->len), key->p);
}
