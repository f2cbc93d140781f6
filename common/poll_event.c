#include "poll_event.h"

#include "event.h"
#include "json_text.h"
#include "timestamp.h"

static void
add_string(struct strbuf *sb, enum event_member member, const char *p, size_t len)
{
	strbuf_printf(sb, ",\"%s\":\"", event_member_name(member));
	json_escape(sb, p, len);
	strbuf_addc(sb, '"');
}

static void
add_text(struct strbuf *sb, enum event_member member, const struct text *text)
{
	if (text->p != NULL)
		add_string(sb, member, text->p, text->len);
}

/* entity/project/collection:alias, or :v<N> */
static void
add_version_string(struct strbuf *sb, const struct registry_change *change)
{
	const struct registry_collection *c = change->collection;

	if (change->type != CHANGE_ALIAS && change->index == REGISTRY_NO_INDEX)
		return;
	strbuf_printf(sb, ",\"%s\":\"", event_member_name(EVENT_VERSION_STRING));
	json_escape(sb, c->entity.p, c->entity.len);
	strbuf_addc(sb, '/');
	json_escape(sb, c->project.p, c->project.len);
	strbuf_addc(sb, '/');
	json_escape(sb, c->name.p, c->name.len);
	strbuf_addc(sb, ':');
	if (change->type == CHANGE_ALIAS)
		json_escape(sb, change->mark.p, change->mark.len);
	else
		strbuf_printf(sb, "v%lld", (long long)change->index);
	strbuf_addc(sb, '"');
}

void
poll_event_add(struct strbuf *sb, const struct registry_change *change, const struct text *metadata)
{
	const struct registry_collection *c = change->collection;
	const char *type = event_type_name(change->type);
	char time[TIMESTAMP_MAX];

	timestamp_format(change->ms, time);
	strbuf_printf(sb, "{\"%s\":\"%s\"", event_member_name(EVENT_ID), change->id);
	add_string(sb, EVENT_TIME, time, strlen(time));
	add_string(sb, EVENT_TYPE, type, strlen(type));
	add_text(sb, EVENT_AUTHOR, &change->user);
	add_text(sb, EVENT_ENTITY, &c->entity);
	add_text(sb, EVENT_PROJECT, &c->project);
	add_text(sb, EVENT_COLLECTION, &c->name);
	if (change->artifact.p != NULL) {
		strbuf_printf(sb, ",\"%s\":\"wandb-artifact://_id/",
			event_member_name(EVENT_VERSION));
		json_escape(sb, change->artifact.p, change->artifact.len);
		strbuf_addc(sb, '"');
		add_version_string(sb, change);
		if (change->index != REGISTRY_NO_INDEX)
			strbuf_printf(sb, ",\"%s\":%lld", event_member_name(EVENT_VERSION_INDEX),
				(long long)change->index);
	}
	if (change->type == CHANGE_ALIAS)
		add_text(sb, EVENT_ALIAS, &change->mark);
	else
		add_text(sb, EVENT_TAG, &change->mark);
	if (metadata->p != NULL) {
		strbuf_printf(sb, ",\"%s\":", event_member_name(EVENT_METADATA));
		strbuf_add(sb, metadata->p, metadata->len);
	}
	add_string(sb, EVENT_SOURCE, "wandb", 5);
	strbuf_lit(sb, "}\n");
}
