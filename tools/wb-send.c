/*
 * wb-send - POST request records to their receivers
 *
 * stdin:  signed request records, one JSON object a line: wb-record(5)
 * stdout: a receipt for each delivery, in the order in which they end
 *
 * The only tool that touches the network.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "curl_script.h"
#include "dry_run.h"
#include "filter.h"
#include "json_text.h"
#include "policy_options.h"
#include "progress.h"
#include "recorder.h"
#include "secret_options.h"
#include "send_options.h"
#include "sender.h"
#include "signals.h"

#define GRACE_DEFAULT_MS 10000
#define GRACE_MAX_MS ((uint64_t)24 * 3600 * 1000)
#define KEEP_MAX_MS ((uint64_t)100 * 365 * 24 * 3600 * 1000)

enum dry_run { DRY_RUN_NONE, DRY_RUN_TEXT, DRY_RUN_CURL };

struct args {
	struct policy_args policy;
	struct sender_options sender;
	struct filter_args filter;
	struct recorder_options recorder;
	uint64_t grace_ms;
	enum progress_when progress;
	enum dry_run dry_run;
};

/* One run. */
struct run {
	const struct args *args;
	struct filter filter;
	struct sender_hooks hooks;
	struct sender *sender;
	struct recorder *recorder;
	int signal_fd;
	bool more;    /* input may go on */
	bool stopped; /* nothing new is sent */
	int64_t stop_ms;
	uint64_t counts[RECEIPT_STATUSES];
	struct progress progress;
	bool shares_terminal; /* standard output is one */
};

enum { OPT_JOURNAL = 1, OPT_JOURNAL_KEEP, OPT_DEAD_LETTER, OPT_GRACE, OPT_DRY_RUN, OPT_PROGRESS };

static const struct option options[] = {
	SEND_OPTIONS,
	{OPT_JOURNAL, 0, "journal", "FILE",
		"note in FILE what is finished, and skip what is finished there"},
	{OPT_JOURNAL_KEEP, 0, "journal-keep", "TIME", "drop lines of the journal older than TIME"},
	{OPT_DEAD_LETTER, 0, "dead-letter", "FILE",
		"append records whose delivery failed to FILE, unchanged"},
	{OPT_GRACE, 0, "grace", "TIME",
		"when stopped, give attempts under way TIME to end (default 10s)"},
	POLICY_OPTIONS,
	{OPT_DRY_RUN, 'n', "dry-run", "[=FORMAT]",
		"send nothing; show each request, secrets by name, as text or as a curl script"},
	{OPT_PROGRESS, 0, "progress", "WHEN",
		"show progress and an end on standard error: auto (default), always or never"},
	SECRET_OPTIONS,
	FILTER_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-send [OPTION...] [FILE...]",
	"POST request records and write a receipt for each delivery.",
	options,
};

static int
set_dry_run(struct args *args, const char *format)
{
	if (format == NULL || strcmp(format, "text") == 0)
		args->dry_run = DRY_RUN_TEXT;
	else if (strcmp(format, "curl") == 0)
		args->dry_run = DRY_RUN_CURL;
	else {
		diag("--dry-run takes text or curl, not '%s'", format);
		return -1;
	}
	return 0;
}

static int
set_progress(struct args *args, const char *value)
{
	static const char *const names[] = {"auto", "always", "never"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			args->progress = (enum progress_when)i;
			return 0;
		}
	}
	diag("--progress takes auto, always or never, not '%s'", value);
	return -1;
}

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	if (send_is_option(id))
		return send_option(&args->sender, id, value);
	if (policy_is_option(id))
		return policy_option(&args->policy, id, value);
	switch (id) {
	case OPT_JOURNAL:
		args->recorder.journal = value;
		return 0;
	case OPT_JOURNAL_KEEP:
		return options_duration("journal-keep", value, KEEP_MAX_MS,
			&args->recorder.keep_ms);
	case OPT_DEAD_LETTER:
		args->recorder.dead_letter = value;
		return 0;
	case OPT_GRACE:
		return options_duration("grace", value, GRACE_MAX_MS, &args->grace_ms);
	case OPT_DRY_RUN:
		return set_dry_run(args, value);
	case OPT_PROGRESS:
		return set_progress(args, value);
	case SECRET_SECRETS:
	case SECRET_HOST:
	case SECRET_BOUND_ONLY:
		return secret_option(args->sender.secrets, id, value);
	default:
		return filter_option(&args->filter, id, value);
	}
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	*args = (struct args){.grace_ms = GRACE_DEFAULT_MS, .recorder = {.out_fd = STDOUT_FILENO}};
	policy_args_init(&args->policy);
	send_options_init(&args->sender);
	args->sender.secrets = secret_store_new();
	if (args->sender.secrets == NULL) {
		diag("out of memory");
		return EXIT_IO;
	}
	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_OPERAND)
			filter_operand(&args->filter, argv, value);
		else if (id == OPTIONS_ERROR || take_option(args, id, value) != 0)
			return EXIT_USAGE;
	}
	if (args->recorder.keep_ms != 0 && args->recorder.journal == NULL) {
		diag("--journal-keep goes with --journal");
		return EXIT_USAGE;
	}
	args->sender.policy = &args->policy.policy;
	args->sender.proxy = args->policy.proxy;
	args->sender.ca_file = args->policy.ca_file;
	return secret_environment(args->sender.secrets) == 0 ? -1 : EXIT_USAGE;
}

/* ---- sending ---- */

static bool
is_finished(void *ctx, const struct json_span *delivery_id)
{
	return recorder_is_finished(((struct run *)ctx)->recorder, delivery_id);
}

static bool
may_start(void *ctx, size_t under_way)
{
	return recorder_has_room(((struct run *)ctx)->recorder, under_way);
}

static void
record_end(void *ctx, const struct receipt *receipt, const char *line, size_t len)
{
	struct run *run = ctx;

	run->counts[receipt->status]++;
	recorder_add(run->recorder, receipt, line, len);
	if ((receipt->status == RECEIPT_FAILED || receipt->status == RECEIPT_DEFERRED) &&
		run->filter.status < EXIT_REJECTED)
		run->filter.status = EXIT_REJECTED;
}

/* Start nothing any more; what is under way may end. */
static void
stop(struct run *run, uint64_t grace_ms)
{
	run->stopped = true;
	run->stop_ms = clock_ms() + (int64_t)grace_ms;
	sender_stop(run->sender, grace_ms);
}

static void
take_signal(struct run *run)
{
	int number = signals_take(run->signal_fd);

	if (number == 0)
		return;
	diag("stopped by %s: %s", number == SIGINT ? "SIGINT" : "SIGTERM",
		run->stopped ? "breaking off what is under way"
			     : "starting nothing more, waiting for what is under way");
	stop(run, run->stopped ? 0 : run->args->grace_ms);
	if (run->more && run->filter.status < EXIT_REJECTED)
		run->filter.status = EXIT_REJECTED;
}

/* Take as many records as there is room for. Returns whether there may be more. */
static bool
take_input(struct run *run)
{
	struct filter *f = &run->filter;
	char error[SENDER_ERROR_MAX];
	enum lines_status status;
	size_t at;

	while (sender_has_room(run->sender) && recorder_has_room(run->recorder, 0)) {
		if ((status = filter_poll(f)) == LINES_END)
			return false;
		/* After a stop, what is there is still told of; what may come is not waited for. */
		if (status == LINES_AGAIN)
			return !run->stopped;
		if (sender_add(run->sender, f->in.line, f->in.len, error, &at) != 0)
			filter_reject(f, at, "%s", error);
		if (run->stopped && clock_ms() >= run->stop_ms)
			return false;
	}
	return true;
}

/* Wait for anything to do. Returns 0, or -1 after a message. */
static int
wait_for_any(struct run *run)
{
	struct pollfd fds[SENDER_FDS_MAX];
	size_t n = recorder_fds(run->recorder, fds);

	fds[n++] = (struct pollfd){.fd = run->signal_fd, .events = POLLIN};
	if (run->more && sender_has_room(run->sender) && recorder_has_room(run->recorder, 0))
		fds[n++] = (struct pollfd){.fd = run->filter.in.fd, .events = POLLIN};
	if (sender_wait(run->sender, fds, n) == 0)
		return 0;
	filter_fail(&run->filter, "cannot wait for the network");
	return -1;
}

static struct progress_counts
count(const struct run *run)
{
	struct progress_counts c = {.finished = run->counts[RECEIPT_FINISHED],
		.failed = run->counts[RECEIPT_FAILED],
		.deferred = run->counts[RECEIPT_DEFERRED],
		.skipped = run->counts[RECEIPT_SKIPPED],
		.retrying = sender_retrying(run->sender)};

	c.bytes_read = filter_position(&run->filter, &c.bytes_total);
	return c;
}

static void
show_progress(struct run *run)
{
	const struct progress_counts counts = count(run);

	progress_update(&run->progress, &counts, clock_ms());
}

/*
 * Write out what has ended. When that fails nothing more is sent, since it could not be recorded.
 * Returns whether this stopped it.
 */
static bool
record_ends(struct run *run)
{
	/* Receipts may go to the same terminal. */
	if (run->shares_terminal)
		progress_hide(&run->progress);
	if (recorder_flush(run->recorder) == 0 && filter_flush(&run->filter) == 0)
		return false;
	run->more = false;
	if (run->filter.status < EXIT_IO)
		run->filter.status = EXIT_IO;
	if (run->stopped)
		return false;
	stop(run, run->args->grace_ms);
	return true;
}

/* Send all records. */
static void
send_all(struct run *run)
{
	run->more = true;
	for (;;) {
		/* What has ended is recorded before anything new starts. */
		(void)record_ends(run);
		run->more = run->more && take_input(run);
		sender_start(run->sender);
		/* And before anything is waited for. */
		if (record_ends(run))
			continue;
		if (sender_is_idle(run->sender) && !run->more)
			return;
		show_progress(run);
		if (wait_for_any(run) != 0)
			return;
		take_signal(run);
	}
}

/* Returns NULL after a message, with the exit status in *${status}. */
static struct recorder *
open_recorder(const struct run *run, int *status)
{
	struct recorder_options o = run->args->recorder;

	*status = EXIT_USAGE;
	if ((o.journal != NULL && filter_guard(&run->filter, o.journal, "--journal") != 0) ||
		(o.dead_letter != NULL &&
			filter_guard(&run->filter, o.dead_letter, "--dead-letter") != 0))
		return NULL;
	o.rejects_fd = run->filter.has_rejects ? run->filter.rejects.fd : -1;
	return recorder_new(&o, status);
}

/* Send, and return the exit status. */
static int
run_sender(const struct args *args)
{
	const struct sender_hooks hooks = {.is_finished = is_finished,
		.may_start = may_start,
		.done = record_end};
	struct run run = {.args = args, .shares_terminal = isatty(STDOUT_FILENO) == 1};
	struct progress_counts counts = {0};
	int status;

	run.hooks = hooks;
	run.hooks.ctx = &run;
	if (filter_init(&run.filter, &args->filter) != 0)
		return EXIT_USAGE;
	if ((run.recorder = open_recorder(&run, &status)) == NULL)
		return status;
	if ((run.signal_fd = signals_open()) < 0)
		diag("cannot watch for signals: %s", strerror(errno));
	run.sender = run.signal_fd < 0 ? NULL : sender_new(&args->sender, &run.hooks);
	progress_init(&run.progress, STDERR_FILENO, args->progress, clock_ms());
	if (run.sender != NULL) {
		send_all(&run);
		counts = count(&run);
	} else {
		filter_fail(&run.filter, "nothing was sent");
	}
	sender_free(run.sender);
	if (recorder_finish(run.recorder, run.signal_fd,
		    run.stopped ? (int64_t)args->grace_ms : -1) != 0 &&
		run.filter.status < EXIT_IO)
		run.filter.status = EXIT_IO;
	recorder_free(run.recorder);
	progress_finish(&run.progress, &counts, clock_ms());
	return filter_finish(&run.filter);
}

/* ---- a dry run ---- */

static void
add_dry_run(const struct args *args, struct strbuf *text, const struct record *rec,
	const char *denied)
{
	const struct sender_options *s = &args->sender;
	const struct curl_script_options script = {s->timeout_ms, s->connect_timeout_ms, s->ca_file,
		s->proxy, args->policy.policy.allow_http};

	strbuf_reset(text);
	if (args->dry_run == DRY_RUN_CURL)
		curl_script_add(text, rec, &script, denied);
	else
		dry_run_add(text, rec, denied);
}

static void
show_record(struct filter *f, struct strbuf *text, const struct args *args)
{
	char denied[POLICY_ERROR_MAX];
	struct strbuf url;
	struct record rec;
	struct json js;
	struct url where;
	const char *why = NULL;

	json_init(&js, f->in.line, f->in.len);
	if (!record_read(&js, &rec) || !json_end(&js)) {
		filter_reject_json(f, &js);
		return;
	}
	strbuf_init(&url, rec.url.len);
	if (!record_is_ref(&rec.url)) {
		json_decode(&url, &rec.url);
		if (!strbuf_failed(&url) &&
			url_parse(url.buf != NULL ? url.buf : "", url.len, &where, &why) == 0 &&
			!policy_check_url(args->sender.policy, &where, denied))
			why = denied;
	}
	add_dry_run(args, text, &rec, why);
	text->failed |= strbuf_failed(&url);
	strbuf_release(&url);
	if (why != NULL && f->status < EXIT_REJECTED)
		f->status = EXIT_REJECTED;
	if (strbuf_failed(text))
		filter_fail(f, "out of memory");
	else
		output_add(&f->out, text->buf, text->len);
}

/* Show what would be sent, and return the exit status. */
static int
show_all(const struct args *args)
{
	struct filter f;
	struct strbuf text;

	if (filter_init(&f, &args->filter) != 0)
		return EXIT_USAGE;
	strbuf_init(&text, LINES_MAX_LIMIT);
	while (filter_next(&f))
		show_record(&f, &text, args);
	strbuf_release(&text);
	return filter_finish(&f);
}

int
main(int argc, char **argv)
{
	struct args args;
	int status;

	diag_init("wb-send");
	if ((status = parse_args(&args, argc, argv)) < 0)
		status = args.dry_run != DRY_RUN_NONE ? show_all(&args) : run_sender(&args);
	secret_store_free(args.sender.secrets);
	policy_args_release(&args.policy);
	return status;
}
