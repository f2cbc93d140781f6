#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "config_check.h"
#include "json_find.h"
#include "json_text.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024) /* bytes of what one automation does */

static int
by_text(const void *a, const void *b)
{
	const struct text *x = a, *y = b;
	const size_t len = x->len < y->len ? x->len : y->len;
	const int order = memcmp(x->p, y->p, len);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/*
 * Append the members of ${object} in the order of their texts, without white space: equal for
 * objects that are told apart by that alone. ${arena} has their texts.
 */
static int
add_sorted(struct strbuf *sb, const struct json_span *object, struct arena *arena)
{
	struct text *members;
	struct json_span key, value;
	struct strbuf member;
	struct json js;
	size_t n = 0;

	if (object->type != JSON_OBJECT)
		return 0;
	strbuf_init(&member, TEXT_MAX);
	/* a member takes four bytes at least */
	members = calloc(object->len / 4 + 1, sizeof(*members));
	json_init(&js, object->p, object->len);
	json_open_object(&js);
	while (members != NULL && json_next_member(&js, &key) && json_value(&js, &value)) {
		char *copy;

		strbuf_reset(&member);
		json_raw(&member, &key);
		if (value.type == JSON_STRING)
			json_raw(&member, &value);
		else
			json_compact(&member, value.p, value.len);
		if (strbuf_failed(&member) ||
			(copy = arena_copy(arena, member.buf, member.len)) == NULL)
			break;
		members[n++] = (struct text){copy, member.len};
	}
	sb->failed |= members == NULL || strbuf_failed(&member) || json_end(&js) == false;
	if (n > 0)
		qsort(members, n, sizeof(*members), by_text);
	for (size_t i = 0; i < n; i++)
		strbuf_add(sb, members[i].p, members[i].len);
	strbuf_addc(sb, '\n');
	strbuf_release(&member);
	free(members);
	return strbuf_failed(sb) ? -1 : 0;
}

int
config_check_repeated(const struct config_check *check, const struct config_automation *list,
	size_t n)
{
	const struct config_automation **firsts =
		calloc(n + 1, sizeof(const struct config_automation *));
	struct arena arena, texts;
	struct strbuf sb;
	struct names names;
	int status = firsts != NULL ? 0 : -1;

	arena_init(&arena);
	names_init(&names);
	strbuf_init(&sb, TEXT_MAX);
	for (size_t i = 0; i < n && status == 0; i++) {
		const struct json_span on = json_find(&list[i].span, "on"),
				       action = json_find(&list[i].span, "action");
		const size_t seen = names.n;
		int64_t number = -1;
		char *copy = NULL;

		if (!list[i].enabled ||
			(list[i].action != CONFIG_WEBHOOK && list[i].action != CONFIG_LAUNCH))
			continue;
		strbuf_reset(&sb);
		arena_init(&texts);
		if (add_sorted(&sb, &on, &texts) == 0 && add_sorted(&sb, &action, &texts) == 0 &&
			(copy = arena_copy(&arena, sb.buf, sb.len)) != NULL)
			number = names_add(&names, copy, sb.len);
		arena_release(&texts);
		if (number < 0)
			status = -1;
		else if ((size_t)number == seen)
			firsts[number] = &list[i];
		else
			config_warn(check, list[i].file, list[i].at,
				"does the same as \"%.*s\", so that it is done twice",
				CONFIG_SHOWN(firsts[number]->name.len), firsts[number]->name.p);
	}
	strbuf_release(&sb);
	names_release(&names);
	arena_release(&arena);
	free(firsts);
	return status;
}
