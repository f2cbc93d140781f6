#include "listing.h"

#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "config_file.h"
#include "diag.h"
#include "history.h"
#include "json_find.h"
#include "json_text.h"
#include "rule_text.h"

#define CELL_MAX ((size_t)16 * 1024 * 1024)

static const char *
action_type(const struct config_automation *a)
{
	return a->action == CONFIG_WEBHOOK  ? "webhook"
	       : a->action == CONFIG_LAUNCH ? "launch"
					    : "none";
}

/* What the action is about: a webhook, or a job or the image that is one. Nothing for "none". */
static void
add_action_name(struct strbuf *sb, const struct config_automation *a)
{
	const struct json_span *job = &a->launch.member[LAUNCH_JOB];

	if (a->action == CONFIG_LAUNCH)
		json_decode(sb,
			job->type != JSON_NONE ? job : &a->launch.member[LAUNCH_DOCKER_IMAGE]);
	else
		strbuf_add(sb, a->webhook_name.p, a->webhook_name.len);
}

/* ENTITY/QUEUE, of jobs only. */
static void
add_queue(struct strbuf *sb, const struct config_automation *a)
{
	struct json_span entity;

	if (a->action != CONFIG_LAUNCH)
		return;
	entity = launch_queue_entity(&a->launch);
	json_decode(sb, &entity);
	strbuf_addc(sb, '/');
	json_decode(sb, &a->launch.member[LAUNCH_QUEUE]);
}

/* ---- a table ---- */

/* The next cell is what ${sb} holds, which is emptied. */
static void
add_cell(struct columns *c, struct strbuf *sb)
{
	c->text.failed |= strbuf_failed(sb);
	columns_add(c, sb->len > 0 ? sb->buf : "", sb->len);
	strbuf_reset(sb);
}

static void
add_row(struct columns *c, const struct config_automation *a, const struct history_last *last,
	struct strbuf *sb)
{
	const struct json_span on = json_find(&a->span, "on");

	columns_add(c, a->name.p, a->name.len);
	rule_text_trigger(sb, &a->rule, &on);
	add_cell(c, sb);
	rule_text_scope(sb, &a->rule);
	add_cell(c, sb);
	columns_adds(c, action_type(a));
	add_action_name(sb, a);
	add_cell(c, sb);
	add_queue(sb, a);
	add_cell(c, sb);
	columns_adds(c, a->enabled ? "yes" : "no");
	if (last == NULL)
		return;
	strbuf_adds(sb, last->at[0] != '\0' ? last->at : "never");
	if (last->at[0] != '\0' && last->status != EXECUTION_OTHER) {
		strbuf_addc(sb, ' ');
		strbuf_adds(sb, execution_status_name(last->status));
	}
	add_cell(c, sb);
}

static int
write_table(const struct config_automation *list, size_t n, const struct history_last *last,
	struct output *out)
{
	static const char *const names[] = {"NAME", "TRIGGER", "SCOPE", "ACTION", "ACTION NAME",
		"QUEUE", "ENABLED", "LAST EXECUTION"};
	const size_t columns = sizeof(names) / sizeof(names[0]) - (last == NULL);
	struct strbuf sb;
	struct columns c;
	int status;

	strbuf_init(&sb, CELL_MAX);
	columns_init(&c, columns);
	for (size_t i = 0; i < columns; i++)
		columns_adds(&c, names[i]);
	for (size_t i = 0; i < n; i++)
		add_row(&c, &list[i], last != NULL ? &last[i] : NULL, &sb);
	status = columns_write(&c, out);
	columns_release(&c);
	strbuf_release(&sb);
	return status;
}

/* ---- JSON lines ---- */

/* Line numbers of places that come in order, without counting from the top each time. */
struct counter {
	const struct config_file *file;
	const char *at;
	size_t line;
};

static size_t
line_of(struct counter *c, const struct config_automation *a)
{
	if (c->file != a->file)
		*c = (struct counter){a->file, a->file->text, 1};
	for (; c->at < a->span.p; c->at++)
		c->line += *c->at == '\n';
	return c->line;
}

/* A member that is a string, or null. */
static void
add_text(struct strbuf *sb, const char *name, const struct json_span *value)
{
	strbuf_printf(sb, ",\"%s\":", name);
	if (value->type == JSON_STRING)
		json_raw(sb, value);
	else
		strbuf_lit(sb, "null");
}

/* A member that is what ${text} holds, which is emptied, or null. */
static void
add_bytes(struct strbuf *sb, const char *name, struct strbuf *text)
{
	sb->failed |= strbuf_failed(text);
	strbuf_printf(sb, ",\"%s\":", name);
	if (text->len > 0)
		json_quote_bytes(sb, text->buf, text->len);
	else
		strbuf_lit(sb, "null");
	strbuf_reset(text);
}

static void
add_last(struct strbuf *sb, const struct history_last *last)
{
	strbuf_lit(sb, ",\"last_execution\":");
	if (last->at[0] == '\0') {
		strbuf_lit(sb, "null");
		return;
	}
	strbuf_lit(sb, "{\"at\":");
	json_quote(sb, last->at);
	strbuf_lit(sb, ",\"status\":");
	json_quote(sb, execution_status_name(last->status));
	strbuf_addc(sb, '}');
}

static void
add_event_types(struct strbuf *sb, const struct config_automation *a)
{
	strbuf_lit(sb, ",\"event_type\":[");
	for (size_t i = 0; i < a->rule.values[RULE_EVENT_TYPE].n; i++) {
		const struct text *name = &a->rule.values[RULE_EVENT_TYPE].list[i];

		if (i > 0)
			strbuf_addc(sb, ',');
		json_quote_bytes(sb, name->p, name->len);
	}
	strbuf_addc(sb, ']');
}

static void
add_cooldown(struct strbuf *sb, const struct config_automation *a)
{
	const struct json_span cooldown = json_find(&a->span, "cooldown");

	add_text(sb, "cooldown", &cooldown);
	strbuf_adds(sb, cooldown.type == JSON_NONE ? ",\"cooldown_by\":null"
			: a->cooldown_by == CONFIG_BY_COLLECTION
				? ",\"cooldown_by\":\"collection\""
				: ",\"cooldown_by\":\"automation\"");
}

static void
add_line(struct strbuf *sb, const struct config_automation *a, size_t line)
{
	const struct json_span on = json_find(&a->span, "on");
	struct strbuf text;

	strbuf_init(&text, CELL_MAX);
	strbuf_lit(sb, "{\"name\":");
	json_raw(sb, &a->name_span);
	add_text(sb, "description", &a->description);
	add_event_types(sb, a);
	rule_text_scope(&text, &a->rule);
	add_bytes(sb, "scope", &text);
	strbuf_lit(sb, ",\"on\":");
	if (on.type == JSON_OBJECT)
		json_compact(sb, on.p, on.len);
	else
		strbuf_lit(sb, "{}");
	add_cooldown(sb, a);
	strbuf_printf(sb, ",\"action_type\":\"%s\"", action_type(a));
	add_action_name(&text, a);
	add_bytes(sb, "action_name", &text);
	add_queue(&text, a);
	add_bytes(sb, "queue", &text);
	strbuf_adds(sb, a->enabled ? ",\"enabled\":true" : ",\"enabled\":false");
	strbuf_adds(&text, a->file->path);
	add_bytes(sb, "file", &text);
	strbuf_printf(sb, ",\"line\":%zu", line);
	strbuf_release(&text);
}

static int
write_lines(const struct config_automation *list, size_t n, const struct history_last *last,
	struct output *out)
{
	struct counter counter = {NULL, NULL, 0};
	struct strbuf sb;
	int status = 0;

	strbuf_init(&sb, CELL_MAX);
	for (size_t i = 0; i < n && status == 0; i++) {
		strbuf_reset(&sb);
		add_line(&sb, &list[i], line_of(&counter, &list[i]));
		if (last != NULL)
			add_last(&sb, &last[i]);
		strbuf_lit(&sb, "}\n");
		if (strbuf_failed(&sb))
			status = -1;
		else
			output_add(out, sb.buf, sb.len);
	}
	strbuf_release(&sb);
	return status;
}

int
listing_write(const struct config *config, const char *journal, bool json, struct output *out)
{
	const struct config_automation *list;
	struct history_last *last = NULL;
	int status = EXIT_DONE;
	bool written = false;
	size_t n;

	list = config_automations(config, &n);
	if (journal != NULL && (last = calloc(n + 1, sizeof(*last))) != NULL)
		status = history_last(journal, config, last);
	if (status != EXIT_IO && (journal == NULL || last != NULL))
		written = (json ? write_lines : write_table)(list, n, last, out) == 0;
	free(last);
	if (!written && status != EXIT_IO) {
		diag("out of memory");
		status = EXIT_IO;
	}
	return status;
}
