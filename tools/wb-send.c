/*
 * wb-send - POST request records to their receivers
 *
 * stdin:  signed request records, one JSON object a line: wb-record(5)
 * stdout: a receipt for each delivery, in the order in which they end
 *
 * The only tool that touches the network.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "curl_script.h"
#include "dry_run.h"
#include "filter.h"
#include "json_text.h"
#include "policy.h"
#include "secret_options.h"
#include "sender.h"

#define JOBS_DEFAULT 16
#define TIMEOUT_MAX_MS ((uint64_t)24 * 3600 * 1000)
#define RESPONSE_DEFAULT 4096

enum dry_run { DRY_RUN_NONE, DRY_RUN_TEXT, DRY_RUN_CURL };

struct args {
	struct policy policy;
	struct sender_options sender;
	struct filter_args filter;
	enum dry_run dry_run;
};

/* One run. */
struct run {
	struct filter filter;
	struct sender *sender;
	struct strbuf text; /* a receipt or a dry run's */
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
	OPT_DRY_RUN,
	OPT_SHOW_RESPONSE,
	OPT_MAX_RESPONSE
};

static const struct option options[] = {
	{OPT_JOBS, 'j', "jobs", "N", "deliver N at the same time (default 16)"},
	{OPT_TIMEOUT, 't', "timeout", "TIME", "give an attempt TIME in all (default 30s)"},
	{OPT_CONNECT_TIMEOUT, 0, "connect-timeout", "TIME",
		"give a connection TIME to come about (default 10s)"},
	{OPT_ALLOW_HTTP, 0, "allow-http", NULL, "send over http too, not only https"},
	{OPT_ALLOW_NET, 0, "allow-net", "CIDR", "send to addresses in CIDR too (repeatable)"},
	{OPT_ALLOW_HOST, 0, "allow-host", "NAME",
		"send to host NAME, whatever its address (repeatable)"},
	{OPT_PROXY, 0, "proxy", "URL", "send through the proxy at URL; the environment names none"},
	{OPT_CACERT, 0, "cacert", "FILE",
		"trust the certificate authorities in FILE instead of the system's"},
	{OPT_DRY_RUN, 'n', "dry-run", "[=FORMAT]",
		"send nothing; show each request as text or curl, secrets by name"},
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
				      .response_max = RESPONSE_DEFAULT}};
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
	return secret_environment(args->sender.secrets) == 0 ? -1 : EXIT_USAGE;
}

static void
write_receipt(void *ctx, const struct receipt *receipt)
{
	struct run *run = ctx;

	strbuf_reset(&run->text);
	receipt_add(&run->text, receipt);
	if (strbuf_failed(&run->text))
		filter_fail(&run->filter, "out of memory");
	else
		output_add(&run->filter.out, run->text.buf, run->text.len);
	if (receipt->status == RECEIPT_FAILED && run->filter.status < EXIT_REJECTED)
		run->filter.status = EXIT_REJECTED;
}

static void
add_record(struct run *run)
{
	char error[SENDER_ERROR_MAX];
	size_t at;

	if (sender_add(run->sender, run->filter.in.line, run->filter.in.len, error, &at) != 0)
		filter_reject(&run->filter, at, "%s", error);
}

/* Send all records. */
static void
send_all(struct run *run)
{
	struct filter *f = &run->filter;
	bool more = true;

	while (more || !sender_is_idle(run->sender)) {
		enum lines_status status = LINES_AGAIN;

		while (more && sender_has_room(run->sender) &&
			(status = filter_poll(f)) == LINES_LINE)
			add_record(run);
		more = more && status != LINES_END;
		/* Receipts are out before anything is waited for. */
		if (filter_flush(f) != 0)
			more = false;
		if (!more && sender_is_idle(run->sender))
			break;
		if (sender_wait(run->sender,
			    more && sender_has_room(run->sender) ? f->in.fd : -1) != 0) {
			filter_fail(f, "cannot wait for the network");
			break;
		}
	}
}

static void
add_dry_run(struct run *run, const struct args *args, const struct record *rec, const char *denied)
{
	const struct sender_options *s = &args->sender;
	const struct curl_script_options script = {s->timeout_ms, s->connect_timeout_ms, s->ca_file,
		s->proxy, args->policy.allow_http};

	strbuf_reset(&run->text);
	if (args->dry_run == DRY_RUN_CURL)
		curl_script_add(&run->text, rec, &script, denied);
	else
		dry_run_add(&run->text, rec, denied);
}

static void
show_record(struct run *run, const struct args *args)
{
	struct filter *f = &run->filter;
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
	add_dry_run(run, args, &rec, why);
	run->text.failed |= strbuf_failed(&url);
	strbuf_release(&url);
	if (why != NULL && f->status < EXIT_REJECTED)
		f->status = EXIT_REJECTED;
	if (strbuf_failed(&run->text))
		filter_fail(f, "out of memory");
	else
		output_add(&f->out, run->text.buf, run->text.len);
}

/* Returns the exit status. */
static int
run_filter(const struct args *args)
{
	struct run run = {.sender = NULL};
	int status;

	if (filter_init(&run.filter, &args->filter) != 0)
		return EXIT_USAGE;
	strbuf_init(&run.text, LINES_MAX_LIMIT);
	if (args->dry_run != DRY_RUN_NONE) {
		while (filter_next(&run.filter))
			show_record(&run, args);
	} else {
		run.filter.needs_reader = true;
		run.sender = sender_new(&args->sender, write_receipt, &run);
		if (run.sender != NULL)
			send_all(&run);
		else
			filter_fail(&run.filter, "nothing was sent");
	}
	status = filter_finish(&run.filter);
	sender_free(run.sender);
	strbuf_release(&run.text);
	return status;
}

int
main(int argc, char **argv)
{
	struct args args;
	int status;

	diag_init("wb-send");
	if ((status = parse_args(&args, argc, argv)) < 0)
		status = run_filter(&args);
	secret_store_free(args.sender.secrets);
	policy_release(&args.policy);
	return status;
}
