/*
 * wb-automation-import - automations of W&B as configuration files: `wb-automation import`
 *
 * stdout: the paths of the files that were made, a line each
 *
 * Of wb-automation, this part alone opens network connections and uses a key.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_import.h"
#include "diag.h"
#include "graphql.h"
#include "options.h"
#include "output.h"
#include "secret_options.h"
#include "triggers_read.h"
#include "wandb_options.h"

struct args {
	const char *entity;
	char **config; /* paths, borrowed from the command line */
	size_t nconfig;
	bool replaces, dry_run, is_verbose;
	struct wandb_args wandb;
	struct secret_store *secrets; /* in which those of webhooks are looked for */
};

enum { OPT_FROM_WANDB = 1, OPT_CONFIG, OPT_REPLACE, OPT_DRY_RUN, OPT_VERBOSE };

static const struct option options[] = {
	{OPT_FROM_WANDB, 0, "from-wandb", "ENTITY", "import: what this team has saved in W&B"},
	{OPT_CONFIG, 'c', "config", "PATH",
		"the automations are in PATH, a file or a directory (default $WB_CONFIG)"},
	{OPT_REPLACE, 0, "replace", NULL, "import: write what was imported before anew"},
	{OPT_DRY_RUN, 'n', "dry-run", NULL,
		"import: show what would be written, and write nothing"},
	{OPT_VERBOSE, 'v', "verbose", NULL,
		"import: say of what is unchanged, too, why it is not as in W&B"},
	WANDB_OPTIONS,
	POLICY_OPTIONS,
	SECRET_PLACES,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-automation import --from-wandb ENTITY [-c PATH]... [OPTION...]",
	"Write the automations and webhooks that a team has saved in W&B as configuration files.",
	options,
};

/* ---- what was asked ---- */

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	switch (id) {
	case OPTIONS_OPERAND:
		diag("too many operands: '%s'", value);
		return -1;
	case OPT_FROM_WANDB:
		args->entity = value;
		return 0;
	case OPT_CONFIG:
		args->config[args->nconfig++] = (char *)(uintptr_t)value;
		return 0;
	case OPT_REPLACE:
		args->replaces = true;
		return 0;
	case OPT_DRY_RUN:
		args->dry_run = true;
		return 0;
	case OPT_VERBOSE:
		args->is_verbose = true;
		return 0;
	default:
		/* Where secrets are: for the key, and for those of webhooks. */
		if (secret_is_option(id) && secret_option(args->secrets, id, value) != 0)
			return -1;
		return wandb_option(&args->wandb, id, value);
	}
}

static bool
is_complete(struct args *args)
{
	if (args->entity == NULL || args->entity[0] == '\0') {
		diag("whose automations are to be imported? Say --from-wandb ENTITY");
		return false;
	}
	if (args->nconfig == 0 && (args->config[0] = getenv("WB_CONFIG")) != NULL)
		args->nconfig = 1;
	if (args->nconfig != 0)
		return true;
	diag("no automations: name a file or a directory with -c, or in $WB_CONFIG");
	return false;
}

/* Returns 0, or -1 after a message; to be released either way. */
static int
args_init(struct args *args, int argc)
{
	*args = (struct args){.config = calloc((size_t)argc + 1, sizeof(*args->config)),
		.secrets = secret_store_new()};
	if (wandb_args_init(&args->wandb) != 0)
		return -1;
	if (args->config != NULL && args->secrets != NULL)
		return 0;
	diag("out of memory");
	return -1;
}

static void
args_release(struct args *args)
{
	secret_store_free(args->secrets);
	wandb_args_release(&args->wandb);
	free(args->config);
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_ERROR || take_option(args, id, value) != 0)
			return EXIT_USAGE;
	}
	return is_complete(args) && secret_environment(args->secrets) == 0 &&
			       wandb_args_finish(&args->wandb) == 0
		       ? -1
		       : EXIT_USAGE;
}

/* ---- the import ---- */

/* Its value is looked for, and not kept. */
static bool
has_secret(void *ctx, const char *name)
{
	struct secret_store *secrets = ctx;
	struct secret value;
	const char *why;

	return secret_peek(secrets, name, strlen(name), &value, &why) == 0;
}

/* Whether a webhook has ${secret} in its file, and that is to be told of. */
static bool
is_news(const struct imported *in, const struct imported_secret *secret, bool is_verbose)
{
	for (size_t i = 0; i < in->items.n; i++) {
		const struct imported_item *item = in->items.v[i];

		if ((item->access_token == secret || item->secret == secret) && !item->is_left &&
			item->text.p != NULL && (is_verbose || !item->is_unchanged))
			return true;
	}
	return false;
}

static void
tell_secrets(const struct imported *in, bool is_verbose)
{
	for (size_t i = 0; i < in->secrets.n; i++) {
		const struct imported_secret *secret = &in->secrets.v[i];

		if (!text_equal(&secret->name, &secret->original) &&
			is_news(in, secret, is_verbose))
			diag("secret '%.*s' is called $%.*s here", (int)secret->original.len,
				secret->original.p, (int)secret->name.len, secret->name.p);
	}
}

static void
tell_counts(const struct args *args, const struct config_import_counts *counts)
{
	diag("%s: %zu automations, %zu of them disabled, and %zu webhooks: %zu %snew, %zu changed, %zu unchanged",
		args->entity, counts->automations, counts->disabled, counts->webhooks,
		counts->added, args->dry_run ? "would be " : "", counts->changed,
		counts->unchanged);
	if (counts->left + counts->lost > 0)
		diag("%s: %zu of its automations and webhooks are left as they are, and %zu cannot be used here",
			args->entity, counts->left, counts->lost);
}

/* Write what was read. Returns the exit status. */
static int
import(const struct args *args, const struct wandb_triggers *triggers, struct output *out)
{
	const struct config_import how = {args->config, args->nconfig, args->replaces,
		args->dry_run, args->is_verbose, config_say};
	struct imported in = {.memory = triggers->memory, .server = args->wandb.graphql.base_url};
	struct config_import_counts counts;
	int status;

	imported_make(&in, triggers, has_secret, args->secrets);
	if (in.memory->failed) {
		diag("out of memory");
		return EXIT_IO;
	}
	if ((status = config_import(&how, &in, out, &counts)) != EXIT_DONE)
		return status;
	tell_secrets(&in, args->is_verbose);
	tell_counts(args, &counts);
	return counts.news + counts.left + triggers->hidden > 0 ? EXIT_REJECTED : EXIT_DONE;
}

static int
run(const struct args *args)
{
	struct wandb_triggers triggers = {.memory = registry_new()};
	struct graphql *g = NULL;
	struct output out;
	int status = EXIT_IO;

	output_init(&out, STDOUT_FILENO, "standard output");
	if (triggers.memory == NULL)
		diag("out of memory");
	else if ((g = graphql_new(&args->wandb.graphql)) == NULL)
		status = EXIT_USAGE;
	else if (triggers_read(g, args->entity, &triggers) == 0)
		status = import(args, &triggers, &out);
	/* a reader that has seen enough is no failure */
	if (output_close(&out) != 0 && out.error != EPIPE) {
		diag("cannot write to standard output: %s", strerror(out.error));
		status = EXIT_IO;
	}
	graphql_free(g);
	registry_free(triggers.memory);
	return status;
}

int
main(int argc, char **argv)
{
	struct args args;
	int status;

	diag_init_part("wb-automation", "wb-automation-import");
	signal(SIGPIPE, SIG_IGN);
	if (args_init(&args, argc) != 0)
		status = EXIT_IO;
	else if ((status = parse_args(&args, argc, argv)) < 0)
		status = run(&args);
	args_release(&args);
	return status;
}
