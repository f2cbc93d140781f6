#include "mongo_filter.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "mongo_read.h"

#define DEPTH_MAX 100
#define MEMBERS_MAX 256 /* of one object */

static struct mongo_node *read_filter(struct mongo_reader *r);
static struct mongo_node *read_operators(struct mongo_reader *r, const struct mongo_field *field);

void *
mongo_fail(struct mongo_reader *r, const char *fmt, ...)
{
	va_list ap;

	if (r->error[0] != '\0')
		return NULL;
	va_start(ap, fmt);
	vsnprintf(r->error, MONGO_ERROR_MAX, fmt, ap);
	va_end(ap);
	return NULL;
}

void *
mongo_no_memory(struct mongo_reader *r)
{
	r->no_memory = true;
	return mongo_fail(r, "out of memory");
}

void *
mongo_alloc(struct mongo_reader *r, size_t size)
{
	void *p = arena_alloc(r->arena, size);

	return p != NULL ? p : mongo_no_memory(r);
}

struct mongo_node *
mongo_node_new(struct mongo_reader *r, enum mongo_kind kind)
{
	struct mongo_node *node = mongo_alloc(r, sizeof(*node));

	if (node != NULL)
		node->kind = kind;
	return node;
}

struct text
mongo_decode(struct mongo_reader *r, const struct json_span *string)
{
	struct text text = {NULL, 0};
	struct strbuf sb;

	strbuf_init(&sb, string->len + 16);
	json_decode(&sb, string);
	if (!strbuf_failed(&sb))
		text = (struct text){arena_copy(r->arena, sb.len > 0 ? sb.buf : "", sb.len),
			sb.len};
	strbuf_release(&sb);
	if (text.p == NULL)
		mongo_no_memory(r);
	return text;
}

struct mongo_node *
mongo_negate(struct mongo_reader *r, struct mongo_node *node)
{
	struct mongo_node * not ;

	if (node == NULL || node->kind == MONGO_NOT)
		return node == NULL ? NULL : node->first;
	if ((not = mongo_node_new(r, MONGO_NOT)) != NULL)
		not ->first = node;
	return not ;
}

bool
mongo_key_is(const struct json_span *key, const char *name)
{
	return json_equal(key, name, strlen(name));
}

/* ---- objects ---- */

/* An object being read: each name may stand in it once. */
struct object {
	struct json start;
	size_t n;
};

static bool
open_object(struct mongo_reader *r, struct object *object, const char *what)
{
	const enum json_type type = json_peek(&r->js);

	if (type != JSON_OBJECT)
		return mongo_fail(r, "%s is %s", what, json_type_name(type)) != NULL;
	if (++r->depth > DEPTH_MAX)
		return mongo_fail(r, "it is nested too deep") != NULL;
	if (!json_open_object(&r->js))
		return false;
	*object = (struct object){r->js, 0};
	return true;
}

static bool
next_member(struct mongo_reader *r, struct object *object, struct json_span *key)
{
	struct json before = object->start;
	struct json_span other;

	if (r->error[0] != '\0' || !json_next_member(&r->js, key))
		return false;
	if (object->n == MEMBERS_MAX)
		return mongo_fail(r, "more than %d members in one object", MEMBERS_MAX) != NULL;
	for (size_t i = 0; i < object->n; i++) {
		json_next_member(&before, &other);
		json_value(&before, NULL);
		if (other.len == key->len && memcmp(other.p, key->p, key->len) == 0)
			return mongo_fail(r, "%.*s stands there twice", MONGO_SHOWN(key->len),
				       key->p) != NULL;
	}
	object->n++;
	return true;
}

/* What joins one thing only is that thing. */
static struct mongo_node *
simplify(struct mongo_node *node)
{
	return node->first != NULL && node->first->next == NULL ? node->first : node;
}

/* Returns ${node}, unless something is wrong. */
static struct mongo_node *
close_object(struct mongo_reader *r, struct mongo_node *node)
{
	r->depth--;
	return r->js.error != NULL || r->error[0] != '\0' ? NULL : simplify(node);
}

/* ---- what is joined ---- */

/* Put ${child}, which may be NULL, behind ${last}, or first. Returns ${child}. */
static struct mongo_node *
append(struct mongo_node *parent, struct mongo_node *last, struct mongo_node *child)
{
	if (last != NULL)
		last->next = child;
	else
		parent->first = child;
	return child;
}

/* A list of what ${field} must be, or, if that is NULL, of filters. */
static struct mongo_node *
read_list(struct mongo_reader *r, const char *op, const struct mongo_field *field)
{
	struct mongo_node *last = NULL, *node;

	node = mongo_node_new(r, strcmp(op, "$and") == 0 ? MONGO_ALL : MONGO_ANY);
	if (node == NULL)
		return NULL;
	if (json_peek(&r->js) != JSON_ARRAY)
		return mongo_fail(r, "%s of no list", op);
	json_open_array(&r->js);
	while (json_next_item(&r->js)) {
		last = append(node, last,
			field != NULL ? read_operators(r, field) : read_filter(r));
		if (last == NULL)
			return NULL;
	}
	if (r->js.error != NULL)
		return NULL;
	if (node->first == NULL && node->kind == MONGO_ANY)
		return mongo_fail(r, "%s of nothing", op);
	node = simplify(node);
	return strcmp(op, "$nor") == 0 ? mongo_negate(r, node) : node;
}

/* What ${key} joins; NULL, without an error, if it joins nothing. */
static struct mongo_node *
read_joined(struct mongo_reader *r, const struct json_span *key, const struct mongo_field *field)
{
	static const char *const names[] = {"$and", "$or", "$nor"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mongo_key_is(key, names[i]))
			return read_list(r, names[i], field);
	if (mongo_key_is(key, "$not"))
		return mongo_negate(r, field != NULL ? read_operators(r, field) : read_filter(r));
	return NULL;
}

/* {"$gt": 1, "$lt": 5} */
static struct mongo_node *
read_operators(struct mongo_reader *r, const struct mongo_field *field)
{
	struct mongo_node *node = mongo_node_new(r, MONGO_ALL), *last = NULL, *child;
	struct object object;
	struct json_span key;

	if (node == NULL || !open_object(r, &object, "what a field must be"))
		return NULL;
	while (next_member(r, &object, &key)) {
		if (key.len == 0 || key.p[0] != '$')
			return mongo_fail(r, "a field is compared with an object");
		child = read_joined(r, &key, field);
		if (child == NULL && r->error[0] == '\0' && r->js.error == NULL)
			child = mongo_test_read(r, field, &key);
		if ((last = append(node, last, child)) == NULL)
			return NULL;
	}
	if (object.n == 0)
		return mongo_fail(r, "a field is compared with an object");
	return close_object(r, node);
}

static struct mongo_node *
read_field(struct mongo_reader *r, const struct json_span *key)
{
	struct mongo_field field;

	if (key->len > 0 && key->p[0] == '$')
		return mongo_fail(r, "unknown operator %.*s", MONGO_SHOWN(key->len), key->p);
	if (!mongo_field_find(r, key, &field))
		return NULL;
	return json_peek(&r->js) == JSON_OBJECT ? read_operators(r, &field)
						: mongo_equal_read(r, &field);
}

static struct mongo_node *
read_filter(struct mongo_reader *r)
{
	struct mongo_node *node = mongo_node_new(r, MONGO_ALL), *last = NULL, *child;
	struct object object;
	struct json_span key;

	if (node == NULL || !open_object(r, &object, "a filter"))
		return NULL;
	while (next_member(r, &object, &key)) {
		child = read_joined(r, &key, NULL);
		if (child == NULL && r->error[0] == '\0' && r->js.error == NULL)
			child = read_field(r, &key);
		if ((last = append(node, last, child)) == NULL)
			return NULL;
	}
	return close_object(r, node);
}

const struct mongo_node *
mongo_filter_read(struct arena *arena, const char *text, size_t len, unsigned *members,
	char error[MONGO_ERROR_MAX])
{
	struct mongo_reader r = {.arena = arena, .error = error};
	struct mongo_node *node = NULL;
	const char *wrong;
	size_t at;

	error[0] = '\0';
	if (json_validate(text, len, &wrong, &at)) {
		json_init(&r.js, text, len);
		node = read_filter(&r);
	} else {
		mongo_fail(&r, "it is not JSON: byte %zu: %s", at + 1, wrong);
	}
	*members = r.members;
	if (error[0] == '\0')
		return node;
	if (r.no_memory)
		error[0] = '\0';
	return NULL;
}
