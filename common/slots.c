#include "slots.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "record_key.h"

int
slots_init(struct slots *ss, size_t n)
{
	*ss = (struct slots){.all = calloc(n, sizeof(*ss->all))};
	table_init(&ss->noted);
	siphash_make_key(&ss->key);
	if (ss->all == NULL)
		return -1;
	ss->n = n;
	for (size_t i = n; i > 0; i--) {
		struct slot *slot = &ss->all[i - 1];

		attempt_init(&slot->attempt);
		slot->next_free = ss->free;
		ss->free = slot;
	}
	return 0;
}

void
slots_release(struct slots *ss)
{
	for (size_t i = 0; i < ss->n; i++) {
		attempt_release(&ss->all[i].attempt);
		strbuf_release(&ss->all[i].response);
		strbuf_release(&ss->all[i].launch.body);
	}
	free(ss->all);
	table_release(&ss->noted);
}

struct slot *
slots_take(struct slots *ss, struct delivery *d)
{
	struct slot *slot = ss->free;

	ss->free = slot->next_free;
	ss->busy++;
	slot->d = d;
	slot->state = SLOT_STARTING;
	return slot;
}

void
slots_set(struct slots *ss, struct slot *slot, enum slot_state state)
{
	ss->fetching -= slot->state == SLOT_FETCHING;
	ss->fetching += state == SLOT_FETCHING;
	ss->resolving -= slot->state == SLOT_RESOLVING;
	ss->resolving += state == SLOT_RESOLVING;
	ss->noting -= slot->state == SLOT_NOTING;
	ss->noting += state == SLOT_NOTING;
	slot->state = state;
}

struct delivery *
slots_leave(struct slots *ss, struct slot *slot)
{
	struct delivery *twins = slot->twins;

	/* Secrets do not wait here for the next record to overwrite them. */
	attempt_clear(&slot->attempt);
	strbuf_release(&slot->response);
	strbuf_release(&slot->launch.body);
	slot->launch.item[0] = '\0';
	if (slot->is_noted)
		table_remove(&ss->noted, &slot->node);
	slot->is_noted = false;
	slot->twins = NULL;
	slots_set(ss, slot, SLOT_FREE);
	slot->next_free = ss->free;
	ss->free = slot;
	ss->busy--;
	return twins;
}

bool
slots_note(struct slots *ss, struct slot *slot)
{
	const struct json_span *id = &slot->attempt.rec.delivery_id, *others;
	const uint64_t key = record_key_delivery(&ss->key, &slot->attempt.rec);
	struct table_node *node = table_find(&ss->noted, key);
	struct slot *other;

	if (node == NULL) {
		slot->node.key = key;
		slot->is_noted = table_add(&ss->noted, &slot->node) == 0;
		return true;
	}
	other = CONTAINER(node, struct slot, node);
	others = &other->attempt.rec.delivery_id;
	if (id->len != others->len || memcmp(id->p, others->p, id->len) != 0)
		return true;
	slot->d->twin = other->twins;
	other->twins = slot->d;
	return false;
}
