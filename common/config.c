#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_automation.h"
#include "config_file.h"
#include "config_program.h"
#include "config_webhook.h"

struct config {
	struct arena arena;
	struct config_file *files;
	struct config_errors errors;
	const struct config_change *changes; /* while files are read */
	size_t nchanges;
	struct regexes *regexes;
	struct config_programs programs;
	struct names webhook_names, automation_names;
	struct config_webhook *webhooks;
	size_t nwebhooks, webhooks_size;
	struct config_automation *automations;
	size_t nautomations, automations_size;
};

enum { WEBHOOKS, AUTOMATIONS, MEMBERS };
static const char *const names[MEMBERS] = {"webhooks", "automations"};

static void
keep_file(struct config *c, struct config_file *file)
{
	file->next = c->files;
	c->files = file;
}

/*
 * ${list} with room for one more element of ${size} bytes, maybe moved; NULL when memory runs out.
 */
static void *
grow(void *list, size_t n, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 16 : *room * 2;

	if (n < *room)
		return list;
	if ((list = realloc(list, more * size)) != NULL)
		*room = more;
	return list;
}

static void
defined_twice(const struct config_file *file, const char *at, const char *kind,
	const struct text *name, const struct config_file *first_file, const char *first_at)
{
	struct config_place first = config_place_of(first_file, first_at);

	config_error(file, at, "%s \"%.*s\" is defined already at %s:%zu:%zu", kind,
		(int)(name->len < 100 ? name->len : 100), name->p, first.file, first.line,
		first.column);
}

static void
read_webhooks(struct config *c, struct config_reader *r)
{
	struct json_span key;

	if (!config_open_object(r, "webhooks"))
		return;
	while (json_next_member(&r->js, &key)) {
		struct config_webhook *w =
			grow(c->webhooks, c->nwebhooks, &c->webhooks_size, sizeof(*w));
		int64_t number;

		if (w == NULL) {
			config_out_of_memory(r->file);
			return;
		}
		c->webhooks = w;
		w += c->nwebhooks;
		*w = (struct config_webhook){.name = {key.p, key.len},
			.file = r->file,
			.at = key.p - 1,
			.target = TARGET_NONE};
		if (key.len == 0 || key.escaped)
			config_error(r->file, key.p - 1,
				"a webhook's name must not be empty or hold escapes");
		config_webhook_read(r, w);
		number = names_add(&c->webhook_names, w->name.p, w->name.len);
		if (number < 0)
			config_out_of_memory(r->file);
		else if ((size_t)number < c->nwebhooks)
			defined_twice(r->file, w->at, "webhook", &w->name, c->webhooks[number].file,
				c->webhooks[number].at);
		else
			c->nwebhooks++;
	}
}

static void
repeated_automation(struct config_automation *first, const struct config_automation *again)
{
	first->defined_twice = true;
	defined_twice(again->file, again->at, "automation", &again->name, first->file, first->at);
}

static void
read_automations(struct config *c, struct config_reader *r)
{
	if (!config_open_array(r, "automations"))
		return;
	while (json_next_item(&r->js)) {
		struct config_file *payload_file = NULL;
		struct config_automation *a;
		int64_t number;

		a = grow(c->automations, c->nautomations, &c->automations_size, sizeof(*a));
		if (a == NULL) {
			config_out_of_memory(r->file);
			return;
		}
		c->automations = a;
		a += c->nautomations;
		config_automation_read(r, a, c->regexes, &payload_file);
		if (payload_file != NULL)
			keep_file(c, payload_file);
		if (a->name.p == NULL)
			continue;
		number = names_add(&c->automation_names, a->name.p, a->name.len);
		if (number < 0)
			config_out_of_memory(r->file);
		else if ((size_t)number == c->nautomations)
			c->nautomations++; /* an unusable one stays for its name's sake */
		else
			repeated_automation(&c->automations[number], a);
	}
}

/* The file as it is to be, or as it is. */
static struct config_file *
open_file(struct config *c, const char *path)
{
	for (size_t i = 0; i < c->nchanges; i++)
		if (strcmp(c->changes[i].path, path) == 0)
			return config_file_of(path, c->changes[i].text, c->changes[i].len,
				&c->errors);
	return config_file_read(path, &c->errors);
}

static void
read_file(struct config *c, const char *path)
{
	struct config_file *file = open_file(c, path);
	struct config_reader r = {.file = file, .arena = &c->arena, .programs = &c->programs};
	unsigned seen = 0;
	const char *at;
	int member;

	if (file == NULL)
		return;
	keep_file(c, file);
	json_init(&r.js, file->text, file->len);
	if (config_open_object(&r, "a configuration file"))
		while ((member = config_member(&r, "a configuration file", names, MEMBERS, &seen,
				&at)) >= 0)
			member == WEBHOOKS ? read_webhooks(c, &r) : read_automations(c, &r);
	json_end(&r.js);
	config_syntax(&r);
}

static int
is_json_name(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
report_path(struct config *c, const char *path, const char *fmt)
{
	char message[512];

	snprintf(message, sizeof(message), fmt, strerror(errno));
	c->errors.n++;
	c->errors.report(c->errors.ctx, &(struct config_place){path, 0, 0}, message);
}

/* A file of a directory. One that is a FIFO would be waited for, and nobody has asked for it. */
static void
read_entry(struct config *c, const char *directory, const char *name)
{
	const size_t len = strlen(directory), size = len + strlen(name) + 2;
	char *file = malloc(size);
	struct stat st;

	if (file == NULL) {
		report_path(c, directory, "out of memory");
		return;
	}
	snprintf(file, size, "%s%s%s", directory, len > 0 && directory[len - 1] == '/' ? "" : "/",
		name);
	if (stat(file, &st) == 0 && !S_ISREG(st.st_mode))
		report_path(c, file, "is not a regular file");
	else
		read_file(c, file);
	free(file);
}

static void
read_path(struct config *c, const char *path)
{
	struct dirent **entries = NULL;
	struct stat st;
	int n;

	if (stat(path, &st) != 0) {
		report_path(c, path, "cannot read: %s");
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		read_file(c, path);
		return;
	}
	if ((n = scandir(path, &entries, is_json_name, by_bytes)) < 0) {
		report_path(c, path, "cannot list: %s");
		return;
	}
	if (n == 0)
		report_path(c, path, "no *.json in this directory");
	for (int i = 0; i < n; i++) {
		read_entry(c, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

bool
config_is_empty(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool found = false;

	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL)
		found = is_json_name(entry) != 0;
	closedir(dir);
	return !found;
}

static void
payload_error(const struct config_automation *a, const char *at, const char *message)
{
	config_error(a->payload_file, at, "payload of \"%.*s\": %s",
		(int)(a->name.len < 100 ? a->name.len : 100), a->name.p, message);
}

static void
check_payload(const struct config_automation *a, struct config_webhook *w)
{
	/* Spans of strings lie between the quotes. */
	const bool quoted = a->payload.type == JSON_STRING;
	struct template_error error;
	struct template *template;
	const char *text;
	size_t len;

	/*
	 * Automations that were made from one template have one payload: thousands of
	 * them stay cheap to load.
	 */
	if (a->payload.type == JSON_NONE ||
		(w->checked.type == a->payload.type && w->checked.len == a->payload.len &&
			memcmp(w->checked.p, a->payload.p, a->payload.len) == 0))
		return;
	text = a->payload.p - quoted;
	len = a->payload.len + 2 * quoted;
	if ((template = template_compile(text, len, &w->secrets, &error)) != NULL) {
		w->checked = a->payload;
		template_free(template);
		return;
	}
	do
		payload_error(a, text + error.at, error.message);
	while (template_next_error(text, len, &w->secrets, &error));
}

/*
 * Names are looked up when all files are read, so that files may refer to each other in any order.
 */
static void
resolve(struct config *c, struct config_automation *a)
{
	int64_t number;

	if (a->action != CONFIG_WEBHOOK || a->webhook_name.p == NULL)
		return;
	if ((number = names_find(&c->webhook_names, a->webhook_name.p, a->webhook_name.len)) < 0) {
		config_error(a->file, a->webhook_at, "no webhook is called \"%.*s\"",
			(int)(a->webhook_name.len < 100 ? a->webhook_name.len : 100),
			a->webhook_name.p);
		return;
	}
	a->webhook = &c->webhooks[number];
	if (a->payload.type == JSON_NONE && a->payload_jq.type == JSON_NONE &&
		target_has_entities(a->webhook->target))
		config_error(a->file, a->webhook_at,
			"target slack needs a payload: an event is no message");
	check_payload(a, &c->webhooks[number]);
}

/* Read the changes that are no file yet. */
static void
read_new(struct config *c)
{
	for (size_t i = 0; i < c->nchanges; i++) {
		const struct config_file *file = c->files;

		while (file != NULL && strcmp(file->path, c->changes[i].path) != 0)
			file = file->next;
		if (file == NULL)
			read_file(c, c->changes[i].path);
	}
}

static struct config *
load(char *const *paths, size_t npaths, const struct config_change *changes, size_t nchanges,
	config_report_fn *report, void *ctx, size_t *nerrors)
{
	struct config *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->regexes = regexes_new()) == NULL ||
		!config_programs_init(&c->programs)) {
		report(ctx, &(struct config_place){"configuration", 0, 0}, "out of memory");
		config_free(c);
		*nerrors = 1;
		return NULL;
	}
	c->errors = (struct config_errors){report, ctx, 0};
	c->changes = changes;
	c->nchanges = nchanges;
	for (size_t i = 0; i < npaths; i++)
		read_path(c, paths[i]);
	read_new(c);
	for (size_t i = 0; i < c->nautomations; i++)
		resolve(c, &c->automations[i]);
	config_programs_check(&c->programs);
	*nerrors = c->errors.n;
	return c;
}

struct config *
config_load_partly(char *const *paths, size_t npaths, config_report_fn *report, void *ctx,
	size_t *nerrors)
{
	return load(paths, npaths, NULL, 0, report, ctx, nerrors);
}

struct config *
config_load_changed(char *const *paths, size_t npaths, const struct config_change *changes,
	size_t nchanges, config_report_fn *report, void *ctx)
{
	size_t nerrors;
	struct config *c = load(paths, npaths, changes, nchanges, report, ctx, &nerrors);

	if (nerrors == 0)
		return c;
	config_free(c);
	return NULL;
}

struct config *
config_load(char *const *paths, size_t npaths, config_report_fn *report, void *ctx)
{
	return config_load_changed(paths, npaths, NULL, 0, report, ctx);
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	while (c->files != NULL) {
		struct config_file *file = c->files;

		c->files = file->next;
		config_file_free(file);
	}
	regexes_free(c->regexes);
	names_release(&c->webhook_names);
	names_release(&c->automation_names);
	config_programs_release(&c->programs);
	arena_release(&c->arena);
	free(c->webhooks);
	free(c->automations);
	free(c);
}

const struct config_automation *
config_automations(const struct config *c, size_t *n)
{
	*n = c->nautomations;
	return c->automations;
}

const struct config_webhook *
config_webhooks(const struct config *c, size_t *n)
{
	*n = c->nwebhooks;
	return c->webhooks;
}

const struct config_automation *
config_find(const struct config *c, const char *name, size_t len)
{
	int64_t number = names_find(&c->automation_names, name, len);

	return number < 0 ? NULL : &c->automations[number];
}

const char *
config_path(const struct config_automation *automation)
{
	return automation->file->path;
}

const struct jq_bundle *
config_conditions(const struct config *c)
{
	return c->programs.conditions;
}

struct regexes *
config_regexes(const struct config *c)
{
	return c->regexes;
}
