#include "config_import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_add.h"
#include "diag.h"
#include "file_set.h"
#include "import_plan.h"

struct importer {
	const struct config_import *how;
	struct imported *in;
	struct output *out;
	struct config_import_counts *counts;
	const char *dir;
	char **paths; /* those that can be loaded; owned */
	size_t npaths;
	struct config *config; /* what is there */
	struct file_set set;
	struct import_plan *plans; /* owned; one an item */
	size_t n;
};

static int
out_of_memory(void)
{
	diag("out of memory");
	return EXIT_IO;
}

/* ---- where ---- */

/* Find the directory, which is made if it is the only path and not there. */
static int
find_directory(struct importer *im)
{
	const struct config_import *how = im->how;
	struct stat st;

	if ((im->dir = config_add_directory(how->paths, how->npaths)) != NULL)
		return EXIT_DONE;
	if (how->npaths != 1 || stat(how->paths[0], &st) == 0 || errno != ENOENT) {
		diag("where is it to go? Give one directory with -c");
		return EXIT_USAGE;
	}
	im->dir = how->paths[0];
	if (how->dry_run || mkdir(im->dir, 0777) == 0)
		return EXIT_DONE;
	diag("cannot make '%s': %s", im->dir, strerror(errno));
	return EXIT_IO;
}

static int
load(struct importer *im)
{
	struct stat st;

	if ((im->paths = calloc(im->how->npaths + 1, sizeof(*im->paths))) == NULL)
		return out_of_memory();
	for (size_t i = 0; i < im->how->npaths; i++) {
		char *path = im->how->paths[i];

		if (config_is_empty(path) || (path == im->dir && stat(path, &st) != 0))
			continue;
		im->paths[im->npaths++] = path;
	}
	im->config = config_load(im->paths, im->npaths, im->how->report, NULL);
	return im->config != NULL ? EXIT_DONE : EXIT_USAGE;
}

static int
make_plans(struct importer *im)
{
	const struct import_place place = {im->dir, im->config, im->how->replaces};

	im->n = im->in->items.n;
	if ((im->plans = calloc(im->n + 1, sizeof(*im->plans))) == NULL)
		return out_of_memory();
	for (size_t i = 0; i < im->n; i++) {
		im->plans[i].item = im->in->items.v[i];
		if (import_plan_make(&im->plans[i], im->in, &place) != 0) {
			diag("cannot read '%s': %s", im->plans[i].json.path, strerror(errno));
			return EXIT_IO;
		}
		if (im->in->memory->failed)
			return out_of_memory();
	}
	return EXIT_DONE;
}

/* Whether all is good together with what is there. */
static int
check(struct importer *im)
{
	struct config_change *changes = calloc(im->n + 1, sizeof(*changes));
	struct config *config;
	size_t n = 0;

	if (changes == NULL)
		return out_of_memory();
	for (size_t i = 0; i < im->n; i++) {
		const struct import_file *json = &im->plans[i].json;

		if (im->plans[i].fate == IMPORT_WRITTEN && json->text.p != NULL)
			changes[n++] =
				(struct config_change){json->path, json->text.p, json->text.len};
	}
	config = config_load_changed(im->paths, im->npaths, changes, n, im->how->report, NULL);
	config_free(config);
	free(changes);
	return config != NULL ? EXIT_DONE : EXIT_USAGE;
}

/* ---- writing ---- */

/* Returns 0, or -1 with errno set. */
static int
put(struct importer *im, const struct import_file *file)
{
	if (file->is_same)
		return 0;
	if (file->text.p == NULL)
		return file_set_remove(&im->set, file->name);
	return file_set_put(&im->set, file->name, file->text.p, file->text.len,
		file->exists ? &file->was : NULL);
}

static int
write_all(struct importer *im)
{
	int status = 0;

	for (size_t i = 0; i < im->n && status == 0; i++)
		if (im->plans[i].fate == IMPORT_WRITTEN &&
			(put(im, &im->plans[i].original) != 0 || put(im, &im->plans[i].json) != 0))
			status = -1;
	if (status == 0 && im->set.n > 0)
		status = file_set_commit(&im->set);
	if (status == 0)
		return EXIT_DONE;
	if (errno == ESTALE || errno == EEXIST) {
		diag("%s: changed by another program meanwhile; nothing was done, so try again",
			im->dir);
		return EXIT_USAGE;
	}
	diag("cannot write into '%s': %s", im->dir, strerror(errno));
	return EXIT_IO;
}

/* ---- what is told ---- */

/* The path of a file that was made, or, of one that would be, all of it. */
static void
print_file(const struct importer *im, const struct import_file *file)
{
	if (file->is_same || file->text.p == NULL)
		return;
	if (im->how->dry_run)
		output_lit(im->out, "# ");
	output_add(im->out, file->path, strlen(file->path));
	output_addc(im->out, '\n');
	if (!im->how->dry_run)
		return;
	output_add(im->out, file->text.p, file->text.len);
	output_addc(im->out, '\n');
}

/* Of what was there, and is not as it was. */
static void
tell_change(const struct import_plan *plan, const struct config *config, const char *kind)
{
	const struct imported_item *item = plan->item;
	const struct config_automation *there =
		item->kind == IMPORTED_AUTOMATION
			? config_find(config, item->name.p, item->name.len)
			: NULL;
	const bool is_enabled = item->enabled && !imported_is_disabled(item);

	if (plan->fate == IMPORT_WRITTEN && plan->json.exists && item->text.p != NULL)
		diag("%s'%.*s' is written anew%s", kind, (int)item->name.len, item->name.p,
			there != NULL && !there->enabled && is_enabled ? ", and is enabled now"
								       : "");
	if (item->here == IMPORTED_STAYS_DISABLED)
		diag("%s'%.*s' stays disabled, as it is here", kind, (int)item->name.len,
			item->name.p);
}

static void
tell_reasons(const struct imported_item *item, const char *kind)
{
	const struct text *name = &item->name, *original = &item->original_name;

	for (size_t i = 0; i < item->reasons.n; i++)
		diag("%s'%.*s' %s: %.*s", kind, (int)name->len, name->p,
			item->kind == IMPORTED_WEBHOOK ? "is not written"
			: item->here == IMPORTED_STAYS_ENABLED
				? "is not as in W&B, and stays enabled"
				: "is disabled",
			(int)item->reasons.v[i].len, item->reasons.v[i].p);
	if (!text_equal(name, original))
		diag("%s'%.*s' is called '%.*s' here", kind, (int)original->len, original->p,
			(int)name->len, name->p);
}

static void
count(struct config_import_counts *counts, const struct import_plan *plan)
{
	const struct imported_item *item = plan->item;
	const bool is_webhook = item->kind == IMPORTED_WEBHOOK,
		   is_written = plan->fate == IMPORT_WRITTEN, is_lost = item->text.p == NULL,
		   is_disabled = !is_webhook && imported_is_disabled(item);

	if (plan->fate == IMPORT_LEFT) {
		counts->left++;
		return;
	}
	counts->webhooks += is_webhook && !is_lost;
	counts->automations += !is_webhook;
	counts->lost += is_lost;
	counts->disabled += is_disabled;
	counts->news += is_written && (is_lost || (is_disabled && item->reasons.n > 0));
	if (!is_lost)
		*(!is_written               ? &counts->unchanged
			: plan->json.exists ? &counts->changed
					    : &counts->added) += 1;
}

static void
tell(const struct importer *im, const struct import_plan *plan)
{
	const struct imported_item *item = plan->item;
	const char *kind = item->kind == IMPORTED_WEBHOOK ? "webhook " : "";

	count(im->counts, plan);
	if (plan->fate == IMPORT_LEFT) {
		diag("%s'%.*s' is left as it is: %s", kind, (int)item->name.len, item->name.p,
			plan->obstacle);
		return;
	}
	if (plan->fate == IMPORT_WRITTEN || im->how->is_verbose) {
		tell_change(plan, im->config, kind);
		tell_reasons(item, kind);
	}
	if (plan->fate == IMPORT_WRITTEN) {
		print_file(im, &plan->json);
		print_file(im, &plan->original);
	}
}

/* ---- all of it ---- */

static int
run(struct importer *im)
{
	int status;

	if (!im->how->dry_run && file_set_open(&im->set, im->dir) != 0) {
		diag("cannot write into '%s': %s", im->dir, strerror(errno));
		return EXIT_IO;
	}
	if ((status = load(im)) == EXIT_DONE && (status = make_plans(im)) == EXIT_DONE &&
		(status = check(im)) == EXIT_DONE && !im->how->dry_run)
		status = write_all(im);
	for (size_t i = 0; i < im->n && status == EXIT_DONE; i++)
		tell(im, &im->plans[i]);
	return status;
}

int
config_import(const struct config_import *how, struct imported *in, struct output *out,
	struct config_import_counts *counts)
{
	struct importer im = {.how = how,
		.in = in,
		.out = out,
		.counts = counts,
		.set = {.dir = -1, .stage = -1}};
	int status;

	*counts = (struct config_import_counts){0};
	if ((status = find_directory(&im)) == EXIT_DONE)
		status = run(&im);
	file_set_close(&im.set);
	config_free(im.config);
	free(im.paths);
	free(im.plans);
	return status;
}
