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
#include "lines.h"
#include "options.h"
#include "output.h"
#include "poll_event.h"
#include "poll_options.h"
#include "poll_state.h"
#include "registry_metadata.h"
#include "registry_read.h"
#include "secret_options.h"
#include "signals.h"
#include "timestamp.h"
#include "wandb_options.h"

#define LINE_MAX_BYTES ((size_t)1024 * 1024 * 1024)

/* What a run has. */
struct run {
	const struct poll_args *args;
	struct poll_state state;
	struct registry_source source;
	size_t written; /* bytes of state.told that are written out */
};

static const struct option options[] = {
	POLL_OPTIONS,
	WANDB_OPTIONS,
	POLICY_OPTIONS,
	SECRET_PLACES,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-event poll ENTITY/PROJECT[/COLLECTION] --state FILE [OPTION...]\n"
	"       wb-event poll --registries ORG --state FILE [OPTION...]",
	"Write what has changed in a W&B registry since the last commit.",
	options,
};

/* What was asked. Returns -1 to go on, or the exit status. */
static int
parse_args(struct poll_args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	if (poll_args_init(args) != 0)
		return EXIT_IO;
	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_OPERAND
				? poll_operand(args, value) != 0
				: id == OPTIONS_ERROR || poll_option(args, id, value) != 0)
			return EXIT_USAGE;
	}
	return poll_args_finish(args) == 0 ? -1 : EXIT_USAGE;
}

/* ---- one poll ---- */

/* Add what was found to what is told. Returns 0, or -1 after a message. */
static int
tell(struct run *run, const struct registry_news *news)
{
	const struct registry_changes *changes = news->changes;
	const struct text none = {NULL, 0};
	char name[REGISTRY_METADATA_NAME_MAX];
	struct strbuf line;
	bool failed = false;

	strbuf_init(&line, LINE_MAX_BYTES);
	for (size_t i = 0; i < changes->list.n && !failed; i++) {
		strbuf_reset(&line);
		poll_event_add(&line, &changes->list.v[i], &news->metadata[i]);
		if (line.len > LINES_MAX_DEFAULT) {
			/* No other tool would take it, and the same would come again and again. */
			diag("the metadata of %s is left out: with it the event is longer than 16 MiB",
				registry_metadata_name(&changes->list.v[i], name));
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

/* The events that are not written yet go to standard output. Returns 0, or -1 after a message. */
static int
write_events(struct run *run)
{
	const struct strbuf *told = &run->state.told;
	const size_t len = told->len - run->written;
	size_t written = 0;
	int error = 0;

	if (len > 0 && run->source.signal_fd >= 0)
		error = output_write_until(STDOUT_FILENO, told->buf + run->written, len,
			run->source.signal_fd, &written);
	else if (len > 0)
		error = output_write(STDOUT_FILENO, told->buf + run->written, len, &written);
	if (error == EINTR)
		diag("stopped before all events were written; the next poll writes all of them again");
	else if (error != 0)
		diag("cannot write to standard output: %s; the next poll writes all of it again",
			strerror(error));
	run->written += written;
	return error == 0 ? 0 : -1;
}

/* Write out all that is told, and commit it if that is wanted. Returns 0, or -1 after a message. */
static int
write_out(struct run *run, struct registry *next)
{
	struct poll_state *s = &run->state;

	if (poll_state_write(s, next) != 0 || write_events(run) != 0)
		return -1;
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
	result = registry_read(&run->source, run->state.registry, &news, next);
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

/* Wait for the next poll. Returns -1 to go on, or the exit status. */
static int
wait_interval(struct run *run)
{
	struct pollfd fd = {.fd = run->source.signal_fd, .events = POLLIN};
	int n;

	do
		n = poll(&fd, 1, (int)run->args->interval_ms);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n == 0 ? -1 : EXIT_DONE;
	diag("cannot wait for the next poll: %s", strerror(errno));
	return EXIT_IO;
}

static int
run_polls(struct run *run)
{
	int status = -1;

	while (status < 0) {
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
		status = run->args->follow ? wait_interval(run) : EXIT_DONE;
	}
	return status;
}

/* Poll with the state that was asked for. Returns the exit status. */
static int
run_with_state(struct run *run)
{
	const struct poll_args *args = run->args;
	const struct poll_identity identity = {args->wandb.server, args->scope_text,
		args->first_text, args->run};
	int status = poll_state_open(&run->state, args->state, &identity);

	if (status == EXIT_DONE && run->state.base[0] != '\0' && args->first != REGISTRY_BASELINE)
		diag("state '%s': its first run is committed, so %s makes no difference",
			args->state, args->first == REGISTRY_ALL ? "--all" : "--since");
	if (status == EXIT_DONE)
		status = run_polls(run);
	poll_state_close(&run->state);
	return status;
}

static int
run_all(const struct poll_args *args)
{
	struct run run = {.args = args, .source = {.scope = &args->scope, .signal_fd = -1}};
	int status = EXIT_USAGE;

	/* The server's URL is checked first: messages of a state that is of another one show it. */
	if (args->follow && (run.source.signal_fd = signals_open(NULL)) < 0) {
		diag("cannot watch for signals: %s", strerror(errno));
		status = EXIT_IO;
	} else if ((run.source.graphql = graphql_new(&args->wandb.graphql)) != NULL) {
		status = run_with_state(&run);
	}
	/* NFS and quotas may report a failed write only here. */
	if (close(STDOUT_FILENO) != 0 && errno != EINTR && status == EXIT_DONE) {
		diag("cannot write to standard output: %s", strerror(errno));
		status = EXIT_IO;
	}
	graphql_free(run.source.graphql);
	return status;
}

int
main(int argc, char **argv)
{
	struct poll_args args;
	int status;

	diag_init_part("wb-event", "wb-event-poll");
	signal(SIGPIPE, SIG_IGN);
	if ((status = parse_args(&args, argc, argv)) < 0)
		status = run_all(&args);
	poll_args_release(&args);
	return status;
}
