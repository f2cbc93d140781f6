/*
 * wb-automation-check - ask W&B whether queues and jobs are there: `wb-automation check --online`
 *
 * stdout: errors and warnings, a line each
 *
 * All that wb-automation check does, and then what that cannot: this part opens network connections
 * and uses keys. A key goes to the server that the environment names, or where --secret-host says:
 * a configuration that is checked need not have been read by anybody.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "config_audit.h"
#include "config_online.h"
#include "diag.h"
#include "findings.h"
#include "options.h"
#include "output.h"
#include "secret_options.h"
#include "wandb_options.h"

struct args {
	char **config; /* paths, borrowed from the command line */
	size_t nconfig;
	bool strict, resolve, online;
	enum findings_format format;
	struct wandb_args wandb;      /* its store is for what is asked */
	struct secret_store *secrets; /* in which those of --resolve are looked for */
};

enum { OPT_CONFIG = 1, OPT_FORMAT, OPT_STRICT, OPT_RESOLVE, OPT_ONLINE };

static const struct option options[] = {
	{OPT_CONFIG, 'c', "config", "PATH",
		"the automations are in PATH, a file or a directory (default $WB_CONFIG)"},
	{OPT_FORMAT, 0, "format", "FORMAT",
		"check: how to write it: text (default), github or json"},
	{OPT_STRICT, 0, "strict", NULL, "check: end with status 1 after warnings"},
	{OPT_RESOLVE, 0, "resolve", NULL, "check: look every secret up, and say which are missing"},
	{OPT_ONLINE, 0, "online", NULL, "check: ask W&B whether queues and jobs are there"},
	WANDB_OPTIONS,
	POLICY_OPTIONS,
	SECRET_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-automation check --online [-c PATH]... [--strict] [--resolve] [OPTION...]",
	"Say what is wrong with automations, and ask W&B whether their queues and jobs are there.",
	options,
};

/* ---- what was asked ---- */

/* One that says where secrets are, and where they may go: it is for both stores. */
static int
take_secret_option(struct args *args, int id, const char *value)
{
	return secret_option(args->secrets, id, value) != 0
		       ? -1
		       : secret_option(args->wandb.graphql.secrets, id, value);
}

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	switch (id) {
	case OPTIONS_OPERAND:
		diag("too many operands: '%s'", value);
		return -1;
	case OPT_CONFIG:
		args->config[args->nconfig++] = (char *)(uintptr_t)value;
		return 0;
	case OPT_FORMAT:
		return findings_take_format("format", value, &args->format);
	case OPT_STRICT:
		args->strict = true;
		return 0;
	case OPT_RESOLVE:
		args->resolve = true;
		return 0;
	case OPT_ONLINE:
		args->online = true;
		return 0;
	default:
		return secret_is_option(id) ? take_secret_option(args, id, value)
					    : wandb_option(&args->wandb, id, value);
	}
}

/* Whether all is there that is needed; else after a message. */
static bool
is_complete(struct args *args)
{
	if (args->nconfig == 0 && (args->config[0] = getenv("WB_CONFIG")) != NULL)
		args->nconfig = 1;
	if (args->nconfig == 0) {
		diag("no automations: name a file or a directory with -c, or in $WB_CONFIG");
		return false;
	}
	return secret_environment(args->secrets) == 0 &&
	       secret_environment(args->wandb.graphql.secrets) == 0 &&
	       wandb_args_finish(&args->wandb) == 0 &&
	       config_online_bind(args->wandb.graphql.secrets, args->wandb.graphql.base_url) == 0;
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
	return is_complete(args) ? -1 : EXIT_USAGE;
}

/* ---- the check ---- */

/* Ask, of what has no error. Returns 0, or -1 when memory ran out; *${unanswered} is set. */
static int
ask(const struct args *args, struct findings *findings, size_t *unanswered)
{
	struct config *config = config_load(args->config, args->nconfig, findings_error, findings);
	struct config_online online = {.config = config,
		.graphql = args->wandb.graphql,
		.findings = findings};
	const int status = config == NULL ? 0 : config_online(&online);

	*unanswered = online.unanswered;
	config_free(config);
	return status;
}

static int
check(const struct args *args, struct output *out)
{
	struct findings findings = {.out = out, .format = args->format};
	size_t unanswered = 0;
	int status;

	status = config_audit(args->config, args->nconfig, &args->wandb.policy.policy,
		args->resolve ? args->secrets : NULL, &findings);
	if (status == 0 && args->online && findings.nerrors == 0)
		status = ask(args, &findings, &unanswered);
	if (status != 0) {
		diag("out of memory");
		return EXIT_IO;
	}
	status = findings_end(&findings, args->strict);
	/* nothing is known to be wrong, but not all is known */
	return unanswered > 0 && unanswered == findings.nerrors ? EXIT_IO : status;
}

int
main(int argc, char **argv)
{
	struct output out;
	struct args args;
	int status;

	diag_init_part("wb-automation", "wb-automation-check");
	signal(SIGPIPE, SIG_IGN);
	if (args_init(&args, argc) != 0)
		status = EXIT_IO;
	else if ((status = parse_args(&args, argc, argv)) < 0) {
		output_init(&out, STDOUT_FILENO, "standard output");
		status = check(&args, &out);
		/* a reader that has seen enough is no failure */
		if (output_close(&out) != 0 && out.error != EPIPE) {
			diag("cannot write to standard output: %s", strerror(out.error));
			status = EXIT_IO;
		}
	}
	args_release(&args);
	return status;
}
