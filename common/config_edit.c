#include "config_edit.h"

#include <errno.h>
#include <string.h>

#include "config_file.h"
#include "diag.h"
#include "json_edit.h"
#include "json_find.h"
#include "json_text.h"
#include "replace.h"

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
	bool has_others; /* the file holds more than automations */
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

static bool
is_empty(const struct json_span *value)
{
	struct json_span key;
	struct json js;

	json_init(&js, value->p, value->len);
	return value->type == JSON_OBJECT && json_open_object(&js) && !json_next_member(&js, &key);
}

/* Find the automation in the file as it is now. Returns an exit status. */
static int
find(struct editor *ed)
{
	const struct config_file file = {.path = (char *)(uintptr_t)ed->path,
		.text = ed->text.buf != NULL ? ed->text.buf : "",
		.len = ed->text.len};
	struct json_span top, key, value;
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
	json_init(&js, top.p, top.len);
	json_open_object(&js);
	while (json_next_member(&js, &key) && json_value(&js, &value))
		ed->has_others |= value.p != ed->list.p && !is_empty(&value);
	return EXIT_DONE;
}

static void
tell_nobody(void *ctx, const struct config_place *place, const char *message)
{
	(void)ctx;
	(void)place;
	(void)message;
}

/* Find out which file it is in. Returns an exit status. */
static int
find_file(struct editor *ed, const struct config_edit *edit)
{
	size_t nerrors;

	ed->config = config_load_partly(edit->paths, edit->npaths, tell_nobody, NULL, &nerrors);
	if (ed->config != NULL)
		ed->automation = config_find(ed->config, edit->name, strlen(edit->name));
	if (ed->automation == NULL) {
		if (nerrors > 0) /* it may stand where nothing could be read */
			config_free(config_load(edit->paths, edit->npaths, edit->report, NULL));
		diag("no automation is called '%s'; nothing was done", edit->name);
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

/* Write the file with the change ${e}. */
static int
apply(struct editor *ed, const struct json_edit *e)
{
	int status = EXIT_DONE;
	struct strbuf text;

	strbuf_init(&text, CONFIG_FILE_MAX);
	json_edit_apply(e, ed->text.buf, ed->text.len, &text);
	errno = ENOMEM;
	if (strbuf_failed(&text) || replace_stage(&ed->file, text.buf, text.len) != 0 ||
		replace_commit(&ed->file) != 0)
		status = io_error(ed);
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

static int
delete_from_file(struct editor *ed, bool may_remove)
{
	struct json_edit e;
	int status;

	if (may_remove && !ed->has_others && ed->nautomations == 1)
		return replace_remove(&ed->file) == 0 ? EXIT_DONE : io_error(ed);
	json_edit_init(&e);
	json_edit_remove_item(&e, &ed->list, ed->index);
	status = apply(ed, &e);
	json_edit_release(&e);
	return status;
}

/* Say so if its webhook was there for this automation only. */
static void
tell_of_webhook(const struct editor *ed)
{
	const struct config_webhook *webhook = ed->automation->webhook;
	const struct config_automation *list;
	size_t n;

	list = config_automations(ed->config, &n);
	for (size_t i = 0; i < n; i++)
		if (webhook == NULL || (&list[i] != ed->automation && list[i].webhook == webhook))
			return;
	diag("webhook '%.*s' of %s is used by no automation any more",
		CONFIG_SHOWN(webhook->name.len), webhook->name.p, webhook->file->path);
}

int
config_edit_delete(const struct config_edit *edit,
	bool (*is_meant)(const struct config_automation *automation))
{
	bool is_named = false; /* the file, by the paths */
	struct editor ed;
	int status;

	editor_init(&ed);
	if ((status = find_file(&ed, edit)) == EXIT_DONE) {
		for (size_t i = 0; i < edit->npaths; i++)
			is_named |= strcmp(edit->paths[i], ed.path) == 0;
		/* nobody waits for an answer with the lock */
		if (is_meant != NULL && !is_meant(ed.automation))
			status = EXIT_USAGE;
		else if ((status = editor_open(&ed)) == EXIT_DONE)
			status = delete_from_file(&ed, !is_named);
		if (status == EXIT_DONE)
			tell_of_webhook(&ed);
	}
	editor_release(&ed);
	return status;
}
