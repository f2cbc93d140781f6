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
#include "diag.h"
#include "history.h"
#include "listing.h"
#include "nearest.h"
#include "options.h"
#include "output.h"
#include "showing.h"

struct args {
	int verb;
	char **config; /* paths, borrowed from the command line */
	size_t nconfig;
	const char *name; /* the automation, for verbs that take one */
	bool json;
	struct history history;
};

enum { LIST, SHOW, HISTORY, VERBS };

static int list(const struct args *args, struct output *out);
static int show(const struct args *args, struct output *out);
static int history(const struct args *args, struct output *out);

/* What can be asked for. */
static const struct verb {
	const char *name;
	/* returns the exit status: EXIT_REJECTED if something was found that is no good */
	int (*run)(const struct args *args, struct output *out);
	bool takes_name, needs_config;
} verbs[VERBS] = {
	[LIST] = {"list", list, false, true},
	[SHOW] = {"show", show, true, true},
	[HISTORY] = {"history", history, false, false},
};

enum { OPT_CONFIG = 1, OPT_JOURNAL, OPT_JSON, OPT_AUTOMATION, OPT_STATUS, OPT_LIMIT };

static const struct option options[] = {
	{OPT_CONFIG, 'c', "config", "PATH",
		"the automations are in PATH, a file or a directory (default $WB_CONFIG)"},
	{OPT_JOURNAL, 0, "journal", "FILE", "the journal of wb-send that tells of executions"},
	{OPT_JSON, 0, "json", NULL, "write JSON lines"},
	{OPT_AUTOMATION, 0, "automation", "NAME", "history: only of this automation"},
	{OPT_STATUS, 0, "status", "STATUS", "history: only finished, failed or pending ones"},
	{OPT_LIMIT, 'n', "limit", "N", "history: the last N only"},
	{0, 0, NULL, NULL, NULL},
};

/* Which verbs an option goes with, a bit each. */
static const unsigned uses[] = {
	[OPT_CONFIG] = 1u << LIST | 1u << SHOW,
	[OPT_JOURNAL] = 1u << LIST | 1u << HISTORY,
	[OPT_JSON] = 1u << LIST | 1u << SHOW | 1u << HISTORY,
	[OPT_AUTOMATION] = 1u << HISTORY,
	[OPT_STATUS] = 1u << HISTORY,
	[OPT_LIMIT] = 1u << HISTORY,
};

static const struct options_spec spec = {
	"wb-automation list [-c PATH]... [--journal FILE] [--json]\n"
	"       wb-automation show NAME [-c PATH]... [--json]\n"
	"       wb-automation history --journal FILE [--automation NAME] [--status STATUS]\n"
	"                             [--limit N] [--json]",
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

static int
take_status(struct history *h, const char *value)
{
	h->has_status = true;
	if (execution_status_find(value, &h->status))
		return 0;
	diag("--status takes finished, failed or pending, not '%s'", value);
	return -1;
}

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	switch (id) {
	case OPT_CONFIG:
		args->config[args->nconfig++] = (char *)(uintptr_t)value;
		return 0;
	case OPT_JOURNAL:
		args->history.journal = value;
		return 0;
	case OPT_JSON:
		args->json = args->history.json = true;
		return 0;
	case OPT_AUTOMATION:
		args->history.automation = value;
		return 0;
	case OPT_STATUS:
		return take_status(&args->history, value);
	case OPT_LIMIT:
		return options_number("limit", value, 1, UINT64_MAX, &args->history.limit);
	}
	return -1;
}

/* Whether all is there that the verb needs, and nothing that it does not; else after a message. */
static bool
is_complete(struct args *args, const unsigned char *seen)
{
	const struct verb *verb;

	if (args->verb < 0) {
		diag("what is to be done? 'wb-automation --help' tells what there is");
		return false;
	}
	verb = &verbs[args->verb];
	for (const struct option *o = options; o->id != 0; o++) {
		if (seen[o->id] && !(uses[o->id] >> args->verb & 1)) {
			diag("--%s does not go with %s", o->name, verb->name);
			return false;
		}
	}
	if (verb->takes_name && args->name == NULL) {
		diag("%s needs the name of an automation", verb->name);
		return false;
	}
	if (args->verb == HISTORY && args->history.journal == NULL) {
		diag("history needs --journal FILE, the journal of wb-send");
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
	unsigned char seen[sizeof(uses) / sizeof(uses[0])] = {0};
	struct options o;
	const char *value;
	int id;

	args->verb = -1;
	if ((args->config = calloc((size_t)argc + 1, sizeof(char *))) == NULL) {
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
		if (id == OPTIONS_OPERAND)
			continue;
		seen[id] = 1;
		if (take_option(args, id, value) != 0)
			return EXIT_USAGE;
	}
	return is_complete(args, seen) ? -1 : EXIT_USAGE;
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
	struct history_last *last = NULL;
	int status = EXIT_DONE;
	size_t n;

	if (config == NULL)
		return EXIT_USAGE;
	config_automations(config, &n);
	if (args->history.journal != NULL) {
		if ((last = calloc(n + 1, sizeof(*last))) == NULL)
			status = out_of_memory();
		else
			status = history_last(args->history.journal, config, last);
	}
	if (status != EXIT_IO && listing_write(config, last, args->json, out) != 0)
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
		status = (args->json ? showing_write_json : showing_write)(found, out) == 0
				 ? EXIT_DONE
				 : out_of_memory();
	config_free(config);
	return status;
}

static int
history(const struct args *args, struct output *out)
{
	return history_write(&args->history, out);
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
	free(args.config);
	return status;
}
