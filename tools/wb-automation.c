/*
 * wb-automation - look after automations
 *
 * Works on the files that wb-match reads: wb-automations(5). `wb-automation import`,
 * `wb-automation check --online` and `wb-automation report` are programs of their own,
 * wb-automation-import, -check and -report, for which this one makes room: the first two alone use
 * the network and keys, and the last needs nothing but a journal.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "config.h"
#include "config_add.h"
#include "config_audit.h"
#include "config_edit.h"
#include "confirm.h"
#include "diag.h"
#include "findings.h"
#include "history_options.h"
#include "listing.h"
#include "nearest.h"
#include "new_options.h"
#include "options.h"
#include "output.h"
#include "policy_options.h"
#include "secret_names.h"
#include "secret_options.h"
#include "showing.h"
#include "trial_options.h"
#include "unknown.h"

/* The commands that are programs of their own. */
static const struct part {
	const char *name, *program;
} parts[] = {
	{"import", "wb-automation-import"},
	{"report", "wb-automation-report"},
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

struct args {
	int verb;
	const char *name; /* the automation, for verbs that take one */
	char **config;    /* paths, borrowed from the command line */
	size_t nconfig;
	bool seen[OPTIONS_MAX]; /* options, by their place in the table */
	bool json, strict, resolve, yes, keeps_webhook;
	enum findings_format format;
	struct history history;
	struct policy_args policy;
	struct secret_store *secrets;
	struct new_args new;
	struct trial_args trial;
};

enum { LIST, SHOW, HISTORY, CHECK, SECRETS, ENABLE, DISABLE, DELETE, ADD, TEST, VERBS };

static int list(const struct args *args, struct output *out);
static int show(const struct args *args, struct output *out);
static int history(const struct args *args, struct output *out);
static int check(const struct args *args, struct output *out);
static int secrets(const struct args *args, struct output *out);
static int enable(const struct args *args, struct output *out);
static int delete_it(const struct args *args, struct output *out);
static int add(const struct args *args, struct output *out);
static int test(const struct args *args, struct output *out);

/* What can be asked for. */
static const struct verb {
	const char *name;
	/* returns the exit status: EXIT_REJECTED if something is not as it should be */
	int (*run)(const struct args *args, struct output *out);
	bool takes_name, needs_config;
} verbs[VERBS] = {
	[LIST] = {"list", list, false, true},
	[SHOW] = {"show", show, true, true},
	[HISTORY] = {"history", history, false, false},
	[CHECK] = {"check", check, false, true},
	[SECRETS] = {"secrets", secrets, false, true},
	[ENABLE] = {"enable", enable, true, true},
	[DISABLE] = {"disable", enable, true, true},
	[DELETE] = {"delete", delete_it, true, true},
	[ADD] = {"add", add, true, true},
	[TEST] = {"test", test, true, true},
};

enum {
	OPT_CONFIG = 1,
	OPT_JSON,
	OPT_FORMAT,
	OPT_STRICT,
	OPT_RESOLVE,
	OPT_ONLINE,
	OPT_YES,
	OPT_KEEP_WEBHOOK
};

static const struct option options[] = {
	{OPT_CONFIG, 'c', "config", "PATH",
		"the automations are in PATH, a file or a directory (default $WB_CONFIG)"},
	{OPT_JSON, 0, "json", NULL, "write JSON lines"},
	{OPT_FORMAT, 0, "format", "FORMAT",
		"check: how to write it: text (default), github or json"},
	{OPT_STRICT, 0, "strict", NULL, "check: end with status 1 after warnings"},
	{OPT_RESOLVE, 0, "resolve", NULL, "check: look every secret up, and say which are missing"},
	{OPT_ONLINE, 0, "online", NULL, "check: ask W&B whether queues and jobs are there"},
	{OPT_YES, 'y', "yes", NULL, "delete: do not ask"},
	{OPT_KEEP_WEBHOOK, 0, "keep-webhook", NULL,
		"delete: leave the webhook, even if nothing uses it any more"},
	HISTORY_OPTIONS,
	NEW_OPTIONS,
	TRIAL_OPTIONS,
	POLICY_OPTIONS,
	SECRET_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

_Static_assert(sizeof(options) / sizeof(options[0]) <= OPTIONS_MAX, "more than options.c looks at");

#define V(verb) (1u << (verb))

/* Which verbs options go with: those up to ${last}, from the row before. */
static const struct {
	int last;
	unsigned verbs;
} uses[] = {
	{OPT_CONFIG, ~V(HISTORY)},
	{OPT_JSON, V(LIST) | V(SHOW) | V(HISTORY) | V(TEST)},
	{OPT_RESOLVE, V(CHECK)},
	{OPT_ONLINE, V(CHECK)},
	{OPT_YES, V(DELETE)},
	{OPT_KEEP_WEBHOOK, V(DELETE)},
	{SECRET_BOUND_ONLY, V(CHECK) | V(TEST)},
	{POLICY_CACERT, V(ADD) | V(CHECK) | V(TEST)},
	{NEW_AUTHOR, V(ADD) | V(TEST)},
	{NEW_COOLDOWN_BY, V(ADD)},
	{NEW_PAYLOAD, V(ADD) | V(TEST)},
	{NEW_FILE, V(ADD)},
	{TRIAL_TIMEOUT, V(TEST)},
	{HISTORY_JOURNAL, V(LIST) | V(HISTORY)},
	{HISTORY_LIMIT, V(HISTORY)},
};

static const struct options_spec spec = {
	"wb-automation list [-c PATH]... [--journal FILE] [--json]\n"
	"       wb-automation show NAME [-c PATH]... [--json]\n"
	"       wb-automation history --journal FILE [OPTION...]\n"
	"       wb-automation check [-c PATH]... [--strict] [--resolve] [OPTION...]\n"
	"       wb-automation check --online ...: 'wb-automation check --online --help' tells more\n"
	"       wb-automation secrets [-c PATH]...\n"
	"       wb-automation add NAME [-c PATH]... --webhook NAME|--url URL|--template NAME\n"
	"                              [OPTION...]\n"
	"       wb-automation add NAME [-c PATH]... --launch QUEUE --run-project ENTITY/PROJECT\n"
	"                              --job JOB|--docker-image IMAGE [OPTION...]\n"
	"       wb-automation enable|disable NAME [-c PATH]...\n"
	"       wb-automation delete NAME [-c PATH]... [--yes] [--keep-webhook]\n"
	"       wb-automation test NAME [-c PATH]... [OPTION...]\n"
	"       wb-automation import ...: 'wb-automation import --help' tells more\n"
	"       wb-automation report ...: 'wb-automation report --help' tells more",
	"Look after the automations that wb-match uses.",
	options,
};

/* ---- what was asked ---- */

/* The program that is the command ${name}, or NULL. */
static const struct part *
find_part(const char *name)
{
	for (size_t i = 0; i < PARTS; i++)
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
	return NULL;
}

/* The verb called so, or -1 after a message. */
static int
find_verb(const char *name)
{
	const char *names[VERBS + PARTS], *near;

	for (int i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return i;
		names[i] = verbs[i].name;
	}
	for (size_t i = 0; i < PARTS; i++)
		names[VERBS + i] = parts[i].name;
	if (find_part(name) != NULL) {
		diag("%s stands first: wb-automation %s ...", name, name);
		return -1;
	}
	near = nearest_name(name, strlen(name), names, VERBS + PARTS);
	diag("unknown command '%s'%s%s%s", name,
		near != NULL ? "; did you mean '" : "; 'wb-automation --help' lists them",
		near != NULL ? near : "", near != NULL ? "'?" : "");
	return -1;
}

static bool
goes_with(int id, int verb)
{
	size_t i = 0;

	while (uses[i].last < id)
		i++;
	return uses[i].verbs >> verb & 1;
}

static int
take_operand(struct args *args, struct options *o, const char *value)
{
	if (args->verb < 0) {
		if ((args->verb = find_verb(value)) < 0)
			return -1;
		options_command(o, value, goes_with, args->verb);
		return 0;
	}
	if (verbs[args->verb].takes_name && args->name == NULL) {
		args->name = value;
		return 0;
	}
	diag("too many operands: '%s'", value);
	return -1;
}

/* One that other tools have, too; as ${n} ${words} of the command line. */
static int
take_shared(struct args *args, int id, const char *value, char *const *words, size_t n)
{
	const bool is_policy = policy_is_option(id);

	if (trial_pass(&args->trial, words, n, !is_policy) != 0)
		return -1;
	return is_policy ? policy_option(&args->policy, id, value)
			 : secret_option(args->secrets, id, value);
}

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	switch (id) {
	case OPT_CONFIG:
		args->config[args->nconfig++] = (char *)(uintptr_t)value;
		return 0;
	case OPT_JSON:
		args->json = args->history.json = true;
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
		diag("check stands first: wb-automation check --online ...");
		return -1;
	case OPT_YES:
		args->yes = true;
		return 0;
	case OPT_KEEP_WEBHOOK:
		args->keeps_webhook = true;
		return 0;
	default:
		if (id >= HISTORY_JOURNAL)
			return history_option(&args->history, id, value);
		return new_is_option(id) ? new_option(&args->new, id, value)
					 : trial_option(&args->trial, id, value);
	}
}

/* Whether an event that is given is all that is said of it; else after a message. */
static bool
is_event_whole(const struct args *args)
{
	for (size_t i = 0; options[i].id != 0; i++) {
		const int id = options[i].id;

		if (args->seen[i] && ((id >= NEW_ON && id <= NEW_AUTHOR) || id == TRIAL_METADATA)) {
			diag("--%s does not go with --event, whose file says all of the event",
				options[i].name);
			return false;
		}
	}
	return true;
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
	for (size_t i = 0; options[i].id != 0; i++) {
		if (args->seen[i] && !goes_with(options[i].id, args->verb)) {
			diag("--%s does not go with %s", options[i].name, verb->name);
			return false;
		}
	}
	if (verb->takes_name && args->name == NULL) {
		diag("%s needs the name of an automation", verb->name);
		return false;
	}
	if (args->trial.event != NULL && !is_event_whole(args))
		return false;
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

/* Returns 0, or -1 after a message; to be released either way. */
static int
args_init(struct args *args, int argc)
{
	*args = (struct args){.verb = -1};
	policy_args_init(&args->policy);
	new_args_init(&args->new);
	trial_args_init(&args->trial);
	args->config = calloc((size_t)argc + 1, sizeof(*args->config));
	args->secrets = secret_store_new();
	if (args->config != NULL && args->secrets != NULL)
		return 0;
	diag("out of memory");
	return -1;
}

static void
args_release(struct args *args)
{
	secret_store_free(args->secrets);
	free(args->config);
	trial_args_release(&args->trial);
	new_args_release(&args->new);
	policy_args_release(&args->policy);
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id, status;

	options_init(&o, &spec, argc, argv);
	for (int at = o.at; (id = options_next(&o, &value)) != OPTIONS_END; at = o.at) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_ERROR)
			return EXIT_USAGE;
		for (size_t i = 0; options[i].id != 0; i++)
			args->seen[i] |= options[i].id == id;
		if (id == OPTIONS_OPERAND)
			status = take_operand(args, &o, value);
		else if (id >= SECRET_SECRETS && id <= POLICY_CACERT)
			status = take_shared(args, id, value, argv + at, (size_t)(o.at - at));
		else
			status = take_option(args, id, value);
		if (status != 0)
			return EXIT_USAGE;
	}
	return is_complete(args) && secret_environment(args->secrets) == 0 ? -1 : EXIT_USAGE;
}

/* ---- the verbs ---- */

/* The automation that is asked for, or NULL after a message. */
static const struct config_automation *
find_automation(const struct config *config, const char *name)
{
	const struct config_automation *found = config_find(config, name, strlen(name));

	if (found == NULL)
		unknown_say(config, name);
	return found;
}

static int
out_of_memory(void)
{
	diag("out of memory");
	return EXIT_IO;
}

/* A directory in which nothing is left has nothing to list, which is no error. */
static int
list(const struct args *args, struct output *out)
{
	struct config *config;
	int status = EXIT_USAGE;
	size_t n = 0;

	for (size_t i = 0; i < args->nconfig; i++)
		if (!config_is_empty(args->config[i]))
			args->config[n++] = args->config[i];
	config = config_load(args->config, n, config_say, NULL);
	if (config != NULL)
		status = listing_write(config, args->history.journal, args->json, out);
	config_free(config);
	return status;
}

static int
show(const struct args *args, struct output *out)
{
	struct config *config = config_load(args->config, args->nconfig, config_say, NULL);
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
secrets(const struct args *args, struct output *out)
{
	struct config *config = config_load(args->config, args->nconfig, config_say, NULL);
	int status = EXIT_USAGE;

	if (config != NULL)
		status = secret_names_write(config, out) == 0 ? EXIT_DONE : out_of_memory();
	config_free(config);
	return status;
}

static int
history(const struct args *args, struct output *out)
{
	return history_write(&args->history, out);
}

static int
check(const struct args *args, struct output *out)
{
	struct findings findings = {.out = out, .format = args->format};

	if (config_audit(args->config, args->nconfig, &args->policy.policy,
		    args->resolve ? args->secrets : NULL, &findings) != 0)
		return out_of_memory();
	return findings_end(&findings, args->strict);
}

static int
enable(const struct args *args, struct output *out)
{
	const struct config_edit edit = {args->config, args->nconfig, args->name, config_say,
		false};

	(void)out;
	return config_edit_enable(&edit, args->verb == ENABLE);
}

static bool
is_meant(const struct config_automation *a, const struct config_webhook *webhook)
{
	if (webhook != NULL)
		return confirm("--yes", "delete '%.*s' of %s, and its webhook '%.*s'",
			CONFIG_SHOWN(a->name.len), a->name.p, config_path(a),
			CONFIG_SHOWN(webhook->name.len), webhook->name.p);
	return confirm("--yes", "delete '%.*s' of %s", CONFIG_SHOWN(a->name.len), a->name.p,
		config_path(a));
}

static int
delete_it(const struct args *args, struct output *out)
{
	const struct config_edit edit = {args->config, args->nconfig, args->name, config_say,
		args->keeps_webhook};

	(void)out;
	return config_edit_delete(&edit, args->yes ? NULL : is_meant);
}

static int
add(const struct args *args, struct output *out)
{
	const struct config_add how = {args->config, args->nconfig, args->new.file,
		&args->policy.policy, config_say};
	struct new_automation new = args->new.automation;
	struct strbuf made;
	int status;

	new.name = args->name;
	strbuf_init(&made, PATH_MAX);
	if ((status = config_add(&how, &new, &made)) == EXIT_DONE) {
		output_add(out, made.buf, made.len);
		output_addc(out, '\n');
	}
	strbuf_release(&made);
	return status;
}

static int
test(const struct args *args, struct output *out)
{
	struct config *config = config_load(args->config, args->nconfig, config_say, NULL);
	const struct config_automation *found;
	int status = EXIT_USAGE;

	if (config != NULL && (found = find_automation(config, args->name)) != NULL)
		status = trial_start(&args->trial, &args->new.automation, config, found,
			args->secrets, args->json, out);
	config_free(config);
	return status;
}

/* Whether ${argv} is the command line of `check --online`. */
static bool
is_online(char *const *argv)
{
	bool has_option = false;

	for (char *const *word = argv; *word != NULL; word++)
		has_option |= strcmp(*word, "--online") == 0;
	return has_option && argv[1] != NULL && strcmp(argv[1], verbs[CHECK].name) == 0;
}

int
main(int argc, char **argv)
{
	const struct part *part;
	struct output out;
	struct args args;
	int status;

	diag_init("wb-automation");
	/* What edits rules has no use for the network. */
	if (argc > 1 && (part = find_part(argv[1])) != NULL)
		return beside_exec(part->program, argv + 1);
	if (argc > 0 && is_online(argv))
		return beside_exec("wb-automation-check", argv + 1);
	signal(SIGPIPE, SIG_IGN);
	if (args_init(&args, argc) != 0)
		status = EXIT_IO;
	else if ((status = parse_args(&args, argc, argv)) < 0) {
		output_init(&out, STDOUT_FILENO, "standard output");
		status = verbs[args.verb].run(&args, &out);
		/* a reader that has seen enough is no failure */
		if (output_close(&out) != 0 && out.error != EPIPE) {
			diag("cannot write to standard output: %s", strerror(out.error));
			status = EXIT_IO;
		}
	}
	args_release(&args);
	return status;
}
