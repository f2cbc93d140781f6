#include "config_add.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_check.h"
#include "config_file.h"
#include "diag.h"
#include "replace.h"

/* Whom to tell of errors, where the staged file is called by the name that it is to have. */
struct teller {
	const struct config_add *add;
	const char *temp, *path;
};

static void
tell(void *ctx, const struct config_place *place, const char *message)
{
	const struct teller *t = ctx;
	struct config_place named = *place;

	if (strcmp(place->file, t->temp) == 0)
		named.file = t->path;
	t->add->report(NULL, &named, message);
}

/* What is elsewhere was there before. */
static void
tell_warning(void *ctx, const struct config_place *place, const char *message)
{
	const struct teller *t = ctx;
	char text[CONFIG_CHECK_MESSAGE_MAX + sizeof("warning: ")];

	if (strcmp(place->file, t->temp) != 0)
		return;
	snprintf(text, sizeof(text), "warning: %s", message);
	tell(ctx, place, text);
}

/* What there is already of what is to be made. */
struct existing {
	struct config *config; /* as far as it can be read; NULL if memory ran out */
	const struct config_automation *automation;
	const struct config_webhook *webhook;
};

static void
look_around(struct existing *found, char *const *paths, size_t npaths,
	const struct new_automation *new)
{
	const char *webhook = new->webhook != NULL ? new->webhook : new->name;
	const struct config_webhook *list;
	size_t nerrors, n;

	*found = (struct existing){
		.config = config_load_partly(paths, npaths, config_say_nothing, NULL, &nerrors)};
	if (found->config == NULL)
		return;
	found->automation = config_find(found->config, new->name, strlen(new->name));
	list = config_webhooks(found->config, &n);
	for (size_t i = 0; i < n && found->webhook == NULL; i++)
		if (list[i].name.len == strlen(webhook) &&
			memcmp(list[i].name.p, webhook, list[i].name.len) == 0)
			found->webhook = &list[i];
}

/* Whether ${whole}, which makes a webhook or not, is new; else after a message. */
static bool
is_new(const struct existing *found, const struct new_automation *whole)
{
	if (found->automation != NULL) {
		diag("an automation '%s' exists already in %s", whole->name,
			config_path(found->automation));
		return false;
	}
	if (whole->makes_webhook && found->webhook != NULL) {
		diag("a webhook '%.*s' exists already in %s: use it with --webhook and without --url, or give the new one another name with --webhook",
			CONFIG_SHOWN(found->webhook->name.len), found->webhook->name.p,
			found->webhook->file->path);
		return false;
	}
	return true;
}

/*
 * Whether what is staged is good with all else. ${paths} has room for one more; an empty directory
 * is where the first automation goes.
 */
static bool
is_good(char **paths, size_t npaths, struct teller *teller)
{
	struct config_check check = {.policy = teller->add->policy,
		.warn = tell_warning,
		.ctx = teller};
	struct config *config;
	size_t n = 0;

	for (size_t i = 0; i < npaths; i++)
		if (!config_is_empty(paths[i]) && strcmp(paths[i], teller->path) != 0)
			paths[n++] = paths[i];
	paths[n++] = (char *)(uintptr_t)teller->temp;
	if ((config = config_load(paths, n, tell, teller)) == NULL)
		return false;
	check.config = config;
	if (config_check(&check) != 0)
		diag("out of memory: not all was looked at that there may be a warning of");
	config_free(config);
	return true;
}

static int
io_error(const char *path)
{
	if (errno == EEXIST)
		diag("%s is there already: say with --file where the automation is to go", path);
	else
		diag("cannot make '%s': %s", path, strerror(errno));
	return errno == EEXIST ? EXIT_USAGE : EXIT_IO;
}

/* Write ${text} and look whether it is good. Returns an exit status. */
static int
write_file(struct replace *file, char **paths, size_t npaths, const struct strbuf *text,
	struct teller *teller)
{
	if (replace_stage(file, text->buf, text->len) != 0)
		return io_error(teller->path);
	teller->temp = file->temp;
	if (!is_good(paths, npaths, teller))
		return EXIT_USAGE;
	return replace_commit(file) == 0 ? EXIT_DONE : io_error(teller->path);
}

const char *
config_add_directory(char *const *paths, size_t npaths)
{
	const char *directory = NULL;
	struct stat st;
	size_t n = 0;

	for (size_t i = 0; i < npaths; i++) {
		if (stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			directory = paths[i];
			n++;
		}
	}
	return n == 1 ? directory : NULL;
}

/* Whether a directory that is read makes its file ${path} be read. */
static bool
is_read(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	const size_t len = strlen(name);

	return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".json") == 0;
}

/* Whether ${path} stands in one of the directories. */
static bool
is_inside(const struct config_add *add, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL   ? strdup(".")
		    : slash == path ? strdup("/")
				    : strndup(path, (size_t)(slash - path));
	struct stat here, st;
	bool found = false;

	if (dir != NULL && stat(dir, &here) == 0)
		for (size_t i = 0; i < add->npaths; i++)
			found |= stat(add->paths[i], &st) == 0 && st.st_dev == here.st_dev &&
				 st.st_ino == here.st_ino;
	free(dir);
	return found;
}

/* Whether the file that was asked for would be read, too; else after a message. */
static bool
will_be_read(const struct config_add *add)
{
	for (size_t i = 0; i < add->npaths; i++)
		if (strcmp(add->paths[i], add->file) == 0)
			return true;
	if (!is_inside(add, add->file))
		diag("'%s' would not be read: give its directory, or the file itself, with -c, too",
			add->file);
	else if (!is_read(add->file))
		diag("'%s' would not be read: of a directory, those files are whose names end in .json and do not begin with a dot",
			add->file);
	else
		return true;
	return false;
}

/*
 * Make the directory that is the only path, if there is none: *${made}. Returns 0, or -1 after a
 * message.
 */
static int
make_directory(const struct config_add *add, bool *made)
{
	const char *path = add->npaths == 1 ? add->paths[0] : NULL;
	struct stat st;

	if (path == NULL || is_read(path) || stat(path, &st) == 0 || errno != ENOENT)
		return 0;
	if (mkdir(path, 0777) != 0) {
		diag("cannot make '%s': %s", path, strerror(errno));
		return -1;
	}
	*made = true;
	return 0;
}

/* Where it goes, into ${path}. Returns 0, or -1 after a message. */
static int
choose_file(const struct config_add *add, const char *name, struct strbuf *path)
{
	const char *directory = config_add_directory(add->paths, add->npaths);

	if (add->file != NULL) {
		if (!will_be_read(add))
			return -1;
		strbuf_adds(path, add->file);
	} else if (directory != NULL) {
		strbuf_adds(path, directory);
		if (path->len > 0 && path->buf[path->len - 1] != '/')
			strbuf_addc(path, '/');
		new_automation_file(name, path);
	} else {
		diag("where is it to go? Give one directory with -c, or --file");
		return -1;
	}
	if (strbuf_str(path) != NULL)
		return 0;
	diag("out of memory, or the name of the file is too long");
	return -1;
}

/* Make the file, which is locked. ${paths} are a copy with room for one more. */
static int
make(const struct config_add *add, const struct new_automation *new, struct replace *file,
	char **paths, const char *path)
{
	struct teller teller = {add, NULL, path};
	struct new_automation whole = *new;
	char error[NEW_AUTOMATION_ERROR_MAX];
	int status = EXIT_USAGE;
	struct existing found;
	struct strbuf text;

	strbuf_init(&text, CONFIG_FILE_MAX);
	look_around(&found, paths, add->npaths, new);
	whole.makes_webhook =
		new->url != NULL ||
		(new->template != NULL && (new->webhook == NULL || found.webhook == NULL));
	if (new_automation_write(&whole, &text, error) != 0) {
		diag("%s", error);
	} else if (strbuf_failed(&text)) {
		diag("out of memory");
		status = EXIT_IO;
	} else if (is_new(&found, &whole)) {
		status = write_file(file, paths, add->npaths, &text, &teller);
	}
	strbuf_release(&text);
	config_free(found.config);
	return status;
}

static int
add_file(const struct config_add *add, const struct new_automation *new, char **paths,
	struct strbuf *made)
{
	struct replace file;
	int status;

	if (choose_file(add, new->name, made) != 0)
		return EXIT_USAGE;
	if (replace_open(&file, made->buf) != 0)
		status = io_error(made->buf);
	else
		status = make(add, new, &file, paths, made->buf);
	replace_close(&file);
	return status;
}

int
config_add(const struct config_add *add, const struct new_automation *new, struct strbuf *made)
{
	char **paths = calloc(add->npaths + 1, sizeof(*paths));
	bool has_made = false;
	int status = EXIT_IO;

	if (paths == NULL) {
		diag("out of memory");
		return EXIT_IO;
	}
	memcpy(paths, add->paths, add->npaths * sizeof(*paths));
	if (make_directory(add, &has_made) == 0)
		status = add_file(add, new, paths, made);
	if (has_made && status == EXIT_DONE)
		diag("made the directory '%s'", add->paths[0]);
	else if (has_made)
		(void)rmdir(add->paths[0]);
	free(paths);
	return status;
}
