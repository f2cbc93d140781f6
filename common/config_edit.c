#include "config_edit.h"

#include <errno.h>
#include <string.h>

#include "config_file.h"
#include "diag.h"
#include "json_edit.h"
#include "json_find.h"
#include "json_text.h"
#include "replace.h"
#include "unknown.h"

/* A file being edited, and the automation in it. */
struct editor {
	struct config *config; /* as it was when the automation was looked for */
	const struct config_automation *automation;
	const char *path;
	struct replace file;
	struct strbuf text;      /* the file, as it is now */
	struct json_span list;   /* "automations" */
	struct json_span object; /* the automation */
	size_t index, nautomations;
	const struct config_webhook *webhook; /* goes, too; or NULL */
};

static int
io_error(const struct editor *ed)
{
	if (errno == ESTALE)
		diag("%s: changed by another program meanwhile; nothing was done, so try again",
			ed->path);
	else
		diag("cannot change '%s': %s", ed->path, strerror(errno));
	return errno == ESTALE ? EXIT_USAGE : EXIT_IO;
}

/* Find the automation in "automations". Returns how many have its name. */
static size_t
find_object(struct editor *ed)
{
	const struct text *name = &ed->automation->name;
	struct json_span item, item_name;
	size_t found = 0;
	struct json js;

	json_init(&js, ed->list.p, ed->list.len);
	if (ed->list.type != JSON_ARRAY || !json_open_array(&js))
		return 0;
	for (; json_next_item(&js) && json_value(&js, &item); ed->nautomations++) {
		item_name = json_find(&item, "name");
		if (item_name.type != JSON_STRING || !json_equal(&item_name, name->p, name->len))
			continue;
		ed->object = item;
		ed->index = ed->nautomations;
		found++;
	}
	return found;
}

/* Find the automation in the file as it is now. Returns an exit status. */
static int
find(struct editor *ed)
{
	const struct config_file file = {.path = (char *)(uintptr_t)ed->path,
		.text = ed->text.buf != NULL ? ed->text.buf : "",
		.len = ed->text.len};
	struct json_span top;
	struct json js;
	size_t found;

	json_init(&js, file.text, file.len);
	json_value(&js, &top);
	if (!json_end(&js)) {
		const struct config_place at = config_place_of(&file, file.text + js.error_at);

		diag("%s:%zu:%zu: %s; nothing was done", ed->path, at.line, at.column, js.error);
		return EXIT_USAGE;
	}
	ed->list = json_find(&top, "automations");
	if ((found = find_object(ed)) != 1) {
		diag("%s: '%.*s' stands there %s; nothing was done", ed->path,
			CONFIG_SHOWN(ed->automation->name.len), ed->automation->name.p,
			found == 0 ? "no more" : "twice");
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* Find out which file it is in. Returns an exit status. */
static int
find_file(struct editor *ed, const struct config_edit *edit)
{
	size_t nerrors;

	ed->config =
		config_load_partly(edit->paths, edit->npaths, config_say_nothing, NULL, &nerrors);
	if (ed->config != NULL)
		ed->automation = config_find(ed->config, edit->name, strlen(edit->name));
	if (ed->automation == NULL) {
		if (nerrors > 0) /* it may stand where nothing could be read */
			config_free(config_load(edit->paths, edit->npaths, edit->report, NULL));
		unknown_say(ed->config, edit->name);
		return EXIT_USAGE;
	}
	if (ed->automation->defined_twice) {
		diag("'%s' is defined more than once: remove all but one by hand", edit->name);
		return EXIT_USAGE;
	}
	ed->path = ed->automation->file->path;
	return EXIT_DONE;
}

static void
editor_init(struct editor *ed)
{
	*ed = (struct editor){.file.dir = -1};
	strbuf_init(&ed->text, CONFIG_FILE_MAX);
}

/* Lock the file and read it. Returns an exit status. */
static int
editor_open(struct editor *ed)
{
	if (replace_open(&ed->file, ed->path) != 0 || replace_read(&ed->file, &ed->text) != 0)
		return io_error(ed);
	return find(ed);
}

static void
editor_release(struct editor *ed)
{
	replace_close(&ed->file);
	strbuf_release(&ed->text);
	config_free(ed->config);
}

/* Write ${text} into the file. */
static int
write_text(struct editor *ed, const struct strbuf *text)
{
	errno = ENOMEM;
	return strbuf_failed(text) || replace_stage(&ed->file, text->buf, text->len) != 0 ||
			       replace_commit(&ed->file) != 0
		       ? io_error(ed)
		       : EXIT_DONE;
}

/* Write the file with the change ${e}. */
static int
apply(struct editor *ed, const struct json_edit *e)
{
	struct strbuf text;
	int status;

	strbuf_init(&text, CONFIG_FILE_MAX);
	json_edit_apply(e, ed->text.buf, ed->text.len, &text);
	status = write_text(ed, &text);
	strbuf_release(&text);
	return status;
}

static int
set_enabled(struct editor *ed, bool enabled)
{
	const struct json_span now = json_find(&ed->object, "enabled"),
			       description = json_find(&ed->object, "description");
	struct json_edit e;
	int status;

	/* without the member it is enabled */
	if (now.type == (enabled ? JSON_TRUE : JSON_FALSE) || (enabled && now.type == JSON_NONE))
		return EXIT_DONE;
	json_edit_init(&e);
	json_edit_set(&e, &ed->object, "enabled", enabled ? "true" : "false",
		description.type != JSON_NONE ? "description" : "name");
	status = apply(ed, &e);
	json_edit_release(&e);
	return status;
}

int
config_edit_enable(const struct config_edit *edit, bool enabled)
{
	struct editor ed;
	int status;

	editor_init(&ed);
	if ((status = find_file(&ed, edit)) == EXIT_DONE &&
		(status = editor_open(&ed)) == EXIT_DONE)
		status = set_enabled(&ed, enabled);
	editor_release(&ed);
	return status;
}

/* ---- deleting ---- */

/* Whether an automation other than the one at hand uses ${webhook}. */
static bool
is_shared(const struct config *config, const struct text *name, const struct text *webhook)
{
	size_t n;
	const struct config_automation *list = config_automations(config, &n);

	for (size_t i = 0; i < n; i++)
		if (list[i].webhook_name.p != NULL && text_equal(&list[i].webhook_name, webhook) &&
			!text_equal(&list[i].name, name))
			return true;
	return false;
}

/* The automation's webhook, if it is to go with it by what the configuration is now. */
static const struct config_webhook *
find_webhook(const struct editor *ed, const struct config_edit *edit, bool is_named)
{
	const struct config_webhook *webhook = ed->automation->webhook;
	struct config *now;
	size_t nerrors = 0;

	if (webhook == NULL || edit->keeps_webhook || is_named ||
		strcmp(webhook->file->path, ed->path) != 0)
		return NULL;
	now = config_load_partly(edit->paths, edit->npaths, config_say_nothing, NULL, &nerrors);
	if (now == NULL || nerrors > 0 || is_shared(now, &ed->automation->name, &webhook->name))
		webhook = NULL;
	config_free(now);
	return webhook;
}

/* Whether ${value} has no member but for one called ${but}, which may be NULL. */
static bool
is_empty(const struct json_span *value, const struct text *but)
{
	struct json_span key;
	struct json js;

	json_init(&js, value->p, value->len);
	if (value->type != JSON_OBJECT || !json_open_object(&js))
		return false;
	while (json_next_member(&js, &key) && json_value(&js, NULL))
		if (but == NULL || !json_equal(&key, but->p, but->len))
			return false;
	return true;
}

/* Whether the file holds nothing but what is deleted. */
static bool
is_all(const struct editor *ed)
{
	struct json_span key, value;
	struct json js;

	json_init(&js, ed->text.buf, ed->text.len);
	json_open_object(&js);
	while (json_next_member(&js, &key) && json_value(&js, &value)) {
		const bool has_webhook =
			ed->webhook != NULL && json_equal(&key, "webhooks", strlen("webhooks"));

		if (value.p != ed->list.p &&
			!is_empty(&value, has_webhook ? &ed->webhook->name : NULL))
			return false;
	}
	return ed->nautomations == 1;
}

/* Take the webhook out of ${text}. */
static void
cut_webhook(const struct editor *ed, struct strbuf *text)
{
	const struct json_span top = {text->buf, text->len, JSON_OBJECT, false},
			       webhooks = json_find(&top, "webhooks");
	struct strbuf name, edited;
	struct json_edit e;

	strbuf_init(&name, CONFIG_FILE_MAX);
	strbuf_init(&edited, CONFIG_FILE_MAX);
	json_edit_init(&e);
	strbuf_add(&name, ed->webhook->name.p, ed->webhook->name.len);
	if (strbuf_str(&name) != NULL && json_edit_remove(&e, &webhooks, name.buf))
		json_edit_apply(&e, text->buf, text->len, &edited);
	edited.failed |= strbuf_failed(&name) || edited.len == 0;
	json_edit_release(&e);
	strbuf_release(&name);
	strbuf_release(text);
	*text = edited;
}

static int
delete_from_file(struct editor *ed, bool may_remove)
{
	struct json_edit e;
	struct strbuf text;
	int status;

	if (may_remove && is_all(ed))
		return replace_remove(&ed->file) == 0 ? EXIT_DONE : io_error(ed);
	json_edit_init(&e);
	strbuf_init(&text, CONFIG_FILE_MAX);
	json_edit_remove_item(&e, &ed->list, ed->index);
	json_edit_apply(&e, ed->text.buf, ed->text.len, &text);
	if (ed->webhook != NULL && !strbuf_failed(&text))
		cut_webhook(ed, &text);
	status = write_text(ed, &text);
	strbuf_release(&text);
	json_edit_release(&e);
	return status;
}

/* Say so if its webhook was there for this automation only. */
static void
tell_of_webhook(const struct editor *ed)
{
	const struct config_webhook *webhook = ed->automation->webhook;

	if (webhook == NULL || is_shared(ed->config, &ed->automation->name, &webhook->name))
		return;
	if (ed->webhook != NULL)
		diag("webhook '%.*s' went with it: no other automation uses it",
			CONFIG_SHOWN(webhook->name.len), webhook->name.p);
	else
		diag("webhook '%.*s' of %s is used by no automation any more",
			CONFIG_SHOWN(webhook->name.len), webhook->name.p, webhook->file->path);
}

int
config_edit_delete(const struct config_edit *edit,
	bool (*is_meant)(const struct config_automation *automation,
		const struct config_webhook *webhook))
{
	bool is_named = false; /* the file, by the paths */
	struct editor ed;
	int status;

	editor_init(&ed);
	if ((status = find_file(&ed, edit)) == EXIT_DONE) {
		for (size_t i = 0; i < edit->npaths; i++)
			is_named |= strcmp(edit->paths[i], ed.path) == 0;
		ed.webhook = find_webhook(&ed, edit, is_named);
		/* nobody waits for an answer with the lock */
		if (is_meant != NULL && !is_meant(ed.automation, ed.webhook))
			status = EXIT_USAGE;
		else if ((status = editor_open(&ed)) == EXIT_DONE) {
			/* another may use it since */
			if (ed.webhook != NULL)
				ed.webhook = find_webhook(&ed, edit, is_named);
			status = delete_from_file(&ed, !is_named);
		}
		if (status == EXIT_DONE)
			tell_of_webhook(&ed);
	}
	editor_release(&ed);
	return status;
}
