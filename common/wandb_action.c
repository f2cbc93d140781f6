#include "wandb_action.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "wandb_text.h"

struct action {
	struct registry *memory;
	struct registry_action *action;
	struct text id, type;
};

static bool
read_action_id(struct answer *a, void *ctx)
{
	return wandb_read_name(a, ((struct action *)ctx)->memory, &((struct action *)ctx)->id);
}

static bool
read_action_type(struct answer *a, void *ctx)
{
	return wandb_read_text(a, ((struct action *)ctx)->memory, &((struct action *)ctx)->type);
}

static bool
read_action_time(struct answer *a, void *ctx)
{
	return answer_time(a, &((struct action *)ctx)->action->ms);
}

static bool
read_action_user(struct answer *a, void *ctx)
{
	return wandb_read_user(a, ((struct action *)ctx)->memory,
		&((struct action *)ctx)->action->user);
}

static bool
read_action_alias(struct answer *a, void *ctx)
{
	return wandb_read_text(a, ((struct action *)ctx)->memory,
		&((struct action *)ctx)->action->alias);
}

static bool
read_action_source(struct answer *a, void *ctx)
{
	return wandb_read_id_of(a, ((struct action *)ctx)->memory,
		&((struct action *)ctx)->action->source);
}

static bool
read_action_target(struct answer *a, void *ctx)
{
	return wandb_read_id_of(a, ((struct action *)ctx)->memory,
		&((struct action *)ctx)->action->target);
}

/*
 * The number in an id, base64 of "Type:number", or 0. Ids are nobody's business but the server's;
 * this is only a guess at the order of what it dates alike, where any other would be as good.
 */
static uint64_t
number_of(const struct text *id)
{
	unsigned char plain[96];
	char *colon;
	int n;

	if (id->len == 0 || id->len > 120 || id->len % 4 != 0)
		return 0;
	n = EVP_DecodeBlock(plain, (const unsigned char *)id->p, (int)id->len);
	if (n <= 0 || (size_t)n >= sizeof(plain))
		return 0;
	plain[n] = '\0';
	colon = strchr((char *)plain, ':');
	return colon != NULL ? strtoull(colon + 1, NULL, 10) : 0;
}

bool
wandb_read_link(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"id", read_action_id, false},
		{"actionType", read_action_type, false}, {"createdAt", read_action_time, false},
		{"user", read_action_user, false}, {"artifact", read_action_target, false},
		{NULL, NULL, false}};
	struct wandb_collection *wc = ctx;
	struct registry_history *h = &wc->c->history[REGISTRY_LINKS];
	struct action action = {.memory = wc->memory,
		.action = registry_grow(wc->memory, &h->actions)};

	if (action.action == NULL)
		return answer_fail(a, "out of memory");
	if (!answer_object(a, fields, &action))
		return false;
	action.action->key = action.action->old_key = registry_key(&action.id, 1);
	action.action->word = registry_key(&action.type, 1);
	action.action->page = wc->pages[WANDB_LINKS].number;
	/* Newest first, as far as is known. */
	action.action->place = number_of(&action.id);
	if (action.action->place == 0)
		action.action->place = UINT64_MAX - h->actions.n;
	return true;
}

bool
wandb_read_alias_action(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"actionType", read_action_type, false},
		{"alias", read_action_alias, false}, {"createdAt", read_action_time, false},
		{"user", read_action_user, false}, {"sourceArtifact", read_action_source, false},
		{"targetArtifact", read_action_target, false}, {NULL, NULL, false}};
	struct wandb_collection *wc = ctx;
	struct registry_history *h = &wc->c->history[REGISTRY_ALIASES];
	struct registry_action *act = registry_grow(wc->memory, &h->actions);
	struct action action = {.memory = wc->memory, .action = act};
	char ms[24];

	if (act == NULL)
		return answer_fail(a, "out of memory");
	if (!answer_object(a, fields, &action))
		return false;
	snprintf(ms, sizeof(ms), "%lld", (long long)act->ms);
	/* It has no id. Where it came from may be deleted later, so that is no part of its key. */
	act->key = registry_key((struct text[]){act->alias, {ms, strlen(ms)}, act->target}, 3);
	act->old_key = registry_key((struct text[]){act->alias, {ms, strlen(ms)}, act->source,
					    act->target, action.type},
		5);
	act->page = wc->pages[WANDB_ALIASES].number;
	act->place = UINT64_MAX - h->actions.n;
	return true;
}
