/*
 * wandb_trigger - saved automations, which W&B's API calls triggers, and the webhooks that they
 * use: what the API is asked, and what it answers. Pure but for the buffers.
 *
 * Texts are in the memory of the registry that is given; p is NULL where the API says null, or
 * nothing. Types are names of the API's types, such as "ArtifactPortfolio".
 */
#ifndef WB_WANDB_TRIGGER_H
#define WB_WANDB_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "answer.h"
#include "registry.h"
#include "strbuf.h"
#include "wandb_connection.h"

/* What newer servers have; what one does not know is not asked for. */
enum wandb_trigger_piece {
	WANDB_ENTITY_SCOPE,
	WANDB_WEBHOOK_ACTION,
	WANDB_NOTIFICATION_ACTION,
	WANDB_PUSH_ACTION,
	WANDB_SLACK,
	WANDB_QUEUE_ENTITY,
	WANDB_TRIGGER_PIECES
};

struct wandb_trigger_features {
	bool has[WANDB_TRIGGER_PIECES];
	bool by_project; /* an entity has no list of triggers, but its projects have */
};

/* An integration: a webhook, or some other. */
struct wandb_integration {
	struct text id, type;
	struct text name, url, access_token, secret; /* of a webhook; the last two name secrets */
	struct text team, channel;                   /* of Slack */
	int64_t created_ms;                          /* REGISTRY_NO_TIME: not told */
	struct text original;                        /* as it was answered, JSON */
};

struct wandb_trigger {
	struct text id, name, description;
	bool enabled;
	int64_t created_ms;
	struct {
		struct text type, name, project, entity;
	} scope;
	struct {
		struct text type, event_type, filter;
	} condition;
	struct {
		struct text type, payload, queue, queue_entity, template;
		struct wandb_integration integration;
	} action;
	struct text original;
};

struct wandb_triggers {
	struct registry *memory;
	struct text entity; /* p NULL: there is none, or it is not to be seen */
	struct wandb_page page;
	REGISTRY_LIST(struct wandb_trigger) triggers;
	REGISTRY_LIST(struct wandb_integration) integrations;
	size_t hidden; /* nodes that were null */
};

/**
 * wandb_query_triggers(query, features, items), wandb_query_integrations(query, items):
 * A page of so many ${items}: $entity, $after.
 */
void wandb_query_triggers(struct strbuf *query, const struct wandb_trigger_features *features,
	unsigned items);
void wandb_query_integrations(struct strbuf *query, unsigned items);

/**
 * wandb_trigger_words(piece):
 * The words that an error has, all of them, when the server does not know ${piece}; the second may
 * be NULL.
 */
const char *const *wandb_trigger_words(enum wandb_trigger_piece piece);

/**
 * wandb_answer_entity(a, out):
 * Add what a page of either has to the lists. Returns whether the answer is as it must be.
 */
bool wandb_answer_entity(struct answer *a, struct wandb_triggers *out);

#endif
