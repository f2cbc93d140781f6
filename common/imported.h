/*
 * imported - saved automations and webhooks of W&B as configuration of ours, wb-automations(5):
 * what can be carried over exactly is, and all else is disabled, with reasons, and kept as it was
 * beside its file. Pure but for memory.
 *
 * Texts are in the memory of a registry, which is asked for failures at the end.
 */
#ifndef WB_IMPORTED_H
#define WB_IMPORTED_H

#include <stdbool.h>

#include "registry.h"
#include "strbuf.h"
#include "wandb_trigger.h"

enum imported_kind { IMPORTED_WEBHOOK, IMPORTED_AUTOMATION };

/* A secret: its name in W&B, and here, where not every name can be one. */
struct imported_secret {
	struct text original, name;
	bool is_here; /* its value can be looked up */
};

struct imported_item {
	enum imported_kind kind;
	struct text id, original_name, name; /* in W&B, and here */
	struct text file;                    /* its file's name, which ends in .json */
	int64_t created_ms;
	struct text original; /* JSON, as the server has it */
	bool loses;           /* something is not carried over: the original is to be kept */
	REGISTRY_LIST(struct text) reasons; /* why it is disabled */
	/* of a webhook: */
	struct text url;
	const struct imported_secret *access_token, *secret; /* or NULL */
	/* of an automation: */
	const struct wandb_trigger *trigger;
	struct text description; /* p NULL: none */
	bool enabled;            /* in W&B */
	struct text on, action;  /* JSON objects */
	struct imported_item *webhook;
	struct text text; /* of its file; p NULL: there is none that could be */
	/* by what there is already: */
	bool is_left, is_unchanged; /* something else is there, or just this */
	/* somebody has switched it here since it was imported, and that stays */
	enum { IMPORTED_AS_IT_WAS, IMPORTED_STAYS_DISABLED, IMPORTED_STAYS_ENABLED } here;
	bool says_enabled; /* it does so in so many words */
};

struct imported {
	struct registry *memory;
	const char *server; /* whose automations they are: its base URL */
	bool has_key; /* the value of $WANDB_API_KEY can be looked up; set if there are jobs */
	REGISTRY_LIST(struct imported_secret) secrets;
	REGISTRY_LIST(struct imported_item *) items; /* webhooks first */
};

/**
 * imported_make(out, triggers, has_secret, ctx):
 * Make items of all in ${triggers}, whose texts must stay; out->memory and out->server are set.
 * ${has_secret} says whether the value of
 * a secret can be looked up.
 */
void imported_make(struct imported *out, const struct wandb_triggers *triggers,
	bool (*has_secret)(void *ctx, const char *name), void *ctx);

/**
 * imported_refuse(out, item, loses, fmt, ...):
 * Add a reason why ${item} is disabled.
 */
void imported_refuse(struct imported *out, struct imported_item *item, bool loses, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));

#define IMPORTED_NOT_AS "[Not as in W&B: " /* stands in a description before reasons */

/**
 * imported_is_disabled(item):
 * Whether its automation is disabled here, and is not so in W&B, when all reasons are known.
 */
bool imported_is_disabled(const struct imported_item *item);

/**
 * imported_write(out, item):
 * Make the text of the item's file, when all reasons are known.
 */
void imported_write(struct imported *out, struct imported_item *item);

/**
 * imported_print(out, fmt, ...), imported_keep(out, sb):
 * A text in the memory of ${out}; that of ${sb}, which is released.
 */
struct text imported_print(struct imported *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct text imported_keep(struct imported *out, struct strbuf *sb);

#endif
