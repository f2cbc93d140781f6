#include "registry_line.h"

#include "event.h"
#include "json_text.h"

static void
write_text(struct strbuf *sb, const char *name, const struct text *text)
{
	strbuf_printf(sb, "\"%s\":\"", name);
	json_escape(sb, text->p, text->len);
	strbuf_lit(sb, "\",");
}

/* A name alone is on and was put on once; else [name, count, is on]. */
static void
write_marks(struct strbuf *sb, const char *name, const registry_marks *marks)
{
	if (marks->n == 0)
		return;
	strbuf_printf(sb, ",\"%s\":", name);
	for (size_t i = 0; i < marks->n; i++) {
		const struct registry_mark *mark = &marks->v[i];
		const bool is_plain = mark->is_on && mark->count == 1;

		strbuf_addc(sb, i == 0 ? '[' : ',');
		strbuf_adds(sb, is_plain ? "\"" : "[\"");
		json_escape(sb, mark->name.p, mark->name.len);
		strbuf_addc(sb, '"');
		if (!is_plain)
			strbuf_printf(sb, ",%u,%s]", mark->count, mark->is_on ? "true" : "false");
	}
	strbuf_addc(sb, ']');
}

static void
write_member(struct strbuf *sb, const struct registry_member *m)
{
	strbuf_addc(sb, '{');
	write_text(sb, "id", &m->id);
	write_text(sb, "artifact", &m->artifact);
	strbuf_printf(sb, "\"linked\":%lld", (long long)m->linked_ms);
	if (m->index != REGISTRY_NO_INDEX)
		strbuf_printf(sb, ",\"index\":%lld", (long long)m->index);
	if (m->ord != 0)
		strbuf_printf(sb, ",\"ord\":%u", m->ord);
	write_marks(sb, "aliases", &m->aliases);
	write_marks(sb, "tags", &m->tags);
	strbuf_addc(sb, '}');
}

static void
write_history(struct strbuf *sb, const char *name, const struct registry_history *h)
{
	if (!h->is_known)
		return;
	strbuf_printf(sb, ",\"%s\":{", name);
	if (!h->has_old_keys)
		strbuf_printf(sb, "\"keys\":%d,", REGISTRY_LINE_KEYS);
	strbuf_lit(sb, "\"seen\":[");
	for (size_t i = 0; i < h->seen.n; i++)
		strbuf_printf(sb, "%s\"%016llx@%lld\"", i > 0 ? "," : "",
			(unsigned long long)h->seen.v[i].key, (long long)h->seen.v[i].ms);
	strbuf_addc(sb, ']');
	if (h->floor_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"floor\":%lld", (long long)h->floor_ms);
	if (h->newest_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"newest\":%lld", (long long)h->newest_ms);
	strbuf_addc(sb, '}');
}

static void
write_owed(struct strbuf *sb, const struct registry_owed *owed)
{
	strbuf_addc(sb, '{');
	write_text(sb, "artifact", &owed->artifact);
	if (owed->alias.len > 0)
		write_text(sb, "alias", &owed->alias);
	strbuf_printf(sb, "\"linked\":%lld,\"type\":\"%s\",\"told\":%lld}",
		(long long)owed->linked_ms, event_type_name(owed->type), (long long)owed->told_ms);
}

static void
write_ended(struct strbuf *sb, const struct registry_ended *ended)
{
	strbuf_addc(sb, '{');
	write_text(sb, "artifact", &ended->artifact);
	strbuf_printf(sb, "\"linked\":%lld,\"ord\":%u}", (long long)ended->linked_ms, ended->ord);
}

void
registry_line_write(struct strbuf *sb, const struct registry_collection *c)
{
	strbuf_addc(sb, '{');
	write_text(sb, "id", &c->id);
	write_text(sb, "name", &c->name);
	write_text(sb, "entity", &c->entity);
	write_text(sb, "project", &c->project);
	strbuf_printf(sb, "\"created\":%lld", (long long)c->created_ms);
	if (c->gone_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"gone\":%lld", (long long)c->gone_ms);
	write_marks(sb, "tags", &c->tags);
	write_history(sb, "link_history", &c->history[REGISTRY_LINKS]);
	write_history(sb, "alias_history", &c->history[REGISTRY_ALIASES]);
	for (size_t i = 0; i < c->owed.n; i++) {
		strbuf_adds(sb, i == 0 ? ",\"owed\":[" : ",");
		write_owed(sb, &c->owed.v[i]);
	}
	strbuf_adds(sb, c->owed.n > 0 ? "]" : "");
	for (size_t i = 0; i < c->ended.n; i++) {
		strbuf_adds(sb, i == 0 ? ",\"ended\":[" : ",");
		write_ended(sb, &c->ended.v[i]);
	}
	strbuf_adds(sb, c->ended.n > 0 ? "]" : "");
	strbuf_lit(sb, ",\"members\":[");
	for (size_t i = 0; i < c->members.n; i++) {
		if (i > 0)
			strbuf_addc(sb, ',');
		write_member(sb, &c->members.v[i]);
	}
	strbuf_lit(sb, "]}");
}
