#include "json_edit.h"

#include <string.h>

#include "json_text.h"

#define WITH_MAX ((size_t)64 * 1024 * 1024)

/* Where a member or an item stands; for an item, name and value are one. */
struct spot {
	const char *start;            /* of its name, the quote included */
	const char *name_end, *value; /* the colon lies between them */
	const char *end;              /* behind its value */
};

/* One of them and its neighbours. A spot that is not there has start NULL. */
struct spots {
	struct spot before, it, after;
	struct spot last; /* of all */
};

static void
take_value(struct spot *spot, const struct json_span *value)
{
	const size_t quote = value->type == JSON_STRING;

	spot->value = value->p - quote;
	spot->end = value->p + value->len + quote;
}

/* The next member, or item of an array; false at the end. */
static bool
next_spot(struct json *js, bool is_object, struct spot *spot, struct json_span *key)
{
	struct json_span value;

	*key = (struct json_span){.type = JSON_NONE};
	if (!(is_object ? json_next_member(js, key) : json_next_item(js)) ||
		!json_value(js, &value))
		return false;
	take_value(spot, &value);
	spot->start = is_object ? key->p - 1 : spot->value;
	spot->name_end = is_object ? key->p + key->len + 1 : spot->value;
	return true;
}

/*
 * Find the last member called ${name} of an object, or item ${index} of an array. Returns whether
 * it is there; spots->last is set in any case.
 */
static bool
find(const struct json_span *container, const char *name, size_t index, struct spots *spots)
{
	const bool is_object = container->type == JSON_OBJECT;
	struct json_span key;
	struct spot spot;
	struct json js;
	size_t n = 0;

	*spots = (struct spots){.it.start = NULL};
	json_init(&js, container->p, container->len);
	if (!(is_object ? json_open_object(&js) : json_open_array(&js)))
		return false;
	for (; next_spot(&js, is_object, &spot, &key); n++) {
		if (is_object ? name != NULL && json_equal(&key, name, strlen(name)) : n == index) {
			spots->before = spots->last;
			spots->it = spot;
			spots->after.start = NULL;
		} else if (spots->it.start != NULL && spots->after.start == NULL) {
			spots->after = spot;
		}
		spots->last = spot;
	}
	return spots->it.start != NULL;
}

void
json_edit_init(struct json_edit *e)
{
	*e = (struct json_edit){.at = NULL};
	strbuf_init(&e->with, WITH_MAX);
}

void
json_edit_release(struct json_edit *e)
{
	strbuf_release(&e->with);
	json_edit_init(e);
}

static void
begin(struct json_edit *e, const char *from, const char *to)
{
	strbuf_reset(&e->with);
	e->at = from;
	e->len = (size_t)(to - from);
}

/* The space before ${spot}, back to the comma or bracket that it follows. */
static const char *
space_before(const struct spot *spot)
{
	const char *p = spot->start;

	while (p[-1] == ' ' || p[-1] == '\t' || p[-1] == '\n' || p[-1] == '\r')
		p--;
	return p;
}

/* A new member behind ${it}, the one before ${after}, if there is one. */
static void
insert(struct json_edit *e, const struct spot *it, const struct spot *after, const char *name,
	const char *value)
{
	const struct spot *like = after->start != NULL ? after : it;
	const char *space = space_before(like);
	const size_t space_len = (size_t)(like->start - space);
	const size_t colon_len = (size_t)(it->value - it->name_end);

	begin(e, it->end, it->end);
	strbuf_addc(&e->with, ',');
	if (space_len > 0)
		strbuf_add(&e->with, space, space_len);
	else if (like == it && colon_len > 1) /* the only one, as in {"a": 1} */
		strbuf_addc(&e->with, ' ');
	strbuf_addc(&e->with, '"');
	strbuf_adds(&e->with, name);
	strbuf_addc(&e->with, '"');
	strbuf_add(&e->with, it->name_end, colon_len);
	strbuf_adds(&e->with, value);
}

void
json_edit_set(struct json_edit *e, const struct json_span *object, const char *name,
	const char *value, const char *after)
{
	static const struct spot none;
	struct spots spots;

	if (find(object, name, 0, &spots)) {
		begin(e, spots.it.value, spots.it.end);
		strbuf_adds(&e->with, value);
	} else if (spots.last.start == NULL) {
		begin(e, object->p + 1, object->p + object->len - 1);
		strbuf_printf(&e->with, "\"%s\": ", name);
		strbuf_adds(&e->with, value);
	} else if (find(object, after, 0, &spots)) {
		insert(e, &spots.it, &spots.after, name, value);
	} else {
		insert(e, &spots.last, &none, name, value);
	}
}

/* Take out spots->it of ${container}. */
static void
cut(struct json_edit *e, const struct json_span *container, const struct spots *spots)
{
	if (spots->after.start != NULL)
		begin(e, spots->it.start, spots->after.start);
	else if (spots->before.start != NULL)
		begin(e, spots->before.end, spots->it.end);
	else
		begin(e, container->p + 1, container->p + container->len - 1);
}

bool
json_edit_remove(struct json_edit *e, const struct json_span *object, const char *name)
{
	struct spots spots;

	if (object->type != JSON_OBJECT || !find(object, name, 0, &spots))
		return false;
	cut(e, object, &spots);
	return true;
}

bool
json_edit_remove_item(struct json_edit *e, const struct json_span *array, size_t index)
{
	struct spots spots;

	if (array->type != JSON_ARRAY || !find(array, NULL, index, &spots))
		return false;
	cut(e, array, &spots);
	return true;
}

void
json_edit_apply(const struct json_edit *e, const char *text, size_t len, struct strbuf *out)
{
	const size_t at = e->at == NULL ? 0 : (size_t)(e->at - text);

	out->failed |= strbuf_failed(&e->with);
	strbuf_add(out, text, at);
	strbuf_add(out, e->with.buf, e->with.len);
	strbuf_add(out, text + at + e->len, len - at - e->len);
}
