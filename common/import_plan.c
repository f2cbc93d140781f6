#include "import_plan.h"

#include <errno.h>
#include <string.h>

#include "config_file.h"
#include "config_import.h"
#include "file.h"
#include "json_find.h"
#include "json_pretty.h"
#include "json_text.h"

/* ---- what is there ---- */

static const struct config_webhook *
find_webhook(const struct import_place *place, const struct text *name)
{
	size_t n;
	const struct config_webhook *list = config_webhooks(place->config, &n);

	for (size_t i = 0; i < n; i++)
		if (text_equal(&list[i].name, name))
			return &list[i];
	return NULL;
}

/* The file in which something of the item's kind has its name, or NULL. */
static const char *
file_of(const struct import_place *place, const struct imported_item *item)
{
	const struct config_automation *automation;
	const struct config_webhook *webhook;

	if (item->kind == IMPORTED_WEBHOOK) {
		webhook = find_webhook(place, &item->name);
		return webhook != NULL ? webhook->file->path : NULL;
	}
	automation = config_find(place->config, item->name.p, item->name.len);
	return automation != NULL ? config_path(automation) : NULL;
}

/* How many automations and webhooks stand in the file. */
static size_t
count_in(const struct import_place *place, const char *path)
{
	size_t n, nwebhooks, count = 0;
	const struct config_automation *automations = config_automations(place->config, &n);
	const struct config_webhook *webhooks = config_webhooks(place->config, &nwebhooks);

	for (size_t i = 0; i < n; i++)
		count += strcmp(config_path(&automations[i]), path) == 0;
	for (size_t i = 0; i < nwebhooks; i++)
		count += strcmp(webhooks[i].file->path, path) == 0;
	return count;
}

/* Look what there is of a file that ends in ${end}. Returns 0, or -1 with errno set. */
static int
look_at(struct import_file *file, struct imported *in, const char *dir, const struct text *name,
	const char *end)
{
	const int base = (int)(name->len - strlen(".json"));
	const size_t dir_len = strlen(dir);
	struct strbuf now;
	int status = 0;

	file->path = imported_print(in, "%s%s%.*s%s", dir,
		dir_len > 0 && dir[dir_len - 1] == '/' ? "" : "/", base, name->p, end)
			     .p;
	file->name = imported_print(in, "%.*s%s", base, name->p, end).p;
	file->exists = lstat(file->path, &file->was) == 0;
	if (!file->exists) {
		file->is_same = file->text.p == NULL;
		return errno == ENOENT ? 0 : -1;
	}
	if (!S_ISREG(file->was.st_mode) || file->text.p == NULL)
		return 0;
	strbuf_init(&now, CONFIG_FILE_MAX);
	if (file_read(file->path, &now) != 0)
		status = -1;
	file->is_same = now.len == file->text.len &&
			(now.len == 0 || memcmp(now.buf, file->text.p, now.len) == 0);
	strbuf_release(&now);
	return status;
}

/* ---- what becomes of it ---- */

/* May the file be written? Why not, or NULL. */
static const char *
file_obstacle(const struct import_file *file, struct imported *in, const struct import_place *place)
{
	if (!file->exists || file->is_same)
		return NULL;
	if (!S_ISREG(file->was.st_mode))
		return imported_print(in, "%s is no plain file", file->path).p;
	if (!place->replaces)
		return imported_print(in, "%s is there already; --replace writes it anew",
			file->path)
			.p;
	return NULL;
}

static const char *
find_obstacle(const struct import_plan *plan, struct imported *in, const struct import_place *place)
{
	const char *path = plan->json.path, *there = NULL, *obstacle;

	if (plan->json.text.p != NULL) {
		there = file_of(place, plan->item);
		if (there != NULL && strcmp(there, path) != 0)
			return imported_print(in, "it stands in %s", there).p;
		if (there == NULL && plan->json.exists)
			return imported_print(in, "%s is there, and is something else", path).p;
		if (there != NULL && count_in(place, there) > 1)
			return imported_print(in, "%s holds more than that", there).p;
	}
	obstacle = file_obstacle(&plan->json, in, place);
	return obstacle != NULL ? obstacle : file_obstacle(&plan->original, in, place);
}

/* Another webhook of that name would be sent what was meant for this one. */
static void
check_webhook(struct imported_item *item, struct imported *in, const struct import_place *place)
{
	const struct imported_item *webhook = item->webhook;
	struct json_span url = {.type = JSON_NONE};
	const struct config_webhook *there;

	if (webhook == NULL || !webhook->is_left || webhook->text.p == NULL)
		return;
	if ((there = find_webhook(place, &webhook->name)) != NULL)
		url = json_find(&there->span, "url");
	if (url.type == JSON_STRING && json_equal(&url, webhook->url.p, webhook->url.len))
		return;
	imported_refuse(in, item, true, "there is another webhook %.*s already",
		(int)webhook->name.len, webhook->name.p);
	if (there == NULL)
		item->action = TEXT("{\"type\":\"none\"}");
}

/*
 * An automation that was disabled here, but not by an import, stays so, or it would be executed
 * twice; and one that was only disabled for want of a value stays enabled.
 */
static void
keep_switch(struct imported_item *item, const struct import_place *place)
{
	const struct config_automation *there =
		item->kind == IMPORTED_AUTOMATION
			? config_find(place->config, item->name.p, item->name.len)
			: NULL;
	bool was_refused;

	if (there == NULL)
		return;
	was_refused = there->description.type == JSON_STRING &&
		      memmem(there->description.p, there->description.len, IMPORTED_NOT_AS,
			      sizeof(IMPORTED_NOT_AS) - 1) != NULL;
	if (!there->enabled && !was_refused && item->enabled) {
		item->here = IMPORTED_STAYS_DISABLED;
	} else if (there->enabled && was_refused && item->enabled && item->reasons.n > 0 &&
		   !item->loses) {
		item->here = IMPORTED_STAYS_ENABLED;
		item->says_enabled = json_find(&there->span, "enabled").type != JSON_NONE;
	}
}

int
import_plan_make(struct import_plan *plan, struct imported *in, const struct import_place *place)
{
	struct imported_item *item = plan->item;
	struct strbuf pretty;

	check_webhook(item, in, place);
	keep_switch(item, place);
	imported_write(in, item);
	plan->json.text = item->text;
	if (item->loses && !in->memory->failed) {
		strbuf_init(&pretty, CONFIG_FILE_MAX);
		json_pretty(&pretty, item->original.p, item->original.len);
		plan->original.text = imported_keep(in, &pretty);
	}
	if (look_at(&plan->json, in, place->dir, &item->file, ".json") != 0 ||
		look_at(&plan->original, in, place->dir, &item->file, CONFIG_IMPORT_ORIGINAL) != 0)
		return -1;
	/* one that cannot be used any more is still in use here */
	plan->json.is_same |= item->text.p == NULL;
	plan->fate =
		plan->json.is_same && plan->original.is_same ? IMPORT_UNCHANGED : IMPORT_WRITTEN;
	if (plan->fate == IMPORT_WRITTEN)
		plan->obstacle = find_obstacle(plan, in, place);
	if (plan->obstacle != NULL)
		plan->fate = IMPORT_LEFT;
	item->is_left = plan->fate == IMPORT_LEFT;
	item->is_unchanged = plan->fate == IMPORT_UNCHANGED;
	return 0;
}
