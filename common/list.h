/*
 * list - doubly linked lists through links that stand in other structs.
 */
#ifndef WB_LIST_H
#define WB_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A link in one list at most, or the head of a list, which is linked to itself when empty. */
struct link {
	struct link *prev, *next;
};

/* The ${type} whose ${member} is at ${p}. */
#define CONTAINER(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

static inline void
list_init(struct link *list)
{
	list->prev = list->next = list;
}

static inline bool
list_is_empty(const struct link *list)
{
	return list->next == list;
}

/* Put ${link}, which is in no list, at the end. */
static inline void
list_append(struct link *list, struct link *link)
{
	link->prev = list->prev;
	link->next = list;
	list->prev->next = link;
	list->prev = link;
}

/* Take ${link} out of the list that it is in. */
static inline void
list_remove(struct link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* Take the first one out, or NULL. */
static inline struct link *
list_take(struct link *list)
{
	struct link *link = list->next;

	if (link == list)
		return NULL;
	list_remove(link);
	return link;
}

#endif
