#include "jq_known.h"

#include <stdlib.h>
#include <string.h>

void
jq_known_release(struct jq_known_list *list)
{
	for (size_t i = 0; i < JQ_KNOWN_MAX; i++)
		free(list->all[i].text);
	*list = (struct jq_known_list){.next = 0};
}

const struct jq_known *
jq_known_find(const struct jq_known_list *list, const char *text, size_t len)
{
	for (size_t i = 0; i < JQ_KNOWN_MAX; i++) {
		const struct jq_known *k = &list->all[i];

		if (k->text != NULL && k->len == len && memcmp(k->text, text, len) == 0)
			return k;
	}
	return NULL;
}

struct jq_known *
jq_known_keep(struct jq_known_list *list, const char *text, size_t len)
{
	const struct jq_known *there = jq_known_find(list, text, len);
	struct jq_known *k;

	if (there != NULL)
		return &list->all[there - list->all];
	k = &list->all[list->next++ % JQ_KNOWN_MAX];
	free(k->text);
	*k = (struct jq_known){.text = malloc(len + 1)};
	if (k->text == NULL)
		return NULL;
	memcpy(k->text, text, len);
	k->len = len;
	return k;
}
