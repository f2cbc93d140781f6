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
#include "dry_run.h"
#include "filter.h"
#include "jq_server.h"
#include "policy_options.h"
#include "progress.h"
#include "recorder_options.h"
#include "secret_options.h"
#include "send_options.h"
#include "sender.h"
#include "signals.h"
#include "tls_check.h"

#define GRACE_DEFAULT_MS 10000
#define GRACE_MAX_MS ((uint64_t)24 * 3600 * 1000)
#define READER_MS 1000  /* that a reader of receipts has at the least, when all is to end */
#define TURN_LINES 1024 /* that are taken before something else has its turn, */
#define TURN_BYTES ((uint64_t)1024 * 1024) /* about */

struct args {
	struct policy_args policy;
	struct sender_options sender;
	struct filter_args filter;
	struct recorder_options recorder;
	uint64_t grace_ms;
	enum progress_when progress;
	enum dry_run_format dry_run;
};

enum input {
	INPUT_READY, /* there may be more */
	INPUT_WAITS, /* until its descriptor is readable */
	INPUT_ENDED
};

/* One run. */
struct run {
	const struct args *args;
	struct filter filter;
	struct sender_hooks hooks;
	struct sender *sender;
	struct recorder *recorder;
	int signal_fd;
	enum input input;
	unsigned stops;  /* how often an end was called for; if at all, nothing new is sent */
	int64_t stop_ms; /* when the grace ends */
	uint64_t counts[RECEIPT_STATUSES];
	struct progress progress;
	bool shares_terminal; /* standard output is one */
};

#define STOP_TEXTS 3 /* for the first call for an end, the second, and all others */

enum { OPT_GRACE = 1, OPT_DRY_RUN, OPT_PROGRESS };

static const struct option options[] = {
	SEND_OPTIONS,
	RECORDER_OPTIONS,
	{OPT_GRACE, 0, "grace", "TIME",
		"when stopped, give attempts under way TIME to end (default 10s)"},
	POLICY_OPTIONS,
	{OPT_DRY_RUN, 'n', "dry-run", "[=FORMAT]",
		"send nothing; show each request, secrets by name, as: text (default) or curl"},
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

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	if (send_is_option(id))
		return send_option(&args->sender, id, value);
	if (policy_is_option(id))
		return policy_option(&args->policy, id, value);
	if (recorder_is_option(id))
		return recorder_option(&args->recorder, id, value);
	if (secret_is_option(id))
		return secret_option(args->sender.secrets, id, value);
	switch (id) {
	case OPT_GRACE:
		return options_duration("grace", value, GRACE_MAX_MS, &args->grace_ms);
	case OPT_DRY_RUN:
		return dry_run_option(value, &args->dry_run);
	case OPT_PROGRESS:
		return progress_option(value, &args->progress);
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
	if (recorder_options_check(&args->recorder) != 0)
		return EXIT_USAGE;
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
was_attempted(void *ctx, const struct json_span *delivery_id)
{
	return recorder_was_attempted(((struct run *)ctx)->recorder, delivery_id);
}

static uint64_t
attempting(void *ctx, const struct record *rec)
{
	return recorder_attempt(((struct run *)ctx)->recorder, rec);
}

static bool
is_kept(void *ctx, uint64_t ticket)
{
	return recorder_is_kept(((struct run *)ctx)->recorder, ticket);
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

	run->counts[receipt->status] += recorder_add(run->recorder, receipt, line, len);
	if ((receipt->status == RECEIPT_FAILED || receipt->status == RECEIPT_DEFERRED) &&
		run->filter.status < EXIT_REJECTED)
		run->filter.status = EXIT_REJECTED;
}

/* Start nothing any more; what is under way may end. */
static void
stop(struct run *run, uint64_t grace_ms)
{
	run->stops++;
	run->stop_ms = clock_ms() + (int64_t)grace_ms;
	sender_stop(run->sender, grace_ms);
}

/* Returns whether a signal has come, after a message that says what follows, one of ${texts}. */
static bool
take_signal(struct run *run, const char *const texts[STOP_TEXTS])
{
	const int number = signals_take(run->signal_fd);

	if (number == 0)
		return false;
	diag("stopped by %s: %s", signals_name(number),
		texts[run->stops < STOP_TEXTS ? run->stops : STOP_TEXTS - 1]);
	return true;
}

static void
take_stop(struct run *run)
{
	static const char *const texts[STOP_TEXTS] = {
		"starting nothing more, waiting for what is under way",
		"breaking off what is under way", "breaking off what is under way"};

	if (!take_signal(run, texts))
		return;
	stop(run, run->stops > 0 ? 0 : run->args->grace_ms);
	if (run->input != INPUT_ENDED && run->filter.status < EXIT_REJECTED)
		run->filter.status = EXIT_REJECTED;
}

static bool
has_room(const struct run *run)
{
	return sender_has_room(run->sender) && recorder_has_room(run->recorder, 0);
}

/* The line at hand is a record, or refused. */
static void
take_line(struct run *run)
{
	struct filter *f = &run->filter;
	char error[SENDER_ERROR_MAX];
	size_t at;

	switch (sender_add(run->sender, f->in.line, f->in.len, error, &at)) {
	case SENDER_ADDED:
		break;
	case SENDER_REFUSED:
		filter_reject(f, at, "%s", error);
		break;
	case SENDER_NO_MEMORY:
		filter_fail(f, "%s:%llu: out of memory; nothing more is sent", f->source,
			(unsigned long long)f->in.number);
		run->input = INPUT_ENDED;
		stop(run, run->args->grace_ms);
		break;
	}
}

/* Take records as far as there is room for them, and not so many that others have to wait. */
static void
take_input(struct run *run)
{
	struct filter *f = &run->filter;
	uint64_t total, from = filter_position(f, &total);

	/* After a stop, what is there is still told of; what may come is not waited for. */
	if (run->stops > 0 && clock_ms() >= run->stop_ms)
		run->input = INPUT_ENDED;
	else if (run->input == INPUT_WAITS)
		run->input = INPUT_READY;
	for (size_t n = 0; n < TURN_LINES && filter_position(f, &total) - from < TURN_BYTES; n++) {
		if (run->input != INPUT_READY || !has_room(run))
			return;
		switch (filter_poll(f)) {
		case FILTER_LINE:
			take_line(run);
			break;
		case FILTER_SKIPPED:
			break;
		case FILTER_AGAIN:
			run->input = run->stops > 0 ? INPUT_ENDED : INPUT_WAITS;
			break;
		case FILTER_END:
			run->input = INPUT_ENDED;
			break;
		}
	}
}

/* Wait for anything to do. When that fails, all that is under way is at its end. */
static void
wait_for_any(struct run *run)
{
	struct pollfd fds[SENDER_FDS_MAX];
	size_t n = recorder_fds(run->recorder, fds);
	int64_t until_ms = run->stops > 0 && run->input != INPUT_ENDED ? run->stop_ms : -1;

	fds[n++] = (struct pollfd){.fd = run->signal_fd, .events = POLLIN};
	if (run->input == INPUT_READY && has_room(run))
		until_ms = 0;
	else if (run->input == INPUT_WAITS && has_room(run))
		fds[n++] = (struct pollfd){.fd = run->filter.in.fd, .events = POLLIN};
	/* A failure of the recorder that was only found here has to be seen to first. */
	if (sender_is_ready(run->sender) || (recorder_has_failed(run->recorder) && run->stops == 0))
		until_ms = 0;
	if (sender_wait(run->sender, fds, n, until_ms) == 0)
		return;
	filter_fail(&run->filter, "cannot wait for the network: %s; nothing more is sent",
		strerror(errno));
	run->input = INPUT_ENDED;
	stop(run, 0);
}

static struct progress_counts
count(const struct run *run)
{
	struct progress_counts c = {.finished = run->counts[RECEIPT_FINISHED],
		.failed = run->counts[RECEIPT_FAILED],
		.deferred = run->counts[RECEIPT_DEFERRED],
		.skipped = run->counts[RECEIPT_SKIPPED],
		.refused = run->filter.nrefused,
		.retrying = sender_retrying(run->sender),
		.open = sender_open_circuits(run->sender)};

	c.bytes_read = filter_position(&run->filter, &c.bytes_total);
	return c;
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
	run->input = INPUT_ENDED;
	if (run->filter.status < EXIT_IO)
		run->filter.status = EXIT_IO;
	if (run->stops > 0)
		return false;
	stop(run, run->args->grace_ms);
	return true;
}

/* Send all records. */
static void
send_all(struct run *run)
{
	struct progress_counts counts;

	for (;;) {
		/* What has ended is recorded before anything new starts. */
		(void)record_ends(run);
		take_input(run);
		sender_start(run->sender);
		/* And before anything is waited for. */
		if (record_ends(run))
			continue;
		if (sender_is_idle(run->sender) && run->input == INPUT_ENDED)
			return;
		counts = count(run);
		progress_update(&run->progress, &counts, clock_ms());
		wait_for_any(run);
		take_stop(run);
	}
}

/* How long a reader may take no receipts: for ever, or what the calls for an end leave it. */
static int64_t
reader_ms(const struct run *run)
{
	if (run->stops != 1)
		return run->stops == 0 ? -1 : run->stops == 2 ? READER_MS : 0;
	return run->args->grace_ms > READER_MS ? (int64_t)run->args->grace_ms : READER_MS;
}

/* All has ended. Write what is left to be written, as long as it takes or signals allow. */
static void
wait_for_reader(struct run *run)
{
	static const char *const texts[STOP_TEXTS] = {
		"waiting for standard output to take the receipts that are left",
		"standard output has one more second to take receipts",
		"waiting no more for standard output to take receipts"};

	while (recorder_wait(run->recorder, run->signal_fd, reader_ms(run)) > 0)
		run->stops += take_signal(run, texts);
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
	o.response_max = run->args->sender.response_max;
	o.rejects_fd = run->filter.has_rejects ? run->filter.rejects.fd : -1;
	return recorder_new(&o, status);
}

/* Send, and return the exit status. */
static int
run_sender(const struct args *args)
{
	struct run run = {.args = args, .shares_terminal = isatty(STDOUT_FILENO) == 1};
	struct progress_counts counts = {0};
	int status;

	run.hooks = (struct sender_hooks){.ctx = &run,
		.is_finished = args->recorder.journal != NULL ? is_finished : NULL,
		.may_start = may_start,
		.was_attempted = was_attempted,
		.attempting = attempting,
		.is_kept = is_kept,
		.done = record_end};
	if (args->policy.ca_file != NULL && tls_check_file(args->policy.ca_file, "--cacert") != 0)
		return EXIT_USAGE;
	if (filter_init(&run.filter, &args->filter) != 0)
		return EXIT_USAGE;
	if ((run.recorder = open_recorder(&run, &status)) == NULL)
		return status;
	if ((run.signal_fd = signals_open(NULL)) < 0)
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
	wait_for_reader(&run);
	if (recorder_finish(run.recorder) != 0 && run.filter.status < EXIT_IO)
		run.filter.status = EXIT_IO;
	recorder_free(run.recorder);
	progress_finish(&run.progress, &counts, clock_ms());
	return filter_finish(&run.filter);
}

/* ---- a dry run ---- */

static void
show_record(struct filter *f, struct strbuf *text, const struct dry_run *how)
{
	struct record rec;
	struct json js;

	json_init(&js, f->in.line, f->in.len);
	if (!record_read(&js, &rec) || !json_end(&js)) {
		filter_reject_json(f, &js);
		return;
	}
	strbuf_reset(text);
	if (!dry_run_add(how, text, &rec) && f->status < EXIT_REJECTED)
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
	const struct sender_options *s = &args->sender;
	const struct dry_run how = {args->dry_run, s->policy,
		{s->timeout_ms, s->connect_timeout_ms, s->ca_file, s->proxy,
			s->policy->allow_http}};
	struct filter f;
	struct strbuf text;

	if (filter_init(&f, &args->filter) != 0)
		return EXIT_USAGE;
	strbuf_init(&text, LINES_MAX_LIMIT);
	while (filter_next(&f))
		show_record(&f, &text, &how);
	strbuf_release(&text);
	return filter_finish(&f);
}

int
main(int argc, char **argv)
{
	struct args args;
	int status;

	jq_server_main(argc, argv);
	diag_init("wb-send");
	if ((status = parse_args(&args, argc, argv)) < 0)
		status = args.dry_run != DRY_RUN_NONE ? show_all(&args) : run_sender(&args);
	secret_store_free(args.sender.secrets);
	policy_args_release(&args.policy);
	return status;
}
