/*
 * wb-deliver - the whole pipeline, run as cron, a service or a CI job should run it
 *
 * stdin:  events, where neither files nor a command say where they come from
 * stdout: with --print, receipts, one JSON object a line; else nothing
 *
 * It starts the other tools, keeps what they leave in one directory, and commits when all that can
 * be done is done. It reads no configuration and no key, and opens no connection itself.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deliver.h"
#include "diag.h"
#include "options.h"
#include "secret_options.h"
#include "signals.h"

#define WAIT_MAX_MS ((uint64_t)24 * 60 * 60 * 1000)
#define EVERY_MAX ((uint64_t)30 * 24 * 60 * 60 * 1000)

struct args {
	struct deliver deliver;
	char **match, **send, **secrets, **places,
		**files; /* owned; NULL behind the last of each */
	size_t nmatch, nsend, nsecrets, nplaces, nfiles;
	uint64_t every_ms; /* 0: once */
};

enum {
	OPT_CONFIG = 1,
	OPT_DIRECTORY,
	OPT_EVERY,
	OPT_KEEP,
	OPT_PRINT,
	OPT_DRY_RUN,
	OPT_MATCH,
	OPT_SEND
};

static const struct option options[] = {
	{OPT_CONFIG, 'c', "config", "PATH",
		"read automations from PATH, a file or a directory (default $WB_CONFIG)"},
	{OPT_DIRECTORY, 'd', "directory", "DIR",
		"keep state, journal and receipts in DIR (default .)"},
	{OPT_EVERY, 'e', "every", "TIME",
		"run again and again, TIME after the end of the last run"},
	{OPT_KEEP, 0, "journal-keep", "TIME",
		"drop lines of the journal older than TIME (default 30d)"},
	{OPT_PRINT, 'p', "print", NULL, "write receipts to standard output, too"},
	{OPT_DRY_RUN, 'n', "dry-run", NULL, "show the requests, send and keep nothing"},
	{OPT_MATCH, 0, "match", "OPTION", "give OPTION to wb-match (repeatable)"},
	{OPT_SEND, 0, "send", "OPTION",
		"give OPTION to wb-send, as in --send=--rate=10/s (repeatable)"},
	SECRET_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-deliver [OPTION...] poll ENTITY/PROJECT[/COLLECTION]|--registries ORG [OPTION OF wb-event poll...]\n"
	"       wb-deliver [OPTION...] read [OPTION OF wb-event read...] [FILE...]\n"
	"       wb-deliver [OPTION...] [FILE...]\n"
	"       wb-deliver [OPTION...] retry",
	"Deliver what has changed in a registry, or other events, through the whole pipeline, and commit.",
	options,
};

/* ---- what was asked ---- */

/* Options that are ours to give, and whose they are; letters may stand together, as in -fj2. */
struct own {
	const char *whose, *letters, *why, *const *names;
};

static const char *const own_of_poll[] = {"--state", "--run", "--auto-commit", "--follow",
	"--interval", NULL};
static const char *const own_of_read[] = {"--rejects", NULL};
static const char *const own_of_match[] = {"--state", "--commit", "--auto-commit", "--rejects",
	NULL};
static const char *const own_of_send[] = {"--journal", "--journal-keep", "--dead-letter",
	"--rejects", "--dry-run", NULL};

static const struct own poll_own = {"poll", "sf",
	"--directory says where the state is, every run is committed when it is done, and --every repeats it",
	own_of_poll};
static const struct own read_own = {"read", "", "it is among what --directory keeps", own_of_read};
static const struct own match_own = {"--match", "", "it is among what --directory keeps",
	own_of_match};
static const struct own send_own = {"--send", "n",
	"--directory keeps such files, and wb-deliver has --journal-keep and --dry-run of its own",
	own_of_send};

/* Whether ${word} may be given. If not, after a message. */
static bool
may_be_given(const char *word, const struct own *own)
{
	bool is_ours = word[0] == '-' && word[1] != '\0' && strchr(own->letters, word[1]) != NULL;

	for (size_t i = 0; own->names[i] != NULL; i++) {
		const size_t len = strlen(own->names[i]);

		is_ours |= strncmp(word, own->names[i], len) == 0 &&
			   (word[len] == '\0' || word[len] == '=');
	}
	if (is_ours)
		diag("%s: %s is not to be given: %s", own->whose, word, own->why);
	return !is_ours;
}

/* The command and all behind it go to wb-event as they are. Returns 0, or -1 after a message. */
static int
take_command(struct args *args, char **words)
{
	static const struct own *const owns[] =
		{[DELIVER_READ] = &read_own, [DELIVER_POLL] = &poll_own};

	args->deliver.words = words + 1;
	for (char **word = words + 1; args->deliver.source != DELIVER_RETRY && *word != NULL;
		word++)
		if (!may_be_given(*word, owns[args->deliver.source]))
			return -1;
	if (args->deliver.source != DELIVER_RETRY || words[1] == NULL)
		return 0;
	diag("retry: nothing stands behind it, but '%s'; options stand before it", words[1]);
	return -1;
}

/* Whether it is a command, which is noted then. */
static bool
is_command(struct args *args, const char *word)
{
	static const char *const names[] =
		{[DELIVER_READ] = "read", [DELIVER_POLL] = "poll", [DELIVER_RETRY] = "retry"};

	for (int i = DELIVER_READ; i <= DELIVER_RETRY; i++) {
		if (strcmp(word, names[i]) != 0)
			continue;
		args->deliver.source = (enum deliver_source)i;
		return true;
	}
	return false;
}

static void
add_word(char **words, size_t *n, const char *word)
{
	words[(*n)++] = (char *)(uintptr_t)word;
}

/* One of SECRET_OPTIONS goes to all who look secrets up, and tell what is wrong with it. */
static void
take_secret_option(struct args *args, int id, const char *value)
{
	static const char *const names[] = {[SECRET_SECRETS - SECRET_SECRETS] = "--secrets",
		[SECRET_TIMEOUT - SECRET_SECRETS] = "--secret-timeout",
		[SECRET_HOST - SECRET_SECRETS] = "--secret-host",
		[SECRET_BOUND_ONLY - SECRET_SECRETS] = "--bound-only"};

	add_word(args->secrets, &args->nsecrets, names[id - SECRET_SECRETS]);
	if (value != NULL)
		add_word(args->secrets, &args->nsecrets, value);
	if (id == SECRET_HOST || id == SECRET_BOUND_ONLY)
		return;
	add_word(args->places, &args->nplaces, names[id - SECRET_SECRETS]);
	add_word(args->places, &args->nplaces, value);
}

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	if (secret_is_option(id)) {
		take_secret_option(args, id, value);
		return 0;
	}
	switch (id) {
	case OPT_CONFIG:
		add_word(args->match, &args->nmatch, "-c");
		add_word(args->match, &args->nmatch, value);
		return 0;
	case OPT_DIRECTORY:
		args->deliver.directory = value;
		return 0;
	case OPT_EVERY:
		return options_duration("every", value, EVERY_MAX, &args->every_ms);
	case OPT_KEEP:
		args->deliver.journal_keep = value;
		return 0;
	case OPT_PRINT:
		args->deliver.prints = true;
		return 0;
	case OPT_DRY_RUN:
		args->deliver.dry_run = true;
		return 0;
	case OPT_MATCH:
		if (!may_be_given(value, &match_own))
			return -1;
		add_word(args->match, &args->nmatch, value);
		return 0;
	case OPT_SEND:
		if (!may_be_given(value, &send_own))
			return -1;
		add_word(args->send, &args->nsend, value);
		return 0;
	default:
		add_word(args->files, &args->nfiles, value);
		return 0;
	}
}

/* Returns 0, or -1 after a message. */
static int
check_args(const struct args *args)
{
	if (args->deliver.directory[0] == '\0') {
		diag("--directory is empty");
		return -1;
	}
	if (args->every_ms > 0 && args->deliver.dry_run) {
		diag("--every and --dry-run exclude each other: each run would show the same");
		return -1;
	}
	if (args->every_ms > 0 && args->deliver.source != DELIVER_POLL) {
		diag("--every goes with poll: other events are there once");
		return -1;
	}
	return 0;
}

/* Returns 0, or -1 after a message; to be released either way. */
static int
args_init(struct args *args, int argc)
{
	/* an option makes two words at most */
	const size_t most = 2 * (size_t)argc + 1;

	*args = (struct args){.match = calloc(most, sizeof(char *)),
		.send = calloc(most, sizeof(char *)),
		.secrets = calloc(most, sizeof(char *)),
		.places = calloc(most, sizeof(char *)),
		.files = calloc(most, sizeof(char *)),
		.deliver = {.directory = ".", .journal_keep = "30d"}};
	args->deliver.match = args->match;
	args->deliver.send = args->send;
	args->deliver.secrets = args->secrets;
	args->deliver.places = args->places;
	args->deliver.words = args->files;
	if (args->match == NULL || args->send == NULL || args->secrets == NULL ||
		args->places == NULL || args->files == NULL) {
		diag("out of memory");
		return -1;
	}
	/* so that none is taken for an option */
	add_word(args->files, &args->nfiles, "--");
	return 0;
}

static void
args_release(struct args *args)
{
	free(args->match);
	free(args->send);
	free(args->secrets);
	free(args->places);
	free(args->files);
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
		if (id == OPTIONS_ERROR)
			return EXIT_USAGE;
		if (id == OPTIONS_OPERAND && args->nfiles == 1 && is_command(args, value)) {
			if (take_command(args, argv + o.at - 1) != 0)
				return EXIT_USAGE;
			break;
		}
		if (take_option(args, id, value) != 0)
			return EXIT_USAGE;
	}
	return check_args(args) == 0 ? -1 : EXIT_USAGE;
}

/* ---- runs ---- */

/* Wait until the next one is due. Returns whether there is to be one. */
static bool
wait_for_next(int signals, uint64_t ms)
{
	struct pollfd fd = {signals, POLLIN, 0};

	/* days, which poll(2) cannot count in one wait */
	for (uint64_t left = ms, part; left > 0; left -= part) {
		part = left < WAIT_MAX_MS ? left : WAIT_MAX_MS;
		if (poll(&fd, 1, (int)part) != 0 && signals_take(signals) != 0)
			return false;
	}
	return true;
}

static int
run(const struct args *args)
{
	sigset_t mask;
	const int signals = signals_open(&mask);
	bool is_stopped = false;
	int status;

	if (signals < 0) {
		diag("cannot wait for signals: %s", strerror(errno));
		return EXIT_IO;
	}
	status = deliver_run(&args->deliver, signals, &mask, &is_stopped);
	/* what is wrong at once is for whoever starts it; what goes wrong later may pass */
	if (args->every_ms > 0 && status != EXIT_USAGE)
		while (!is_stopped && wait_for_next(signals, args->every_ms))
			status = deliver_run(&args->deliver, signals, &mask, &is_stopped);
	close(signals);
	return status;
}

int
main(int argc, char **argv)
{
	struct args args;
	int status;

	diag_init("wb-deliver");
	signal(SIGPIPE, SIG_IGN);
	if (args_init(&args, argc) != 0)
		status = EXIT_IO;
	else if ((status = parse_args(&args, argc, argv)) < 0)
		status = run(&args);
	args_release(&args);
	return status;
}
