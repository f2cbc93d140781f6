/*
 * json_edit - whatever the text and the edit, the result is JSON; before and behind the edit's
 * piece it is byte for byte the same; and of the container just that changed which was to change.
 *
 * The first byte chooses the edit, the second which container of the text; the text follows.
 */
#include <string.h>

#include "fuzz.h"
#include "json_edit.h"
#include "json_find.h"
#include "json_text.h"

enum { SET, SET_BEHIND, REMOVE, REMOVE_ITEM, EDITS };

/* Go to container number *${left}, counted in the order of their opening brackets. */
static bool
find_container(struct json *js, unsigned *left, struct json_span *found)
{
	const enum json_type type = json_peek(js);
	struct json_span key;
	struct json ahead = *js;
	bool done = false;

	if (type != JSON_OBJECT && type != JSON_ARRAY) {
		json_value(js, NULL);
		return false;
	}
	if ((*left)-- == 0)
		return json_value(&ahead, found);
	if (type == JSON_OBJECT) {
		json_open_object(js);
		while (!done && json_next_member(js, &key))
			done = find_container(js, left, found);
	} else {
		json_open_array(js);
		while (!done && json_next_item(js))
			done = find_container(js, left, found);
	}
	return done;
}

/*
 * How many members of ${object} are called ${name}, or items an array has; all of them in *${all}.
 */
static size_t
count(const struct json_span *container, const char *name, size_t *all)
{
	struct json_span key, value;
	struct json js;
	size_t n = 0;

	*all = 0;
	json_init(&js, container->p, container->len);
	if (container->type == JSON_ARRAY) {
		json_open_array(&js);
		while (json_next_item(&js) && json_value(&js, &value))
			++*all;
		return *all;
	}
	json_open_object(&js);
	while (json_next_member(&js, &key) && json_value(&js, &value)) {
		++*all;
		n += json_equal(&key, name, strlen(name));
	}
	return n;
}

static bool
make_edit(struct json_edit *e, int what, const struct json_span *container, size_t index)
{
	if (what == REMOVE_ITEM)
		return json_edit_remove_item(e, container, index);
	if (container->type != JSON_OBJECT)
		return false;
	if (what == REMOVE)
		return json_edit_remove(e, container, "a");
	json_edit_set(e, container, "a", "[\"new\"]", what == SET_BEHIND ? "b" : NULL);
	return true;
}

/* ${now} is what became of the container ${was}. */
static void
check_container(int what, const struct json_span *was, const struct json_span *now)
{
	size_t was_all, now_all, was_a = count(was, "a", &was_all),
				 now_a = count(now, "a", &now_all);
	const struct json_span value = json_find(now, "a"), other_was = json_find(was, "b"),
			       other_now = json_find(now, "b");

	REQUIRE(was->type == now->type);
	if (what == REMOVE || what == REMOVE_ITEM) {
		REQUIRE(now_a == was_a - 1 && now_all == was_all - 1);
	} else {
		REQUIRE(now_a == (was_a == 0 ? 1 : was_a));
		REQUIRE(now_all == was_all + (was_a == 0));
		REQUIRE(value.len == 7 && memcmp(value.p, "[\"new\"]", 7) == 0);
	}
	REQUIRE(other_was.type == other_now.type && other_was.len == other_now.len);
	REQUIRE(memcmp(other_was.len > 0 ? other_was.p : "", other_now.len > 0 ? other_now.p : "",
			other_was.len) == 0);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	const int what = size < 2 ? 0 : data[0] % EDITS;
	const char *text = (const char *)data + 2, *why;
	unsigned number = size < 2 ? 0 : data[1] % 16, again = number;
	struct json_span was, now;
	struct json_edit e;
	struct strbuf out;
	struct json js;
	size_t len = size - 2, at, behind;

	if (size < 2 || !json_validate(text, len, &why, &at))
		return 0;
	json_init(&js, text, len);
	if (!find_container(&js, &number, &was))
		return 0;
	json_edit_init(&e);
	strbuf_init(&out, size + 4096);
	if (make_edit(&e, what, &was, data[1] / 16u)) {
		json_edit_apply(&e, text, len, &out);
		REQUIRE(!strbuf_failed(&out));
		/* The container could be nested just as deep as it may be. */
		if (json_validate(out.buf, out.len, &why, &at)) {
			REQUIRE(e.at > was.p && e.at + e.len < was.p + was.len);
			at = (size_t)(e.at - text);
			behind = len - at - e.len;
			REQUIRE(memcmp(out.buf, text, at) == 0);
			REQUIRE(memcmp(out.buf + out.len - behind, e.at + e.len, behind) == 0);
			json_init(&js, out.buf, out.len);
			REQUIRE(find_container(&js, &again, &now));
			check_container(what, &was, &now);
		} else {
			REQUIRE(strstr(why, "nested deeper") != NULL);
		}
	}
	json_edit_release(&e);
	strbuf_release(&out);
	return 0;
}
