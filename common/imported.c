#include "imported.h"

#include <stdarg.h>
#include <stdio.h>

#include "imported_names.h"
#include "imported_parts.h"
#include "json_pretty.h"
#include "json_text.h"
#include "launch.h"
#include "url.h"
#include "webhook.h"

#define TEXT_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define PRINT_MAX ((size_t)64 * 1024 * 1024)

struct text
imported_keep(struct imported *out, struct strbuf *sb)
{
	struct text text = registry_text(out->memory, sb->len > 0 ? sb->buf : "", sb->len);

	out->memory->failed |= strbuf_failed(sb);
	strbuf_release(sb);
	return text;
}

static struct text
print(struct imported *out, const char *fmt, va_list ap)
{
	va_list again;
	struct strbuf sb;
	char *room;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	strbuf_init(&sb, PRINT_MAX);
	if (len > 0 && (room = strbuf_room(&sb, (size_t)len + 1)) != NULL) {
		vsnprintf(room, (size_t)len + 1, fmt, ap);
		sb.len += (size_t)len;
	}
	return imported_keep(out, &sb);
}

struct text
imported_print(struct imported *out, const char *fmt, ...)
{
	struct text text;
	va_list ap;

	va_start(ap, fmt);
	text = print(out, fmt, ap);
	va_end(ap);
	return text;
}

void
imported_refuse(struct imported *out, struct imported_item *item, bool loses, const char *fmt, ...)
{
	struct text *reason = registry_grow(out->memory, &item->reasons);
	va_list ap;

	item->loses |= loses;
	va_start(ap, fmt);
	if (reason != NULL)
		*reason = print(out, fmt, ap);
	va_end(ap);
}

/* ---- secrets ---- */

static void
add_secret(struct imported *out, const struct text *name)
{
	struct imported_secret *secret;

	if (name->p == NULL || name->len == 0)
		return;
	for (size_t i = 0; i < out->secrets.n; i++)
		if (text_equal(&out->secrets.v[i].original, name))
			return;
	if ((secret = registry_grow(out->memory, &out->secrets)) != NULL)
		*secret = (struct imported_secret){.original = *name};
}

static const struct imported_secret *
find_secret(const struct imported *out, const struct text *name)
{
	for (size_t i = 0; i < out->secrets.n && name->p != NULL; i++)
		if (text_equal(&out->secrets.v[i].original, name))
			return &out->secrets.v[i];
	return NULL;
}

/* ---- webhooks ---- */

static struct imported_item *
new_item(struct imported *out, enum imported_kind kind)
{
	struct imported_item *item = arena_alloc(&out->memory->arena, sizeof(*item)), **place;

	if (item == NULL || (place = registry_grow(out->memory, &out->items)) == NULL) {
		out->memory->failed = true;
		return NULL;
	}
	*place = item;
	item->kind = kind;
	return item;
}

static struct imported_item *
find_webhook(const struct imported *out, const struct text *id)
{
	for (size_t i = 0; i < out->items.n; i++)
		if (out->items.v[i]->kind == IMPORTED_WEBHOOK &&
			text_equal(&out->items.v[i]->id, id))
			return out->items.v[i];
	return NULL;
}

static void
add_webhook(struct imported *out, const struct wandb_integration *integration)
{
	const char *wrong = NULL;
	struct imported_item *item;
	struct url url;

	/* without a URL it is of another type, or there was none */
	if (integration->url.p == NULL || find_webhook(out, &integration->id) != NULL ||
		(item = new_item(out, IMPORTED_WEBHOOK)) == NULL)
		return;
	item->id = integration->id;
	item->original_name = integration->name;
	item->created_ms = integration->created_ms;
	item->original = integration->original;
	item->enabled = true;
	item->url = integration->url;
	item->access_token = find_secret(out, &integration->access_token);
	item->secret = find_secret(out, &integration->secret);
	if (url_parse(item->url.p, item->url.len, &url, &wrong) != 0)
		imported_refuse(out, item, true, "its URL cannot be used here: %s", wrong);
}

static void
add_ref(struct strbuf *sb, enum webhook_member member, const struct imported_secret *secret)
{
	if (secret != NULL)
		strbuf_printf(sb, ",\"%s\":\"$%.*s\"", webhook_members[member],
			(int)secret->name.len, secret->name.p);
}

/* {"webhooks": {NAME: ...}} */
static void
write_webhook(struct strbuf *sb, const struct imported_item *item)
{
	strbuf_lit(sb, "{\"webhooks\":{");
	json_quote_bytes(sb, item->name.p, item->name.len);
	strbuf_printf(sb, ":{\"%s\":", webhook_members[WEBHOOK_URL]);
	json_quote_bytes(sb, item->url.p, item->url.len);
	add_ref(sb, WEBHOOK_ACCESS_TOKEN, item->access_token);
	add_ref(sb, WEBHOOK_SECRET, item->secret);
	strbuf_lit(sb, "}}}");
}

/* ---- automations ---- */

static void
add_automation(struct imported *out, const struct wandb_trigger *trigger)
{
	struct imported_item *item = new_item(out, IMPORTED_AUTOMATION);

	if (item == NULL)
		return;
	item->id = trigger->id;
	item->original_name = trigger->name;
	item->created_ms = trigger->created_ms;
	item->original = trigger->original;
	item->trigger = trigger;
	item->description = trigger->description;
	item->enabled = trigger->enabled;
	item->webhook = find_webhook(out, &trigger->action.integration.id);
}

/* What the automation is for, and why it is disabled. */
static void
write_description(struct strbuf *sb, const struct imported_item *item)
{
	struct strbuf text;

	strbuf_init(&text, TEXT_BYTES_MAX);
	strbuf_add(&text, item->description.p != NULL ? item->description.p : "",
		item->description.len);
	for (size_t i = 0; i < item->reasons.n; i++) {
		strbuf_adds(&text, i > 0          ? "; "
				   : text.len > 0 ? " " IMPORTED_NOT_AS
						  : IMPORTED_NOT_AS);
		strbuf_add(&text, item->reasons.v[i].p, item->reasons.v[i].len);
	}
	strbuf_adds(&text, item->reasons.n > 0 ? "]" : "");
	if (item->description.p != NULL || text.len > 0) {
		strbuf_lit(sb, ",\"description\":");
		json_quote_bytes(sb, text.len > 0 ? text.buf : "", text.len);
	}
	sb->failed |= strbuf_failed(&text);
	strbuf_release(&text);
}

bool
imported_is_disabled(const struct imported_item *item)
{
	return item->here == IMPORTED_STAYS_DISABLED ||
	       (item->reasons.n > 0 && item->here != IMPORTED_STAYS_ENABLED);
}

/* {"automations": [...]} */
static void
write_automation(struct strbuf *sb, const struct imported_item *item)
{
	strbuf_lit(sb, "{\"automations\":[{\"name\":");
	json_quote_bytes(sb, item->name.p, item->name.len);
	write_description(sb, item);
	if (item->here == IMPORTED_STAYS_ENABLED ? item->says_enabled
						 : !item->enabled || imported_is_disabled(item))
		strbuf_adds(sb, item->here == IMPORTED_STAYS_ENABLED ? ",\"enabled\":true"
								     : ",\"enabled\":false");
	strbuf_lit(sb, ",\"on\":");
	strbuf_add(sb, item->on.p, item->on.len);
	strbuf_lit(sb, ",\"action\":");
	strbuf_add(sb, item->action.p, item->action.len);
	strbuf_lit(sb, "}]}");
}

void
imported_write(struct imported *out, struct imported_item *item)
{
	struct strbuf compact, pretty;

	item->text = (struct text){NULL, 0};
	if (item->kind == IMPORTED_WEBHOOK && item->loses)
		return;
	strbuf_init(&compact, TEXT_BYTES_MAX);
	strbuf_init(&pretty, TEXT_BYTES_MAX);
	if (item->kind == IMPORTED_WEBHOOK)
		write_webhook(&compact, item);
	else
		write_automation(&compact, item);
	if (!out->memory->failed && !strbuf_failed(&compact))
		json_pretty(&pretty, compact.buf, compact.len);
	pretty.failed |= strbuf_failed(&compact);
	item->text = imported_keep(out, &pretty);
	strbuf_release(&compact);
}

/* ---- all of it ---- */

static void
find_values(struct imported *out, bool (*has_secret)(void *ctx, const char *name), void *ctx)
{
	for (size_t i = 0; i < out->secrets.n; i++) {
		struct imported_secret *secret = &out->secrets.v[i];
		/* with a NUL behind it */
		const struct text name =
			registry_text(out->memory, secret->name.p, secret->name.len);

		secret->is_here = has_secret(ctx, name.p);
	}
}

static void
find_key(struct imported *out, const struct wandb_triggers *triggers,
	bool (*has_secret)(void *ctx, const char *name), void *ctx)
{
	bool has_jobs = false;

	for (size_t i = 0; i < triggers->triggers.n; i++)
		has_jobs |= triggers->triggers.v[i].action.template.p != NULL;
	out->has_key = has_jobs && has_secret(ctx, &LAUNCH_API_KEY[1]);
}

void
imported_make(struct imported *out, const struct wandb_triggers *triggers,
	bool (*has_secret)(void *ctx, const char *name), void *ctx)
{
	for (size_t i = 0; i < triggers->integrations.n; i++) {
		add_secret(out, &triggers->integrations.v[i].access_token);
		add_secret(out, &triggers->integrations.v[i].secret);
	}
	for (size_t i = 0; i < triggers->triggers.n; i++) {
		add_secret(out, &triggers->triggers.v[i].action.integration.access_token);
		add_secret(out, &triggers->triggers.v[i].action.integration.secret);
	}
	imported_name_secrets(out);
	find_values(out, has_secret, ctx);
	find_key(out, triggers, has_secret, ctx);
	for (size_t i = 0; i < triggers->integrations.n; i++)
		add_webhook(out, &triggers->integrations.v[i]);
	for (size_t i = 0; i < triggers->triggers.n; i++)
		add_webhook(out, &triggers->triggers.v[i].action.integration);
	for (size_t i = 0; i < triggers->triggers.n; i++)
		add_automation(out, &triggers->triggers.v[i]);
	imported_name_all(out);
	for (size_t i = 0; i < out->items.n; i++) {
		struct imported_item *item = out->items.v[i];

		if (item->kind == IMPORTED_WEBHOOK)
			continue;
		imported_conditions(out, item, item->trigger);
		imported_action(out, item, item->trigger);
	}
}
