/*
 * Actions: see imported_parts.h.
 */
#include "imported_parts.h"

#include <string.h>

#include "imported_payload.h"
#include "json_text.h"

#define ACTION_MAX ((size_t)256 * 1024 * 1024)

static void
do_nothing(struct imported_item *item)
{
	item->action = TEXT(IMPORTED_NOTHING);
}

/* ---- webhooks ---- */

/* "$NAME" of the webhook's secrets, as payloads may name them. */
struct refs {
	struct template_secrets secrets;
	struct json_span list[2];
};

static struct json_span
ref_of(struct imported *out, const struct imported_secret *secret)
{
	const struct text ref = imported_print(out, "$%.*s", (int)secret->name.len, secret->name.p);

	return (struct json_span){ref.p, ref.len, JSON_STRING, false};
}

static void
make_refs(struct imported *out, const struct imported_item *webhook, struct refs *refs)
{
	*refs = (struct refs){.secrets = {.access_token = {.type = JSON_NONE}}};
	refs->secrets.refs = refs->list;
	if (webhook->access_token != NULL) {
		refs->secrets.access_token = ref_of(out, webhook->access_token);
		refs->list[refs->secrets.nrefs++] = refs->secrets.access_token;
	}
	if (webhook->secret != NULL)
		refs->list[refs->secrets.nrefs++] = ref_of(out, webhook->secret);
}

/* Without its value a secret is but a name. */
static void
want_secret(struct imported *out, struct imported_item *item, const struct imported_secret *secret)
{
	if (secret != NULL && !secret->is_here)
		imported_refuse(out, item, false,
			"the value of the secret $%.*s is not here, and W&B does not tell it",
			(int)secret->name.len, secret->name.p);
}

static void
call_webhook(struct imported *out, struct imported_item *item, const struct text *payload)
{
	char error[IMPORTED_PAYLOAD_ERROR_MAX];
	const struct imported_item *webhook = item->webhook;
	struct strbuf action;
	struct refs refs;

	do_nothing(item);
	if (webhook == NULL || webhook->loses) {
		imported_refuse(out, item, true, "its webhook could not be carried over");
		return;
	}
	make_refs(out, webhook, &refs);
	if (payload->p == NULL) {
		imported_refuse(out, item, true,
			"it has no payload, and what W&B sends then is not known; it is {} here");
	} else if (!imported_payload_check("its payload", payload, &refs.secrets, error)) {
		out->memory->failed |= error[0] == '\0';
		imported_refuse(out, item, true, "%s", error);
		return;
	}
	want_secret(out, item, webhook->access_token);
	want_secret(out, item, webhook->secret);
	strbuf_init(&action, ACTION_MAX);
	strbuf_lit(&action, "{\"type\":\"webhook\",\"webhook\":");
	json_quote_bytes(&action, webhook->name.p, webhook->name.len);
	strbuf_lit(&action, ",\"payload\":");
	if (payload->p == NULL)
		strbuf_lit(&action, "{}");
	else
		strbuf_add(&action, payload->p, payload->len);
	strbuf_lit(&action, "}");
	item->action = imported_keep(out, &action);
}

/* ---- all others ---- */

static void
notify(struct imported *out, struct imported_item *item, const struct wandb_trigger *trigger)
{
	const struct wandb_integration *slack = &trigger->action.integration;

	do_nothing(item);
	if (slack->channel.p == NULL)
		imported_refuse(out, item, true, "it notifies people by an integration of W&B");
	else
		imported_refuse(out, item, true,
			"it notifies channel %.*s of %.*s by an integration of W&B with Slack",
			(int)slack->channel.len, slack->channel.p, (int)slack->team.len,
			slack->team.p != NULL ? slack->team.p : "");
}

static bool
is(const struct text *text, const char *name)
{
	return text->len == strlen(name) && memcmp(text->p, name, text->len) == 0;
}

void
imported_action(struct imported *out, struct imported_item *item,
	const struct wandb_trigger *trigger)
{
	const struct text *type = &trigger->action.type;

	if (is(type, "GenericWebhookTriggeredAction")) {
		call_webhook(out, item, &trigger->action.payload);
	} else if (is(type, "QueueJobTriggeredAction")) {
		imported_job(out, item, trigger);
	} else if (is(type, "NotificationTriggeredAction")) {
		notify(out, item, trigger);
	} else {
		do_nothing(item);
		if (!is(type, "NoOpTriggeredAction"))
			imported_refuse(out, item, true,
				"its action is a %.*s, which is not known here", (int)type->len,
				type->p);
	}
}
