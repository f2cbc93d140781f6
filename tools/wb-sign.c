/*
 * wb-sign - add signature headers to request records
 *
 * stdin:  request records, one JSON object a line: wb-record(5)
 * stdout: the same records, request.headers extended; refused ones left out
 *
 * With --verify it checks one received body instead.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "filter.h"
#include "header.h"
#include "json_text.h"
#include "request.h"
#include "secret_options.h"
#include "timestamp.h"

#define BODY_MAX ((size_t)1024 * 1024 * 1024)
#define VERIFY_HEADERS_MAX 64

struct args {
	struct secret_store *secrets;
	struct filter_args filter;
	int64_t now_sec; /* -1: the clock's */
	/* --verify */
	int scheme; /* -1: sign */
	const char *keys[SIGNATURE_KEYS_MAX];
	size_t nkeys;
	const char *headers[VERIFY_HEADERS_MAX]; /* "Name: value" */
	size_t nheaders;
	uint64_t tolerance_ms;
};

enum { OPT_NOW = 1, OPT_VERIFY, OPT_SECRET, OPT_HEADER, OPT_TOLERANCE };

static const struct option options[] = {
	{OPT_NOW, 0, "now", "SECONDS", "take this for the current time, in seconds since 1970"},
	{OPT_VERIFY, 0, "verify", "SCHEME",
		"check a received body: wandb, wandb-hex, github or standard"},
	{OPT_SECRET, 0, "secret", "NAME", "--verify: check with secret NAME (repeatable)"},
	{OPT_HEADER, 'H', "header", "NAME:VALUE", "--verify: a received header (repeatable)"},
	{OPT_TOLERANCE, 0, "tolerance", "TIME",
		"--verify: how old a timestamp may be (default 5m)"},
	SECRET_OPTIONS,
	FILTER_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-sign [OPTION...] [FILE...]\n"
	"       wb-sign --verify SCHEME --secret NAME --header NAME:VALUE... [BODYFILE]",
	"Read request records and write them with signature headers, or check a received signature.",
	options,
};

/* One of wb-sign's own options. Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	uint64_t n;

	switch (id) {
	case OPT_NOW:
		if (options_number("now", value, 0, 253402300799, &n) != 0)
			return -1;
		args->now_sec = (int64_t)n;
		return 0;
	case OPT_VERIFY:
		args->scheme = signature_scheme_find(value, strlen(value));
		if (args->scheme < 0)
			diag("unknown scheme '%s'; known are wandb, wandb-hex, github and standard",
				value);
		return args->scheme < 0 ? -1 : 0;
	case OPT_SECRET:
		value += *value == '$';
		if (args->nkeys == SIGNATURE_KEYS_MAX ||
			secret_name_len(value, strlen(value)) == 0) {
			diag("--secret takes the name of a secret, at most %d times",
				SIGNATURE_KEYS_MAX);
			return -1;
		}
		args->keys[args->nkeys++] = value;
		return 0;
	case OPT_HEADER:
		if (args->nheaders == VERIFY_HEADERS_MAX || strchr(value, ':') == NULL) {
			diag("--header takes 'NAME: VALUE', at most %d times", VERIFY_HEADERS_MAX);
			return -1;
		}
		args->headers[args->nheaders++] = value;
		return 0;
	case OPT_TOLERANCE:
		return options_duration("tolerance", value, (uint64_t)3650 * 86400 * 1000,
			&args->tolerance_ms);
	default:
		return secret_is_option(id) ? secret_option(args->secrets, id, value)
					    : filter_option(&args->filter, id, value);
	}
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	*args = (struct args){.secrets = secret_store_new(),
		.now_sec = -1,
		.scheme = -1,
		.tolerance_ms = SIGNATURE_TOLERANCE_SEC * 1000};
	if (args->secrets == NULL) {
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
	if (args->scheme < 0 && (args->nkeys != 0 || args->nheaders != 0)) {
		diag("--secret and --header go with --verify; records say themselves what signs them");
		return EXIT_USAGE;
	}
	if (args->scheme >= 0 && (args->nkeys == 0 || args->filter.nfiles > 1)) {
		diag("--verify needs --secret NAME, and one body");
		return EXIT_USAGE;
	}
	if (args->scheme >= 0 && (args->filter.rejects != NULL || args->filter.max_line != 0)) {
		diag("--rejects and --max-line do not go with --verify");
		return EXIT_USAGE;
	}
	return secret_environment(args->secrets) == 0 ? -1 : EXIT_USAGE;
}

static int64_t
now_sec(const struct args *args)
{
	return args->now_sec >= 0 ? args->now_sec : timestamp_now_ms() / 1000;
}

/* The bytes of a header in the line, with its quotes. */
static size_t
header_len(const struct record_header *h)
{
	return (size_t)(h->value.p + h->value.len + 1 - (h->name.p - 1));
}

/* How long the line at hand is when it is signed: as much as write_signed writes, no newline. */
static size_t
signed_len(const struct filter *f, const struct record *rec, const struct signature_header *headers,
	size_t n)
{
	size_t len = f->in.len - (rec->headers_span.len - 2), kept = n;

	for (size_t i = 0; i < n; i++)
		len += strlen(headers[i].name) + strlen(headers[i].value) + strlen("\"\":\"\"");
	for (size_t i = 0; i < rec->nheaders; i++) {
		const struct record_header *h = &rec->headers[i];

		if (signature_header_replaces(headers, n, h->name.p, h->name.len))
			continue;
		len += header_len(h);
		kept++;
	}
	return len + (kept > 0 ? kept - 1 : 0);
}

/* The line as it came, but for the headers: old signatures out, new ones in. */
static void
write_signed(struct filter *f, const struct record *rec, const struct signature_header *headers,
	size_t n)
{
	const char *from = f->in.line, *end = from + f->in.len, *after;
	bool any = false;

	output_add(&f->out, from, (size_t)(rec->headers_span.p + 1 - from));
	for (size_t i = 0; i < rec->nheaders; i++) {
		const struct record_header *h = &rec->headers[i];

		if (signature_header_replaces(headers, n, h->name.p, h->name.len))
			continue;
		if (any)
			output_addc(&f->out, ',');
		output_add(&f->out, h->name.p - 1, header_len(h));
		any = true;
	}
	for (size_t i = 0; i < n; i++) {
		output_add(&f->out, any ? ",\"" : "\"", any ? 2 : 1);
		output_add(&f->out, headers[i].name, strlen(headers[i].name));
		output_lit(&f->out, "\":\"");
		output_add(&f->out, headers[i].value, strlen(headers[i].value));
		output_addc(&f->out, '"');
		any = true;
	}
	after = rec->headers_span.p + rec->headers_span.len - 1;
	output_add(&f->out, after, (size_t)(end - after));
	output_addc(&f->out, '\n');
}

static void
sign_record(struct filter *f, struct request *rq, struct signer *signer, const struct args *args)
{
	struct signature_header headers[REQUEST_SIGNATURES_MAX];
	char error[REQUEST_ERROR_MAX];
	struct record rec;
	struct json js;
	size_t n = 0;

	json_init(&js, f->in.line, f->in.len);
	if (!record_read(&js, &rec) || !json_end(&js)) {
		filter_reject_json(f, &js);
		return;
	}
	if (rec.nschemes == 0) {
		output_add(&f->out, f->in.line, f->in.len);
		output_addc(&f->out, '\n');
		return;
	}
	/* A URL that is a secret need not be known here, unless a secret is bound to its host. */
	if ((request_url(rq, &rec, args->secrets, error) != 0 && !record_is_ref(&rec.url)) ||
		request_body(rq, &rec, args->secrets, error) != 0 ||
		request_sign(rq, &rec, args->secrets, signer, now_sec(args), headers, &n, error) !=
			0)
		filter_reject(f, FILTER_NOWHERE, "%s", error);
	else if (filter_fits(f, signed_len(f, &rec, headers, n)))
		write_signed(f, &rec, headers, n);
}

/* The value of the received header ${name}, or NULL. */
static const char *
received_header(const struct args *args, const char *name)
{
	for (size_t i = 0; i < args->nheaders; i++) {
		const char *colon = strchr(args->headers[i], ':');

		if (header_is(args->headers[i], (size_t)(colon - args->headers[i]), name))
			return colon + 1 + strspn(colon + 1, " \t");
	}
	return NULL;
}

/* Check one received body. Returns the exit status. */
static int
verify(const struct args *args, struct signer *signer)
{
	const enum signature_scheme scheme = (enum signature_scheme)args->scheme;
	const char *path = args->filter.nfiles == 1 ? args->filter.files[0] : "-", *why;
	struct signature_received received = {
		received_header(args, signature_scheme_header(scheme)),
		received_header(args, "webhook-id"), received_header(args, "webhook-timestamp")};
	struct secret keys[SIGNATURE_KEYS_MAX];
	struct strbuf body;
	int status = EXIT_REJECTED;

	strbuf_init(&body, BODY_MAX);
	for (size_t i = 0; i < args->nkeys; i++) {
		/* It goes nowhere, so it does not matter where it may go. */
		if (secret_peek(args->secrets, args->keys[i], strlen(args->keys[i]), &keys[i],
			    &why) != 0) {
			diag("secret %s: %s", args->keys[i], why);
			strbuf_release(&body);
			return EXIT_USAGE;
		}
	}
	if (file_read(path, &body) != 0) {
		diag("cannot read %s: %s", strcmp(path, "-") == 0 ? "standard input" : path,
			strerror(errno));
		status = EXIT_IO;
	} else if (signature_check(signer, scheme, keys, args->nkeys, &received, now_sec(args),
			   (int64_t)(args->tolerance_ms / 1000), body.buf != NULL ? body.buf : "",
			   body.len, &why) != 0) {
		diag("not verified: %s", why);
	} else {
		status = EXIT_DONE;
	}
	strbuf_release(&body);
	return status;
}

/* Sign all records. Returns the exit status. */
static int
sign(const struct args *args, struct signer *signer)
{
	struct request rq;
	struct filter f;

	if (filter_init(&f, &args->filter) != 0)
		return EXIT_USAGE;
	request_init(&rq);
	while (filter_next(&f))
		sign_record(&f, &rq, signer, args);
	request_release(&rq);
	return filter_finish(&f);
}

int
main(int argc, char **argv)
{
	struct signer *signer = NULL;
	struct args args;
	int status;

	diag_init("wb-sign");
	if ((status = parse_args(&args, argc, argv)) < 0 && (signer = signer_new()) == NULL) {
		diag("libcrypto cannot be set up");
		status = EXIT_IO;
	}
	if (status < 0)
		status = args.scheme >= 0 ? verify(&args, signer) : sign(&args, signer);
	signer_free(signer);
	secret_store_free(args.secrets);
	return status;
}
