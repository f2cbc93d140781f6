/*
 * wb-automation - look after automations
 *
 * Works on the files that wb-match reads: wb-automations(5).
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "config_check.h"
#include "diag.h"
#include "findings.h"
#include "history.h"
#include "listing.h"
#include "nearest.h"
#include "options.h"
#include "output.h"
#include "policy_options.h"
#include "secret_options.h"
#include "showing.h"

/* An option as it was given. */
struct given {
	const struct option *option;
	const char *value;
};

struct args {
	int verb;
	const char *name; /* the automation, for verbs that take one */
	char **config;    /* paths, borrowed from the command line */
	size_t nconfig;
	struct given *given; /* all options, in their order */
	size_t ngiven;
};

enum { LIST, SHOW, HISTORY, CHECK, VERBS };

static int list(const struct args *args, struct output *out);
static int show(const struct args *args, struct output *out);
static int history(const struct args *args, struct output *out);
static int check(const struct args *args, struct output *out);

/* What can be asked for. */
static const struct verb {
	const char *name;
	int (*run)(const struct args *args, struct output *out); /* returns the exit status */
	bool takes_name, needs_config;
} verbs[VERBS] = {
	[LIST] = {"list", list, false, true},
	[SHOW] = {"show", show, true, true},
	[HISTORY] = {"history", history, false, false},
	[CHECK] = {"check", check, false, true},
};

enum {
	OPT_CONFIG = 1,
	OPT_JOURNAL,
	OPT_JSON,
	OPT_AUTOMATION,
	OPT_STATUS,
	OPT_LIMIT,
	OPT_FORMAT,
	OPT_STRICT,
	OPT_RESOLVE,
	OPTS
};

static const struct option options[] = {
	{OPT_CONFIG, 'c', "config", "PATH",
		"the automations are in PATH, a file or a directory (default $WB_CONFIG)"},
	{OPT_JOURNAL, 0, "journal", "FILE", "the journal of wb-send that tells of executions"},
	{OPT_JSON, 0, "json", NULL, "write JSON lines"},
	{OPT_AUTOMATION, 0, "automation", "NAME", "history: only of this automation"},
	{OPT_STATUS, 0, "status", "STATUS", "history: only finished, failed or pending ones"},
	{OPT_LIMIT, 'n', "limit", "N", "history: the last N only"},
	{OPT_FORMAT, 0, "format", "FORMAT", "check: write text, or annotations for github"},
	{OPT_STRICT, 0, "strict", NULL, "check: end with status 1 after warnings"},
	{OPT_RESOLVE, 0, "resolve", NULL, "check: look every secret up, and say which are missing"},
	POLICY_OPTIONS,
	SECRET_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

#define V(verb) (1u << (verb))

/* Which verbs an option goes with, a bit each. */
static const unsigned uses[OPTS] = {
	[OPT_CONFIG] = V(LIST) | V(SHOW) | V(CHECK),
	[OPT_JOURNAL] = V(LIST) | V(HISTORY),
	[OPT_JSON] = V(LIST) | V(SHOW) | V(HISTORY),
	[OPT_AUTOMATION] = V(HISTORY),
	[OPT_STATUS] = V(HISTORY),
	[OPT_LIMIT] = V(HISTORY),
	[OPT_FORMAT] = V(CHECK),
	[OPT_STRICT] = V(CHECK),
	[OPT_RESOLVE] = V(CHECK),
};
#define USES_OTHER V(CHECK) /* of options that are not ours alone */

static const struct options_spec spec = {
	"wb-automation list [-c PATH]... [--journal FILE] [--json]\n"
	"       wb-automation show NAME [-c PATH]... [--json]\n"
	"       wb-automation history --journal FILE [--automation NAME] [--status STATUS]\n"
	"                             [--limit N] [--json]\n"
	"       wb-automation check [-c PATH]... [--format FORMAT] [--strict] [--resolve]",
	"Look after the automations that wb-match uses.",
	options,
};

/* ---- what was asked ---- */

/* The verb called so, or -1 after a message. */
static int
find_verb(const char *name)
{
	const char *names[VERBS], *near;

	for (int i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return i;
		names[i] = verbs[i].name;
	}
	near = nearest_name(name, strlen(name), names, VERBS);
	diag("unknown command '%s'%s%s%s", name,
		near != NULL ? "; did you mean '" : "; 'wb-automation --help' lists them",
		near != NULL ? near : "", near != NULL ? "'?" : "");
	return -1;
}

static int
take_operand(struct args *args, const char *value)
{
	if (args->verb < 0) {
		args->verb = find_verb(value);
		return args->verb < 0 ? -1 : 0;
	}
	if (verbs[args->verb].takes_name && args->name == NULL) {
		args->name = value;
		return 0;
	}
	diag("too many operands: '%s'", value);
	return -1;
}

static void
take_option(struct args *args, int id, const char *value)
{
	const struct option *option = options;

	while (option->id != id)
		option++;
	if (id == OPT_CONFIG)
		args->config[args->nconfig++] = (char *)(uintptr_t)value;
	args->given[args->ngiven++] = (struct given){option, value};
}

/* Whether all is there that the verb needs, and nothing that it does not; else after a message. */
static bool
is_complete(struct args *args)
{
	const struct verb *verb;

	if (args->verb < 0) {
		diag("what is to be done? 'wb-automation --help' tells what there is");
		return false;
	}
	verb = &verbs[args->verb];
	for (size_t i = 0; i < args->ngiven; i++) {
		const struct option *o = args->given[i].option;

		if (!((o->id < OPTS ? uses[o->id] : USES_OTHER) >> args->verb & 1)) {
			diag("--%s does not go with %s", o->name, verb->name);
			return false;
		}
	}
	if (verb->takes_name && args->name == NULL) {
		diag("%s needs the name of an automation", verb->name);
		return false;
	}
	if (args->nconfig == 0 && (args->config[0] = getenv("WB_CONFIG")) != NULL)
		args->nconfig = 1;
	if (!verb->needs_config || args->nconfig != 0)
		return true;
	diag("no automations: name a file or a directory with -c, or in $WB_CONFIG");
	return false;
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	args->verb = -1;
	args->config = calloc((size_t)argc + 1, sizeof(*args->config));
	/* flags in one word are options, too */
	for (int i = 0; i < argc; i++)
		args->ngiven += strlen(argv[i]) + 1;
	args->given = calloc(args->ngiven, sizeof(*args->given));
	args->ngiven = 0;
	if (args->config == NULL || args->given == NULL) {
		diag("out of memory");
		return EXIT_IO;
	}
	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_ERROR ||
			(id == OPTIONS_OPERAND && take_operand(args, value) != 0))
			return EXIT_USAGE;
		if (id != OPTIONS_OPERAND)
			take_option(args, id, value);
	}
	return is_complete(args) ? -1 : EXIT_USAGE;
}

static bool
has(const struct args *args, int id)
{
	for (size_t i = 0; i < args->ngiven; i++)
		if (args->given[i].option->id == id)
			return true;
	return false;
}

/* The value of the option, the last one if it was given several times, or NULL. */
static const char *
value_of(const struct args *args, int id)
{
	const char *value = NULL;

	for (size_t i = 0; i < args->ngiven; i++)
		if (args->given[i].option->id == id)
			value = args->given[i].value;
	return value;
}

/* ---- the verbs ---- */

static void
report(void *ctx, const struct config_place *place, const char *message)
{
	(void)ctx;
	if (place->line == 0)
		diag("%s: %s", place->file, message);
	else
		diag("%s:%zu:%zu: %s", place->file, place->line, place->column, message);
}

/* The automation that is asked for, or NULL after a message. */
static const struct config_automation *
find_automation(const struct config *config, const char *name)
{
	const struct config_automation *found = config_find(config, name, strlen(name));

	if (found == NULL)
		diag("no automation is called '%s'; 'wb-automation list' lists them", name);
	return found;
}

static int
out_of_memory(void)
{
	diag("out of memory");
	return EXIT_IO;
}

static int
list(const struct args *args, struct output *out)
{
	struct config *config = config_load(args->config, args->nconfig, report, NULL);
	const char *journal = value_of(args, OPT_JOURNAL);
	struct history_last *last = NULL;
	int status = EXIT_DONE;
	size_t n;

	if (config == NULL)
		return EXIT_USAGE;
	config_automations(config, &n);
	if (journal != NULL) {
		if ((last = calloc(n + 1, sizeof(*last))) == NULL)
			status = out_of_memory();
		else
			status = history_last(journal, config, last);
	}
	if (status != EXIT_IO && listing_write(config, last, has(args, OPT_JSON), out) != 0)
		status = out_of_memory();
	free(last);
	config_free(config);
	return status;
}

static int
show(const struct args *args, struct output *out)
{
	struct config *config = config_load(args->config, args->nconfig, report, NULL);
	const struct config_automation *found;
	int status = EXIT_USAGE;

	if (config != NULL && (found = find_automation(config, args->name)) != NULL)
		status = (has(args, OPT_JSON) ? showing_write_json : showing_write)(found, out) == 0
				 ? EXIT_DONE
				 : out_of_memory();
	config_free(config);
	return status;
}

static int
history(const struct args *args, struct output *out)
{
	const char *status = value_of(args, OPT_STATUS), *limit = value_of(args, OPT_LIMIT);
	struct history h = {.journal = value_of(args, OPT_JOURNAL),
		.automation = value_of(args, OPT_AUTOMATION),
		.has_status = status != NULL,
		.json = has(args, OPT_JSON)};

	if (h.journal == NULL) {
		diag("history needs --journal FILE, the journal of wb-send");
		return EXIT_USAGE;
	}
	if (status != NULL && !execution_status_find(status, &h.status)) {
		diag("--status takes finished, failed or pending, not '%s'", status);
		return EXIT_USAGE;
	}
	if (limit != NULL && options_number("limit", limit, 1, UINT64_MAX, &h.limit) != 0)
		return EXIT_USAGE;
	return history_write(&h, out);
}

/* Take the options of policy and secrets. Returns 0, or -1 after a message. */
static int
take_shared(const struct args *args, struct policy_args *policy, struct secret_store *secrets)
{
	for (size_t i = 0; i < args->ngiven; i++) {
		const int id = args->given[i].option->id;

		if (id < OPTS)
			continue;
		if ((policy_is_option(id) ? policy_option(policy, id, args->given[i].value)
					  : secret_option(secrets, id, args->given[i].value)) != 0)
			return -1;
	}
	return secret_environment(secrets);
}

/* Look at the configuration, and say what is to be said of it. */
static int
check_config(const struct args *args, struct config_check *c, struct findings *findings)
{
	size_t nerrors;
	struct config *config =
		config_load_partly(args->config, args->nconfig, findings_error, findings, &nerrors);
	int status = EXIT_DONE;

	c->config = config;
	c->has_errors = nerrors > 0;
	if (!has(args, OPT_RESOLVE))
		c->secrets = NULL;
	if (config != NULL && config_check(c) != 0)
		status = out_of_memory();
	else if (nerrors > 0)
		status = EXIT_USAGE;
	else if (findings->nwarnings > 0 && has(args, OPT_STRICT))
		status = EXIT_REJECTED;
	output_flush(findings->out); /* the sum comes last */
	if (findings->nerrors + findings->nwarnings > 0)
		diag("%zu error%s, %zu warning%s", findings->nerrors,
			findings->nerrors == 1 ? "" : "s", findings->nwarnings,
			findings->nwarnings == 1 ? "" : "s");
	config_free(config);
	return status;
}

static int
check(const struct args *args, struct output *out)
{
	const char *format = value_of(args, OPT_FORMAT);
	struct secret_store *secrets = secret_store_new();
	struct findings findings = {.out = out, .format = FINDINGS_TEXT};
	struct policy_args policy;
	struct config_check c = {.policy = &policy.policy,
		.secrets = secrets,
		.warn = findings_warning,
		.ctx = &findings};
	int status = EXIT_USAGE;

	policy_args_init(&policy);
	if (secrets == NULL)
		status = out_of_memory();
	else if (format != NULL && !findings_format_find(format, &findings.format))
		diag("--format takes text or github, not '%s'", format);
	else if (take_shared(args, &policy, secrets) == 0)
		status = check_config(args, &c, &findings);
	policy_args_release(&policy);
	secret_store_free(secrets);
	return status;
}

int
main(int argc, char **argv)
{
	struct args args = {0};
	struct output out;
	int status;

	diag_init("wb-automation");
	signal(SIGPIPE, SIG_IGN);
	if ((status = parse_args(&args, argc, argv)) < 0) {
		output_init(&out, STDOUT_FILENO, "standard output");
		status = verbs[args.verb].run(&args, &out);
		/* a reader that has seen enough is no failure */
		if (output_close(&out) != 0 && out.error != EPIPE) {
			diag("cannot write to standard output: %s", strerror(out.error));
			status = EXIT_IO;
		}
	}
	free(args.given);
	free(args.config);
	return status;
}
