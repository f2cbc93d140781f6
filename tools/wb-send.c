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
#include "jq_server.h"
#include "json_text.h"
#include "policy.h"
#include "progress.h"
#include "recorder.h"
#include "secret_options.h"
#include "sender.h"
#include "signals.h"

#define JOBS_DEFAULT 16
#define TIMEOUT_MAX_MS ((uint64_t)24 * 3600 * 1000)
#define RESPONSE_DEFAULT 4096
#define RETRIES_MAX 1000
#define WAIT_MAX_MS ((uint64_t)30 * 24 * 3600 * 1000)
#define KEEP_MAX_MS ((uint64_t)100 * 365 * 24 * 3600 * 1000)
#define RATE_MAX 1000000

enum dry_run { DRY_RUN_NONE, DRY_RUN_TEXT, DRY_RUN_CURL };

struct args {
	struct policy policy;
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

enum {
	OPT_JOBS = 1,
	OPT_TIMEOUT,
	OPT_CONNECT_TIMEOUT,
	OPT_ALLOW_HTTP,
	OPT_ALLOW_NET,
	OPT_ALLOW_HOST,
	OPT_PROXY,
	OPT_CACERT,
	OPT_RETRIES,
	OPT_RETRY_MAX_TIME,
	OPT_RETRY_ON,
	OPT_ORDER,
	OPT_JOURNAL,
	OPT_JOURNAL_KEEP,
	OPT_DEAD_LETTER,
	OPT_RATE,
	OPT_BREAKER,
	OPT_BREAKER_WAIT,
	OPT_GRACE,
	OPT_DRY_RUN,
	OPT_PROGRESS,
	OPT_SHOW_RESPONSE,
	OPT_MAX_RESPONSE
};

static const struct option options[] = {
	{OPT_JOBS, 'j', "jobs", "N", "deliver N at the same time (default 16)"},
	{OPT_TIMEOUT, 't', "timeout", "TIME", "give an attempt TIME in all (default 30s)"},
	{OPT_CONNECT_TIMEOUT, 0, "connect-timeout", "TIME",
		"give a connection TIME to come about (default 10s)"},
	{OPT_RETRIES, 'r', "retries", "N", "try a delivery again at most N times (default 5)"},
	{OPT_RETRY_MAX_TIME, 0, "retry-max-time", "TIME",
		"start no attempt later than TIME after the first one (default 5m)"},
	{OPT_RETRY_ON, 0, "retry-on", "LIST",
		"try again after these statuses: 503, 5xx, rejected (default 408,425,429,500,502,503,504)"},
	{OPT_ORDER, 0, "order", "KEY",
		"keep the order of deliveries of one: collection (default), endpoint or none"},
	{OPT_JOURNAL, 0, "journal", "FILE",
		"note in FILE what is finished, and skip what is finished there"},
	{OPT_JOURNAL_KEEP, 0, "journal-keep", "TIME", "drop lines of the journal older than TIME"},
	{OPT_DEAD_LETTER, 0, "dead-letter", "FILE",
		"append records whose delivery failed to FILE, unchanged"},
	{OPT_RATE, 0, "rate", "N/s", "make at most N attempts a second (or /m, /h) to a host"},
	{OPT_BREAKER, 0, "breaker", "N",
		"leave an endpoint alone after N failures in a row (default 10, 0: never)"},
	{OPT_BREAKER_WAIT, 0, "breaker-wait", "TIME",
		"try it with one delivery after TIME (default 30s)"},
	{OPT_GRACE, 0, "grace", "TIME",
		"when stopped, give attempts under way TIME to end (default 10s)"},
	{OPT_ALLOW_HTTP, 0, "allow-http", NULL, "send over http too, not only https"},
	{OPT_ALLOW_NET, 0, "allow-net", "CIDR", "send to addresses in CIDR too (repeatable)"},
	{OPT_ALLOW_HOST, 0, "allow-host", "NAME",
		"send to host NAME, whatever its address (repeatable)"},
	{OPT_PROXY, 0, "proxy", "URL", "send through the proxy at URL; the environment names none"},
	{OPT_CACERT, 0, "cacert", "FILE",
		"trust the certificate authorities in FILE instead of the system's"},
	{OPT_DRY_RUN, 'n', "dry-run", "[=FORMAT]",
		"send nothing; show each request, secrets by name, as text or as a curl script"},
	{OPT_PROGRESS, 0, "progress", "WHEN",
		"show progress and an end on standard error: auto (default), always or never"},
	{OPT_SHOW_RESPONSE, 0, "show-response", NULL,
		"put responses into all receipts, not only failures"},
	{OPT_MAX_RESPONSE, 0, "max-response", "BYTES", "keep BYTES of a response (default 4K)"},
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
allow_net(struct policy *policy, const char *cidr)
{
	if (address_policy_allow(&policy->addresses, cidr) == 0)
		return 0;
	if (errno == ENOMEM)
		diag("out of memory");
	else
		diag("--allow-net takes a range such as 10.1.0.0/16 or fd00::/8, not '%s'", cidr);
	return -1;
}

/*
 * A proxy must look names up itself: libcurl would look them up for the other kinds, unseen by the
 * policy. And an empty one is an unset variable.
 */
static int
set_proxy(struct sender_options *s, const char *value)
{
	static const char *const schemes[] = {"http://", "https://", "socks5h://", "socks4a://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i]);

		if (strncmp(value, schemes[i], len) == 0 && value[len] != '\0') {
			s->proxy = value;
			return 0;
		}
	}
	diag("--proxy takes a URL that starts with http://, https://, socks5h:// or socks4a://");
	return -1;
}

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

static int
set_retry_on(struct sender_options *s, const char *value)
{
	if (retry_policy_on(&s->retry, value) == 0)
		return 0;
	diag("--retry-on takes statuses such as 429,503 or 5xx, and the word rejected, with commas between, not '%s'",
		value);
	return -1;
}

static int
set_order(struct sender_options *s, const char *value)
{
	static const char *const names[] = {"collection", "endpoint", "none"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			s->order = (enum queue_order)i;
			return 0;
		}
	}
	diag("--order takes collection, endpoint or none, not '%s'", value);
	return -1;
}

/* "10", "10/s", "90/m", "1000/h" */
static int
set_rate(struct sender_options *s, const char *value)
{
	static const struct {
		const char *name;
		unsigned long us;
	} units[] = {{"", 1000000}, {"/s", 1000000}, {"/m", 60000000}, {"/h", 3600000000}};
	char *rest;
	unsigned long n = *value >= '0' && *value <= '9' ? strtoul(value, &rest, 10) : 0;

	for (size_t i = 0; n >= 1 && n <= RATE_MAX && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(rest, units[i].name) == 0) {
			s->interval_us = (int64_t)(units[i].us / n);
			return 0;
		}
	}
	diag("--rate takes attempts a second, minute or hour, such as 10/s, 90/m or 1000/h, at most %d, not '%s'",
		RATE_MAX, value);
	return -1;
}

/* One of wb-send's own options. Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	struct sender_options *s = &args->sender;
	uint64_t n;

	switch (id) {
	case OPT_JOBS:
		if (options_number("jobs", value, 1, SENDER_JOBS_MAX, &n) != 0)
			return -1;
		s->jobs = (size_t)n;
		return 0;
	case OPT_TIMEOUT:
		return options_duration("timeout", value, TIMEOUT_MAX_MS, &s->timeout_ms);
	case OPT_CONNECT_TIMEOUT:
		return options_duration("connect-timeout", value, TIMEOUT_MAX_MS,
			&s->connect_timeout_ms);
	case OPT_RETRIES:
		if (options_number("retries", value, 0, RETRIES_MAX, &n) != 0)
			return -1;
		s->retry.retries = (unsigned)n;
		return 0;
	case OPT_RETRY_MAX_TIME:
		return options_duration("retry-max-time", value, WAIT_MAX_MS,
			&s->retry.max_time_ms);
	case OPT_RETRY_ON:
		return set_retry_on(s, value);
	case OPT_ORDER:
		return set_order(s, value);
	case OPT_JOURNAL:
		args->recorder.journal = value;
		return 0;
	case OPT_JOURNAL_KEEP:
		return options_duration("journal-keep", value, KEEP_MAX_MS,
			&args->recorder.keep_ms);
	case OPT_DEAD_LETTER:
		args->recorder.dead_letter = value;
		return 0;
	case OPT_RATE:
		return set_rate(s, value);
	case OPT_BREAKER:
		if (options_number("breaker", value, 0, 1000000, &n) != 0)
			return -1;
		s->breaker.failures = (unsigned)n;
		return 0;
	case OPT_BREAKER_WAIT:
		return options_duration("breaker-wait", value, WAIT_MAX_MS, &s->breaker.wait_ms);
	case OPT_GRACE:
		return options_duration("grace", value, TIMEOUT_MAX_MS, &args->grace_ms);
	case OPT_ALLOW_HTTP:
		args->policy.allow_http = true;
		return 0;
	case OPT_ALLOW_NET:
		return allow_net(&args->policy, value);
	case OPT_ALLOW_HOST:
		return policy_allow_host(&args->policy, value);
	case OPT_PROXY:
		return set_proxy(s, value);
	case OPT_CACERT:
		s->ca_file = value;
		return 0;
	case OPT_DRY_RUN:
		return set_dry_run(args, value);
	case OPT_PROGRESS:
		return set_progress(args, value);
	case OPT_SHOW_RESPONSE:
		s->show_response = true;
		return 0;
	case OPT_MAX_RESPONSE:
		if (options_size("max-response", value, 0, 1024 * 1024, &n) != 0)
			return -1;
		s->response_max = (size_t)n;
		return 0;
	case SECRET_SECRETS:
	case SECRET_HOST:
	case SECRET_BOUND_ONLY:
		return secret_option(s->secrets, id, value);
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

	*args = (struct args){.sender = {.policy = &args->policy,
				      .secrets = secret_store_new(),
				      .jobs = JOBS_DEFAULT,
				      .timeout_ms = 30000,
				      .connect_timeout_ms = 10000,
				      .breaker = {10, 30000},
				      .response_max = RESPONSE_DEFAULT},
		.grace_ms = 10000,
		.recorder = {.out_fd = STDOUT_FILENO}};
	retry_policy_init(&args->sender.retry);
	policy_init(&args->policy);
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
		s->proxy, args->policy.allow_http};

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
			!policy_check_url(&args->policy, &where, denied))
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

	jq_server_main(argc, argv);
	diag_init("wb-send");
	if ((status = parse_args(&args, argc, argv)) < 0)
		status = args.dry_run != DRY_RUN_NONE ? show_all(&args) : run_sender(&args);
	secret_store_free(args.sender.secrets);
	policy_release(&args.policy);
	return status;
}
