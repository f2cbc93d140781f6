/*
 * wb-event-poll - what has changed in a live registry: `wb-event poll`
 *
 * stdout: events, one JSON object a line: wb-record(5)
 *
 * Of wb-event, this part alone opens network connections and uses a key.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "graphql.h"
#include "options.h"
#include "lines.h"
#include "output.h"
#include "poll_event.h"
#include "poll_state.h"
#include "registry_read.h"
#include "signals.h"
#include "timestamp.h"
#include "wandb_options.h"

#define INTERVAL_MAX_MS ((uint64_t)7 * 24 * 3600 * 1000)
#define LINE_MAX_BYTES ((size_t)1024 * 1024 * 1024)
#define SCOPE_MAX 1024 /* bytes of what names a registry, NUL included */

struct args {
	const char *operand, *state, *organization;
	struct wandb_args wandb;
	struct registry_scope scope;
	char scope_text[SCOPE_MAX], first_text[64];
	enum registry_first first;
	int64_t since_ms;
	bool include_latest, auto_commit, follow, has_interval;
	uint64_t interval_ms;
};

/* What a run has. */
struct run {
	const struct args *args;
	struct poll_state state;
	struct graphql *graphql;
	struct output out;
	size_t written; /* bytes of state.told that are written out */
	int signal_fd;
};

enum {
	OPT_STATE = 1,
	OPT_REGISTRIES,
	OPT_SINCE,
	OPT_ALL,
	OPT_INCLUDE_LATEST,
	OPT_AUTO_COMMIT,
	OPT_FOLLOW,
	OPT_INTERVAL,
	OPT_JOBS
};

static const struct option options[] = {
	{OPT_STATE, 's', "state", "FILE", "where what is known stands from run to run"},
	{OPT_REGISTRIES, 0, "registries", "ORG", "poll all registries of the organization ORG"},
	{OPT_SINCE, 0, "since", "TIME", "first run: tell what has happened since TIME"},
	{OPT_ALL, 0, "all", NULL, "first run: tell all that can be known"},
	{OPT_INCLUDE_LATEST, 0, "include-latest", NULL, "tell of the alias latest, too"},
	{OPT_AUTO_COMMIT, 0, "auto-commit", NULL,
		"commit what was written, whatever becomes of it"},
	{OPT_FOLLOW, 'f', "follow", NULL, "poll again and again, until stopped"},
	{OPT_INTERVAL, 0, "interval", "TIME", "with --follow: wait TIME in between (default 30s)"},
	{OPT_JOBS, 'j', "jobs", "N", "make N requests at the same time (default 4)"},
	WANDB_OPTIONS,
	POLICY_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-event poll ENTITY/PROJECT[/COLLECTION] --state FILE [OPTION...]\n"
	"       wb-event poll --registries ORG --state FILE [OPTION...]",
	"Write what has changed in a W&B registry since the last commit.",
	options,
};

/* ---- what was asked ---- */

static int
set_first(struct args *args, enum registry_first first)
{
	if (args->first != REGISTRY_BASELINE && args->first != first) {
		diag("--since and --all exclude each other");
		return -1;
	}
	args->first = first;
	return 0;
}

static int
set_since(struct args *args, const char *value)
{
	if (timestamp_parse(value, strlen(value), &args->since_ms) != 0) {
		diag("--since takes a time such as 2026-11-24T02:25:00Z, not '%s'", value);
		return -1;
	}
	return set_first(args, REGISTRY_SINCE);
}

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	uint64_t n;

	switch (id) {
	case OPT_STATE:
		args->state = value;
		return 0;
	case OPT_REGISTRIES:
		args->organization = value;
		return 0;
	case OPT_SINCE:
		return set_since(args, value);
	case OPT_ALL:
		return set_first(args, REGISTRY_ALL);
	case OPT_INCLUDE_LATEST:
		args->include_latest = true;
		return 0;
	case OPT_AUTO_COMMIT:
		args->auto_commit = true;
		return 0;
	case OPT_FOLLOW:
		args->follow = true;
		return 0;
	case OPT_INTERVAL:
		args->has_interval = true;
		return options_duration("interval", value, INTERVAL_MAX_MS, &args->interval_ms);
	case OPT_JOBS:
		if (options_number("jobs", value, 1, GRAPHQL_JOBS_MAX, &n) != 0)
			return -1;
		args->wandb.graphql.jobs = (size_t)n;
		return 0;
	default:
		return wandb_option(&args->wandb, id, value);
	}
}

/* ENTITY/PROJECT[/COLLECTION] */
static int
set_scope(struct args *args)
{
	struct registry_scope *scope = &args->scope;
	const char *text = args->operand, *first = strchr(text, '/'),
		   *second = first != NULL ? strchr(first + 1, '/') : NULL;
	const char *end = text + strlen(text), *project_end = second != NULL ? second : end;

	if (first == NULL)
		goto bad;
	scope->entity = (struct text){text, (size_t)(first - text)};
	scope->project = (struct text){first + 1, (size_t)(project_end - first) - 1};
	scope->collection = (struct text){second != NULL ? second + 1 : end,
		second != NULL ? (size_t)(end - second) - 1 : 0};
	if (scope->entity.len > 0 && scope->project.len > 0 &&
		(second == NULL || (scope->collection.len > 0 && strchr(second + 1, '/') == NULL)))
		return 0;
bad:
	diag("'%s' is not ENTITY/PROJECT or ENTITY/PROJECT/COLLECTION, such as acme/model-registry",
		text);
	return -1;
}

/* What must be given, and what goes with what. */
static int
check_args(struct args *args)
{
	if (args->has_interval && !args->follow) {
		diag("--interval goes with --follow");
		return -1;
	}
	if (args->state == NULL || args->state[0] == '\0') {
		diag("where is the state? Say --state FILE");
		return -1;
	}
	if ((args->operand == NULL) == (args->organization == NULL) ||
		(args->organization != NULL && args->organization[0] == '\0')) {
		diag("what is to be polled? Say ENTITY/PROJECT, ENTITY/PROJECT/COLLECTION or --registries ORG");
		return -1;
	}
	if (args->organization != NULL)
		args->scope.organization =
			(struct text){args->organization, strlen(args->organization)};
	else if (set_scope(args) != 0)
		return -1;
	if ((size_t)snprintf(args->scope_text, sizeof(args->scope_text), "%s%s",
		    args->organization != NULL ? "the registries of " : "",
		    args->organization != NULL ? args->organization : args->operand) >=
		sizeof(args->scope_text)) {
		diag("that is too long for a name");
		return -1;
	}
	return 0;
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	*args = (struct args){.first = REGISTRY_BASELINE, .interval_ms = 30000};
	if (wandb_args_init(&args->wandb) != 0)
		return EXIT_IO;
	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_OPERAND && args->operand != NULL) {
			diag("too many operands: '%s'", value);
			return EXIT_USAGE;
		}
		if (id == OPTIONS_OPERAND)
			args->operand = value;
		else if (id == OPTIONS_ERROR || take_option(args, id, value) != 0)
			return EXIT_USAGE;
	}
	if (args->first == REGISTRY_SINCE)
		snprintf(args->first_text, sizeof(args->first_text), "since %lld",
			(long long)args->since_ms);
	else
		snprintf(args->first_text, sizeof(args->first_text), "%s",
			args->first == REGISTRY_ALL ? "all" : "baseline");
	return check_args(args) == 0 && wandb_args_finish(&args->wandb) == 0 ? -1 : EXIT_USAGE;
}

/* ---- one poll ---- */

/* Add what was found to what is told. Returns 0, or -1 after a message. */
static int
tell(struct run *run, const struct registry_news *news)
{
	const struct registry_changes *changes = news->changes;
	const struct text none = {NULL, 0};
	struct strbuf line;
	bool failed = false;

	strbuf_init(&line, LINE_MAX_BYTES);
	for (size_t i = 0; i < changes->list.n && !failed; i++) {
		strbuf_reset(&line);
		poll_event_add(&line, &changes->list.v[i], &news->metadata[i]);
		if (line.len > LINES_MAX_DEFAULT) {
			/* No other tool would take it, and the same would come again and again. */
			diag("the metadata of %.*s is left out: with it the event is longer than 16 MiB",
				(int)changes->list.v[i].artifact.len,
				changes->list.v[i].artifact.p);
			strbuf_reset(&line);
			poll_event_add(&line, &changes->list.v[i], &none);
		}
		poll_state_tell(&run->state, line.buf, line.len);
		failed = strbuf_failed(&line);
	}
	strbuf_release(&line);
	if (failed || strbuf_failed(&run->state.told)) {
		diag("out of memory");
		return -1;
	}
	return 0;
}

/* Write out all that is told, and commit it if that is wanted. Returns 0, or -1 after a message. */
static int
write_out(struct run *run, struct registry *next)
{
	struct poll_state *s = &run->state;

	if (poll_state_write(s, next) != 0)
		return -1;
	output_add(&run->out, s->told.buf + run->written, s->told.len - run->written);
	if (output_flush(&run->out) != 0) {
		diag("cannot write to standard output: %s; the next poll writes all of it again",
			strerror(run->out.error));
		return -1;
	}
	run->written = s->told.len;
	if (poll_state_finish(s, next) != 0)
		return -1;
	if (!run->args->auto_commit)
		return 0;
	run->written = 0;
	return poll_state_advance(s);
}

static void
say_baseline(const struct run *run, const struct registry_news *news)
{
	if (news->changes->first == REGISTRY_BASELINE)
		diag("%s: first run: %zu collections with %zu versions are known now; what changes from here on is told",
			run->args->scope_text, news->collections, news->versions);
}

/* Poll once. Returns what came of it, after a message unless it is REGISTRY_READ or _STOPPED. */
static enum registry_result
poll_once(struct run *run)
{
	struct registry_changes changes = {.memory = registry_new(),
		.first = run->state.registry != NULL ? REGISTRY_NOT_FIRST : run->args->first,
		.since_ms = run->args->since_ms,
		.now_ms = timestamp_now_ms(),
		.with_latest = run->args->include_latest};
	struct registry_news news = {.changes = &changes};
	struct registry *next = registry_new();
	enum registry_result result = REGISTRY_FAILED;

	if (changes.memory == NULL || next == NULL) {
		diag("out of memory");
		goto out;
	}
	result = registry_read(run->graphql, &run->args->scope, run->state.registry, &news, next,
		run->signal_fd);
	if (result != REGISTRY_READ)
		goto out;
	say_baseline(run, &news);
	result = REGISTRY_FAILED;
	if (tell(run, &news) == 0 && write_out(run, next) == 0)
		result = REGISTRY_READ;
	/* The state has taken it over when the events were written. */
	if (run->state.registry == next)
		next = NULL;
out:
	registry_free(changes.memory);
	registry_free(next);
	return result;
}

/* ---- all of it ---- */

/* Wait for the next poll. Returns false if stopped meanwhile. */
static bool
wait_interval(struct run *run)
{
	struct pollfd fd = {.fd = run->signal_fd, .events = POLLIN};
	int n;

	do
		n = poll(&fd, 1, (int)run->args->interval_ms);
	while (n < 0 && errno == EINTR);
	return n == 0;
}

static int
run_polls(struct run *run)
{
	for (;;) {
		switch (poll_once(run)) {
		case REGISTRY_READ:
			break;
		case REGISTRY_FAILED_NOW:
			if (!run->args->follow)
				return EXIT_IO;
			break;
		case REGISTRY_FAILED:
			return EXIT_IO;
		case REGISTRY_STOPPED:
			return EXIT_DONE;
		}
		if (!run->args->follow || !wait_interval(run))
			return EXIT_DONE;
	}
}

static int
run_all(const struct args *args)
{
	const struct poll_identity identity = {args->wandb.server, args->scope_text,
		args->first_text};
	struct run run = {.args = args, .signal_fd = -1};
	int status;

	output_init(&run.out, STDOUT_FILENO, "standard output");
	if ((status = poll_state_open(&run.state, args->state, &identity)) != EXIT_DONE)
		goto out;
	status = EXIT_USAGE;
	if (args->follow && (run.signal_fd = signals_open()) < 0) {
		diag("cannot watch for signals: %s", strerror(errno));
		status = EXIT_IO;
	} else if ((run.graphql = graphql_new(&args->wandb.graphql)) != NULL) {
		status = run_polls(&run);
	}
out:
	if (output_close(&run.out) != 0 && status == EXIT_DONE) {
		diag("cannot write to standard output: %s", strerror(run.out.error));
		status = EXIT_IO;
	}
	graphql_free(run.graphql);
	poll_state_close(&run.state);
	return status;
}

int
main(int argc, char **argv)
{
	struct args args;
	int status;

	diag_init("wb-event");
	signal(SIGPIPE, SIG_IGN);
	if ((status = parse_args(&args, argc, argv)) < 0)
		status = run_all(&args);
	wandb_args_release(&args.wandb);
	return status;
}
