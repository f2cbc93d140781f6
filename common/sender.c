#include "sender.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diag.h"
#include "header.h"
#include "json_text.h"
#include "request.h"
#include "resolver.h"
#include "timestamp.h"
#include "transfer.h"

#define HEADER_TEXT_MAX ((size_t)(RECORD_HEADERS_MAX + 4) * (HEADER_VALUE_MAX + 512) + SECRET_MAX)

enum delivery_state { DELIVERY_FREE, DELIVERY_RESOLVING, DELIVERY_SENDING };

/* A record on its way. */
struct delivery {
	enum delivery_state state;
	struct strbuf line; /* that all spans point into */
	struct record rec;
	struct request rq;
	struct strbuf header_text; /* NUL-terminated lines, one behind the other */
	char *headers[RECORD_HEADERS_MAX + 4];
	size_t nheaders;
	unsigned attempts;
	int64_t started_ms;      /* of the first attempt */
	int64_t lookup_until_ms; /* of the monotonic clock, while resolving */
};

struct sender {
	struct sender_options options;
	sender_done_fn *done;
	void *ctx;
	struct transfers *transfers;
	struct resolver *resolver;
	struct delivery *deliveries;
	size_t busy, ended;
};

struct sender *
sender_new(const struct sender_options *options, sender_done_fn *done, void *ctx)
{
	struct sender *s = calloc(1, sizeof(*s));
	const struct transfer_options transfer = {options->policy, options->connect_timeout_ms,
		options->timeout_ms, options->jobs, options->response_max, options->ca_file,
		options->proxy};

	if (s != NULL) {
		s->options = *options;
		s->done = done;
		s->ctx = ctx;
		s->resolver = resolver_new();
		s->transfers = transfers_new(&transfer);
		s->deliveries = calloc(options->jobs, sizeof(*s->deliveries));
	}
	if (s == NULL || s->resolver == NULL || s->transfers == NULL || s->deliveries == NULL) {
		diag("cannot set up for sending: out of memory or descriptors");
		sender_free(s);
		return NULL;
	}
	for (size_t i = 0; i < options->jobs; i++) {
		struct delivery *d = &s->deliveries[i];

		strbuf_init(&d->line, (size_t)1024 * 1024 * 1024);
		strbuf_init_secret(&d->header_text, HEADER_TEXT_MAX);
		request_init(&d->rq);
	}
	return s;
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	transfers_free(s->transfers);
	resolver_free(s->resolver);
	for (size_t i = 0; s->deliveries != NULL && i < s->options.jobs; i++) {
		strbuf_release(&s->deliveries[i].line);
		strbuf_release(&s->deliveries[i].header_text);
		request_release(&s->deliveries[i].rq);
	}
	free(s->deliveries);
	free(s);
}

bool
sender_has_room(const struct sender *s)
{
	return s->busy < s->options.jobs;
}

bool
sender_is_idle(const struct sender *s)
{
	return s->busy == 0;
}

/* A message without what it may hold of a secret: a value, or the host of a URL that is one. */
static const char *
masked(const struct sender *s, const struct delivery *d, const char *message,
	char out[TRANSFER_ERROR_MAX])
{
	const char *host = d->rq.where.host;
	size_t len;

	snprintf(out, TRANSFER_ERROR_MAX, "%s", message);
	secret_mask(s->options.secrets, out, strlen(out), false);
	if (record_is_ref(&d->rec.url) && d->rq.has_url && (len = strlen(host)) != 0)
		for (char *p = out; (p = strcasestr(p, host)) != NULL; p += len)
			memset(p, '*', len);
	return out;
}

static void
finish(struct sender *s, struct delivery *d, struct receipt *receipt)
{
	char message[TRANSFER_ERROR_MAX];

	if (receipt->error != NULL)
		receipt->message = masked(s, d, receipt->message, message);
	receipt->rec = &d->rec;
	receipt->attempts = d->attempts;
	receipt->started_ms = d->started_ms;
	s->done(s->ctx, receipt);
	d->state = DELIVERY_FREE;
	s->busy--;
	s->ended++;
	/* Secrets do not wait here for the next record to overwrite them. */
	strbuf_reset(&d->rq.url);
	strbuf_reset(&d->rq.body);
	strbuf_reset(&d->header_text);
}

/* The end of a delivery that never got as far as the network. */
static void
finish_unsent(struct sender *s, struct delivery *d, enum transfer_error error, const char *message)
{
	struct receipt receipt = {.status = RECEIPT_FAILED,
		.error = transfer_error_name(error),
		.message = message};

	finish(s, d, &receipt);
}

/* Of a URL that is a secret, the path is what is secret, and error pages like to repeat it. */
static void
mask_url_path(const struct delivery *d, char *text, size_t len)
{
	const char *url = d->rq.url.buf, *path = strchr(url + strlen("https://"), '/');
	size_t n = path != NULL ? strcspn(path, "?") : 0;
	char *p = text, *end = text + len;

	if (!record_is_ref(&d->rec.url) || n < 2)
		return;
	while ((p = memmem(p, (size_t)(end - p), path, n)) != NULL) {
		memset(p, '*', n);
		p += n;
	}
}

/* Every attempt ends here. Whether there is to be another one is decided here. */
static void
attempt_ended(struct sender *s, struct delivery *d, struct transfer_result *result)
{
	struct receipt receipt = {.status = result->error == TRANSFER_OK ? RECEIPT_FINISHED
									 : RECEIPT_FAILED,
		.http_status = result->http_status,
		.duration_ms = result->duration_ms,
		.error = transfer_error_name(result->error),
		.message = result->message};

	if (result->response->len > 0 &&
		(s->options.show_response || result->error != TRANSFER_OK)) {
		/* Receivers echo requests; a secret must not come back through a receipt. */
		secret_mask(s->options.secrets, result->response->buf, result->response->len,
			result->truncated);
		mask_url_path(d, result->response->buf, result->response->len);
		receipt.response = result->response->buf;
		receipt.response_len = result->response->len;
	}
	finish(s, d, &receipt);
}

static void
add_header(struct delivery *d, const char *name, size_t name_len, const char *prefix,
	const char *value, size_t len)
{
	if (strbuf_failed(&d->header_text))
		return;
	/* The buffer may still move: keep the offset, and make it a pointer at the end. */
	d->headers[d->nheaders++] = (char *)(uintptr_t)d->header_text.len;
	strbuf_add(&d->header_text, name, name_len);
	/*
	 * libcurl's spelling of a header without a value; with a colon it would
	 * leave the header out.
	 */
	strbuf_adds(&d->header_text, len == 0 && *prefix == '\0' ? ";" : ": ");
	strbuf_adds(&d->header_text, prefix);
	strbuf_add(&d->header_text, value, len);
	strbuf_addc(&d->header_text, '\0');
}

static int
add_secret_header(struct sender *s, struct delivery *d, const char *name, size_t name_len,
	const char *prefix, const struct json_span *ref, char error[REQUEST_ERROR_MAX])
{
	struct secret value;

	if (request_secret(&d->rq, ref, s->options.secrets, &value, error) != 0)
		return -1;
	for (size_t i = 0; i < value.len; i++) {
		if ((unsigned char)value.value[i] < 0x20 || value.value[i] == 0x7f) {
			snprintf(error, REQUEST_ERROR_MAX,
				"secret %.*s: holds a control character, so it cannot be in a header",
				(int)ref->len - 1, ref->p + 1);
			return -1;
		}
	}
	add_header(d, name, name_len, prefix, value.value, value.len);
	return 0;
}

/* All header lines of the request. Returns 0, or -1 with the reason in ${error}. */
static int
build_headers(struct sender *s, struct delivery *d, char error[REQUEST_ERROR_MAX])
{
	const struct record *rec = &d->rec;
	bool has_agent = false;
	struct strbuf plain;

	strbuf_reset(&d->header_text);
	d->nheaders = 0;
	for (size_t i = 0; i < rec->nheaders; i++) {
		const struct record_header *h = &rec->headers[i];

		has_agent |= header_is(h->name.p, h->name.len, "User-Agent");
		if (record_is_ref(&h->value)) {
			if (add_secret_header(s, d, h->name.p, h->name.len, "", &h->value, error) !=
				0)
				return -1;
			continue;
		}
		strbuf_init(&plain, HEADER_VALUE_MAX);
		json_decode(&plain, &h->value);
		add_header(d, h->name.p, h->name.len, "", plain.buf, plain.len);
		d->header_text.failed |= strbuf_failed(&plain);
		strbuf_release(&plain);
	}
	if (rec->bearer.type != JSON_NONE &&
		add_secret_header(s, d, "Authorization", 13, "Bearer ", &rec->bearer, error) != 0)
		return -1;
	if (!has_agent)
		add_header(d, "User-Agent", 10, "wb-tools/", WB_VERSION, strlen(WB_VERSION));
	if (strbuf_failed(&d->header_text)) {
		snprintf(error, REQUEST_ERROR_MAX, "out of memory");
		return -1;
	}
	for (size_t i = 0; i < d->nheaders; i++)
		d->headers[i] = d->header_text.buf + (uintptr_t)d->headers[i];
	return 0;
}

static void
start_attempt(struct sender *s, struct delivery *d, const struct resolver_answer *answer)
{
	struct transfer_request request = {.url = d->rq.url.buf,
		.where = &d->rq.where,
		.headers = d->headers,
		.nheaders = d->nheaders,
		.body = d->rq.body.buf != NULL ? d->rq.body.buf : "",
		.len = d->rq.body.len};
	char error[POLICY_ERROR_MAX];

	if (answer != NULL && answer->error != NULL) {
		snprintf(error, sizeof(error), "%s: %s", d->rq.where.host, answer->error);
		finish_unsent(s, d, TRANSFER_DNS, error);
		return;
	}
	/*
	 * One address that is not public is one too many: it may be the one that is connected to.
	 */
	for (size_t i = 0; answer != NULL && i < answer->len; i++) {
		if (!policy_check_address(s->options.policy, &d->rq.where,
			    (const struct sockaddr *)&answer->addr[i], error)) {
			finish_unsent(s, d, TRANSFER_DENIED, error);
			return;
		}
	}
	if (answer != NULL) {
		request.addresses = answer->addr;
		request.naddresses = answer->len;
	}
	d->attempts++;
	d->state = DELIVERY_SENDING;
	if (transfer_start(s->transfers, &request, d) != 0)
		finish_unsent(s, d, TRANSFER_CONNECT, "cannot set up the request: out of memory");
}

static int64_t
monotonic_ms(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
wait_for_answer(const struct sender *s, struct delivery *d)
{
	const uint64_t limit = s->options.connect_timeout_ms < s->options.timeout_ms
				       ? s->options.connect_timeout_ms
				       : s->options.timeout_ms;

	d->state = DELIVERY_RESOLVING;
	d->lookup_until_ms = monotonic_ms() + (int64_t)limit;
}

/* Look the host up, if need be, and send. */
static void
begin(struct sender *s, struct delivery *d)
{
	struct resolver_answer answer;
	int known;

	if (s->options.proxy != NULL || d->rq.where.host_type == URL_HOST_ADDRESS) {
		start_attempt(s, d, NULL);
		return;
	}
	known = resolver_ask(s->resolver, d->rq.where.host, &answer);
	if (known < 0)
		finish_unsent(s, d, TRANSFER_DNS,
			"cannot look the host up: out of memory or threads");
	else if (known > 0)
		start_attempt(s, d, &answer);
	else
		wait_for_answer(s, d);
}

/* A place for a record, its line copied. */
static struct delivery *
take_place(struct sender *s, const char *line, size_t len)
{
	struct delivery *d = s->deliveries;

	while (d->state != DELIVERY_FREE)
		d++;
	strbuf_reset(&d->line);
	strbuf_add(&d->line, line, len);
	d->attempts = 0;
	return strbuf_failed(&d->line) ? NULL : d;
}

int
sender_add(struct sender *s, const char *line, size_t len, char error[SENDER_ERROR_MAX], size_t *at)
{
	struct delivery *d = take_place(s, line, len);
	char why[POLICY_ERROR_MAX];
	struct json js;

	*at = (size_t)-1;
	if (d == NULL) {
		snprintf(error, SENDER_ERROR_MAX, "out of memory");
		return -1;
	}
	json_init(&js, d->line.buf, d->line.len);
	if (!record_read(&js, &d->rec) || !json_end(&js)) {
		*at = js.error_at;
		snprintf(error, SENDER_ERROR_MAX, "%s", js.error);
		return -1;
	}
	if (!record_is_signed(&d->rec)) {
		snprintf(error, SENDER_ERROR_MAX,
			"not signed, but to be signed: wb-sign comes before wb-send");
		return -1;
	}
	s->busy++;
	d->started_ms = timestamp_now_ms();
	d->state = DELIVERY_RESOLVING;
	if (request_url(&d->rq, &d->rec, s->options.secrets, why) != 0)
		finish_unsent(s, d, record_is_ref(&d->rec.url) ? TRANSFER_SECRET : TRANSFER_DENIED,
			why);
	else if (!policy_check_url(s->options.policy, &d->rq.where, why))
		finish_unsent(s, d, TRANSFER_DENIED, why);
	else if (request_body(&d->rq, &d->rec, s->options.secrets, why) != 0 ||
		 build_headers(s, d, why) != 0)
		finish_unsent(s, d, TRANSFER_SECRET, why);
	else
		begin(s, d);
	return 0;
}

/* Send what waited for a host. */
static void
take_answers(struct sender *s)
{
	struct resolver_answer answer;

	while (resolver_poll(s->resolver, &answer) > 0)
		for (size_t i = 0; i < s->options.jobs; i++)
			if (s->deliveries[i].state == DELIVERY_RESOLVING &&
				strcmp(s->deliveries[i].rq.where.host, answer.host) == 0)
				start_attempt(s, &s->deliveries[i], &answer);
}

/* End what has waited too long for a host. Returns how long the next one may still wait, or -1. */
static int
end_lookups(struct sender *s)
{
	const int64_t now = monotonic_ms();
	char message[URL_HOST_MAX + 64];
	int64_t least = -1;

	for (size_t i = 0; i < s->options.jobs; i++) {
		struct delivery *d = &s->deliveries[i];
		int64_t left = d->lookup_until_ms - now;

		if (d->state != DELIVERY_RESOLVING)
			continue;
		if (left <= 0) {
			snprintf(message, sizeof(message), "%s: looking it up took too long",
				d->rq.where.host);
			finish_unsent(s, d, TRANSFER_TIMEOUT, message);
		} else if (least < 0 || left < least) {
			least = left;
		}
	}
	return least > INT_MAX ? INT_MAX : (int)least;
}

int
sender_wait(struct sender *s, int fd)
{
	struct pollfd fds[2] = {{.fd = resolver_fd(s->resolver), .events = POLLIN},
		{.fd = fd, .events = POLLIN}};
	const size_t before = s->ended;
	struct transfer_result result;
	int limit_ms;

	while (s->ended == before) {
		take_answers(s);
		limit_ms = end_lookups(s);
		if (s->ended != before)
			break;
		if (transfers_wait(s->transfers, fds, fd >= 0 ? 2 : 1, limit_ms) != 0)
			return -1;
		while (transfers_next(s->transfers, &result))
			attempt_ended(s, result.ctx, &result);
		if (fd >= 0 && fds[1].revents != 0)
			break;
	}
	return 0;
}
