#include "config_add.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static void
tell_nobody(void *ctx, const struct config_place *place, const char *message)
{
	(void)ctx;
	(void)place;
	(void)message;
}

/* Whether there is a webhook called so in ${paths}, in spite of whatever errors. */
static bool
has_webhook(char *const *paths, size_t npaths, const char *name)
{
	size_t nerrors, n = 0, i = 0;
	struct config *config = config_load_partly(paths, npaths, tell_nobody, NULL, &nerrors);
	const struct config_webhook *list;

	if (config != NULL) {
		list = config_webhooks(config, &n);
		while (i < n && (list[i].name.len != strlen(name) ||
					memcmp(list[i].name.p, name, list[i].name.len) != 0))
			i++;
	}
	config_free(config);
	return i < n;
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
		if (!config_is_empty(paths[i]))
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

/* Where it goes, into ${path}. Returns 0, or -1 after a message. */
static int
choose_file(const struct config_add *add, const char *name, struct strbuf *path)
{
	const char *directory = config_add_directory(add->paths, add->npaths);

	if (add->file != NULL) {
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
	struct strbuf text;

	strbuf_init(&text, CONFIG_FILE_MAX);
	whole.makes_webhook =
		new->url != NULL ||
		(new->template != NULL &&
			(new->webhook == NULL || !has_webhook(paths, add->npaths, new->webhook)));
	if (new_automation_write(&whole, &text, error) != 0) {
		diag("%s", error);
	} else if (strbuf_failed(&text)) {
		diag("out of memory");
		status = EXIT_IO;
	} else {
		status = write_file(file, paths, add->npaths, &text, &teller);
	}
	strbuf_release(&text);
	return status;
}

int
config_add(const struct config_add *add, const struct new_automation *new, struct strbuf *made)
{
	char **paths = calloc(add->npaths + 1, sizeof(*paths));
	struct replace file;
	int status;

	if (paths == NULL) {
		diag("out of memory");
		return EXIT_IO;
	}
	memcpy(paths, add->paths, add->npaths * sizeof(*paths));
	if (choose_file(add, new->name, made) != 0) {
		free(paths);
		return EXIT_USAGE;
	}
	if (replace_open(&file, made->buf) != 0)
		status = io_error(made->buf);
	else
		status = make(add, new, &file, paths, made->buf);
	replace_close(&file);
	free(paths);
	return status;
}
