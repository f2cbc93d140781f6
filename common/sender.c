#include "sender.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attempt.h"
#include "clock.h"
#include "diag.h"
#include "hash.h"
#include "jq_programs.h"
#include "json_text.h"
#include "pacer.h"
#include "resolver.h"
#include "timestamp.h"

enum slot_state { SLOT_FREE, SLOT_RESOLVING, SLOT_SENDING };

/* A place for an attempt. */
struct slot {
	enum slot_state state;
	struct slot *next_free;
	struct delivery *d;
	struct attempt attempt;
	int64_t until_ms, lookup_until_ms; /* when it takes too long */
};

struct sender {
	struct sender_options options;
	struct sender_hooks hooks;
	struct attempt_means means;
	struct queue *queue;
	struct transfers *transfers;
	struct resolver *resolver;
	struct jq_programs *programs;
	struct pacer pacer;
	struct slot *slots, *free;
	struct record rec; /* of a line that is in no slot */
	size_t busy, resolving, retrying, ended;
	uint64_t chance;
	bool stopped;
	int64_t stop_ms; /* when what is under way is broken off, if stopped */
};

static bool
set_up(struct sender *s, const struct sender_options *o)
{
	const struct transfer_options transfer = {.policy = o->policy,
		.connect_timeout_ms = o->connect_timeout_ms,
		.jobs = o->jobs,
		.ca_file = o->ca_file,
		.proxy = o->proxy};
	const struct queue_options queue = {.order = o->order,
		.max_time_ms = o->retry.max_time_ms,
		.breaker = o->breaker};

	s->queue = queue_new(&queue);
	s->resolver = resolver_new();
	s->transfers = transfers_new(&transfer);
	s->programs = jq_programs_new();
	s->means = (struct attempt_means){.policy = o->policy, .secrets = o->secrets};
	s->slots = calloc(o->jobs, sizeof(*s->slots));
	if (s->queue == NULL || s->resolver == NULL || s->transfers == NULL ||
		s->programs == NULL || s->slots == NULL)
		return false;
	for (size_t i = o->jobs; i > 0; i--) {
		struct slot *slot = &s->slots[i - 1];

		attempt_init(&slot->attempt);
		slot->next_free = s->free;
		s->free = slot;
	}
	/* Senders that fail together must not come back together, whatever else fails. */
	if (getrandom(&s->chance, sizeof(s->chance), 0) != (ssize_t)sizeof(s->chance))
		s->chance = (uint64_t)clock_us();
	return true;
}

struct sender *
sender_new(const struct sender_options *options, const struct sender_hooks *hooks)
{
	struct sender *s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->options = *options;
		s->hooks = *hooks;
		pacer_init(&s->pacer, options->interval_us);
	}
	if (s == NULL || !set_up(s, options)) {
		diag("cannot set up for sending: out of memory or descriptors");
		sender_free(s);
		return NULL;
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
	for (size_t i = 0; s->slots != NULL && i < s->options.jobs; i++)
		attempt_release(&s->slots[i].attempt);
	free(s->slots);
	queue_free(s->queue);
	jq_programs_free(s->programs);
	signer_free(s->means.signer);
	pacer_release(&s->pacer);
	free(s);
}

bool
sender_has_room(const struct sender *s)
{
	return queue_has_room(s->queue);
}

bool
sender_is_idle(const struct sender *s)
{
	return queue_count(s->queue) == 0;
}

size_t
sender_retrying(const struct sender *s)
{
	return s->retrying;
}

/* ---- how a delivery ends ---- */

/* Hand the receipt of ${d} out; the last of its attempts is told by ${receipt}, or by ${d}. */
static void
hand_out(struct sender *s, const struct delivery *d, const struct record *rec,
	struct receipt *receipt)
{
	const int64_t now_ms = timestamp_now_ms();

	receipt->rec = rec;
	receipt->attempts = d->attempts;
	receipt->started_ms = d->started_ms != 0 ? d->started_ms : now_ms;
	if (d->began_ms != 0)
		receipt->duration_ms = (uint64_t)(clock_ms() - d->began_ms);
	s->hooks.done(s->hooks.ctx, receipt, d->line, d->len);
	s->retrying -= d->is_retrying;
	s->ended++;
}

static void
free_slot(struct sender *s, struct slot *slot)
{
	/* Secrets do not wait here for the next record to overwrite them. */
	attempt_clear(&slot->attempt);
	s->resolving -= slot->state == SLOT_RESOLVING;
	slot->state = SLOT_FREE;
	slot->next_free = s->free;
	s->free = slot;
	s->busy--;
}

/* The delivery in ${slot} has ended. */
static void
finish(struct sender *s, struct slot *slot, struct receipt *receipt)
{
	struct delivery *d = slot->d;

	hand_out(s, d, &slot->attempt.rec, receipt);
	free_slot(s, slot);
	if (receipt->status == RECEIPT_DEFERRED)
		queue_defer(s->queue, d);
	else
		queue_done(s->queue, d);
}

/* What is deferred without being under way. */
static void
hand_out_deferred(struct sender *s)
{
	enum queue_reason reason;
	struct delivery *d;

	while ((d = queue_take_deferred(s->queue, &reason)) != NULL) {
		struct receipt receipt = {.status = RECEIPT_DEFERRED,
			.reason = queue_reason_name(reason),
			.http_status = d->http_status,
			.error = transfer_error_name(d->error),
			.message = d->message != NULL ? d->message : ""};
		struct json js;

		json_init(&js, d->line, d->len);
		(void)record_read(&js, &s->rec); /* as when it came in */
		hand_out(s, d, &s->rec, &receipt);
		queue_drop(s->queue, d);
	}
}

/* ---- how an attempt ends ---- */

/* What a success_when makes of a 2xx response. */
static void
judge(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	const struct json_span *program = &slot->attempt.rec.success_when;
	char why[JQ_PROGRAM_ERROR_MAX] = "success_when is not true of the response";
	struct strbuf text;
	int verdict = -1;

	if (result->error != TRANSFER_OK || program->type == JSON_NONE)
		return;
	strbuf_init(&text, program->len + 1);
	json_decode(&text, program);
	if (result->truncated)
		snprintf(why, sizeof(why),
			"the response is longer than %d bytes, too long for success_when",
			TRANSFER_READ_MAX);
	else if (strbuf_failed(&text) || text.len == 0)
		snprintf(why, sizeof(why), "out of memory");
	else
		verdict = jq_programs_test(s->programs, text.buf, text.len,
			result->response->len != 0 ? result->response->buf : "",
			result->response->len, why);
	strbuf_release(&text);
	if (verdict > 0)
		return;
	result->error = TRANSFER_REJECTED;
	snprintf(result->message, sizeof(result->message), "%s%s",
		verdict < 0 ? "success_when: " : "", why);
}

/* What ${result} says of the endpoint, and for how long it asks to be left alone. */
static enum queue_report
report_of(const struct transfer_result *result, int64_t after_ms, int64_t *pause_ms)
{
	const long status = result->http_status;

	*pause_ms = 0;
	if (result->fault != TRANSFER_THEIRS)
		return QUEUE_UNTRIED;
	switch (result->error) {
	case TRANSFER_DENIED:
	case TRANSFER_SECRET:
		return QUEUE_UNTRIED;
	case TRANSFER_OK:
	case TRANSFER_REJECTED:
		return QUEUE_ALIVE;
	case TRANSFER_HTTP:
		if (after_ms > 0 && (status == 429 || status == 503))
			*pause_ms = after_ms;
		return status >= 500 ? QUEUE_DOWN : QUEUE_ALIVE;
	default:
		return QUEUE_DOWN;
	}
}

static uint64_t
chance(struct sender *s)
{
	return hash_mix(s->chance += 0x9e3779b97f4a7c15u);
}

/* Keep how the attempt ended, and let the delivery come again at ${at_ms}. */
static void
try_again(struct sender *s, struct slot *slot, const struct transfer_result *result, int64_t at_ms)
{
	struct delivery *d = slot->d;

	free(d->message);
	d->message = strdup(result->message); /* NULL: it is only missing */
	d->error = result->error;
	d->http_status = result->http_status;
	s->retrying += !d->is_retrying;
	d->is_retrying = true;
	free_slot(s, slot);
	queue_retry(s->queue, d, at_ms);
}

static void
show_response(const struct sender *s, const struct transfer_result *result, struct receipt *receipt)
{
	size_t len = result->response != NULL ? result->response->len : 0;

	if (len == 0 || (!s->options.show_response && result->error == TRANSFER_OK))
		return;
	receipt->response = result->response->buf;
	receipt->response_len = len < s->options.response_max ? len : s->options.response_max;
}

/* Every attempt ends here. Whether there is to be another one is decided here. */
static void
attempt_ended(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	const int64_t now_ms = clock_ms(),
		      after_ms = result->retry_after[0] == '\0'
					 ? -1
					 : retry_after_ms(result->retry_after, timestamp_now_ms());
	struct delivery *d = slot->d;
	struct receipt receipt = {.status = RECEIPT_FINISHED, .http_status = result->http_status};
	enum queue_report report;
	int64_t pause_ms, at_ms;

	judge(s, slot, result);
	/* Receivers echo requests; a secret must not come back through a receipt. */
	attempt_mask(&slot->attempt, s->options.secrets, result->message, strlen(result->message),
		false);
	if (result->response != NULL && result->response->len > 0)
		attempt_mask(&slot->attempt, s->options.secrets, result->response->buf,
			result->response->len, result->truncated);
	show_response(s, result, &receipt);
	report = report_of(result, after_ms, &pause_ms);
	queue_report(s->queue, d, report, pause_ms, now_ms);
	if (result->error != TRANSFER_OK) {
		receipt.status = RECEIPT_FAILED;
		receipt.error = transfer_error_name(result->error);
		receipt.message = result->message;
	}
	if (result->fault != TRANSFER_MISTAKE &&
		retry_is_wanted(&s->options.retry, result->error, result->http_status) &&
		d->attempts <= s->options.retry.retries) {
		at_ms = now_ms + (int64_t)retry_delay_ms(d->attempts, chance(s));
		if (at_ms < now_ms + after_ms)
			at_ms = now_ms + after_ms;
		if (at_ms <= queue_deadline(s->queue, d)) {
			try_again(s, slot, result, at_ms);
			return;
		}
		receipt.status = RECEIPT_DEFERRED;
		receipt.reason = queue_reason_name(QUEUE_BUDGET);
	}
	finish(s, slot, &receipt);
}

/* The end of an attempt that never got as far as a transfer. */
static void
attempt_failed(struct sender *s, struct slot *slot, enum transfer_error error, const char *message)
{
	struct transfer_result result = {.error = error};

	snprintf(result.message, sizeof(result.message), "%s", message);
	attempt_ended(s, slot, &result);
}

/* ---- an attempt ---- */

static void
start_transfer(struct sender *s, struct slot *slot, const struct resolver_answer *answer)
{
	struct attempt *a = &slot->attempt;
	const int64_t left_ms = slot->until_ms - clock_ms();
	struct transfer_request request = {.url = a->rq.url.buf,
		.where = &a->rq.where,
		.headers = a->headers,
		.nheaders = a->nheaders,
		.body = a->rq.body.buf != NULL ? a->rq.body.buf : "",
		.len = a->rq.body.len,
		.tls = a->tls.ca.value != NULL || a->tls.cert.value != NULL ? &a->tls : NULL,
		.timeout_ms = left_ms > 1 ? (uint64_t)left_ms : 1,
		.response_max = a->rec.success_when.type != JSON_NONE ? TRANSFER_READ_MAX
								      : s->options.response_max};
	char error[POLICY_ERROR_MAX];

	s->resolving -= slot->state == SLOT_RESOLVING;
	slot->state = SLOT_SENDING;
	if (answer != NULL && answer->error != NULL) {
		snprintf(error, sizeof(error), "%s: %s", a->rq.where.host, answer->error);
		attempt_failed(s, slot, TRANSFER_DNS, error);
		return;
	}
	/*
	 * One address that is not public is one too many: it may be the one that is connected to.
	 */
	for (size_t i = 0; answer != NULL && i < answer->len; i++) {
		if (!policy_check_address(s->options.policy, &a->rq.where,
			    (const struct sockaddr *)&answer->addr[i], error)) {
			slot->d->attempts--;
			attempt_failed(s, slot, TRANSFER_DENIED, error);
			return;
		}
	}
	if (answer != NULL) {
		request.addresses = answer->addr;
		request.naddresses = answer->len;
	}
	if (transfer_start(s->transfers, &request, slot) != 0)
		attempt_failed(s, slot, TRANSFER_CONNECT,
			"cannot set up the request: out of memory");
}

/* Look the host up, if need be, and send. */
static void
resolve(struct sender *s, struct slot *slot)
{
	const struct url *where = &slot->attempt.rq.where;
	const uint64_t look_up_ms = s->options.connect_timeout_ms < s->options.timeout_ms
					    ? s->options.connect_timeout_ms
					    : s->options.timeout_ms;
	struct resolver_answer answer;
	int known;

	slot->d->attempts++;
	slot->until_ms = clock_ms() + (int64_t)s->options.timeout_ms;
	if (s->options.proxy != NULL || where->host_type == URL_HOST_ADDRESS) {
		start_transfer(s, slot, NULL);
		return;
	}
	known = resolver_ask(s->resolver, where->host, &answer);
	if (known < 0) {
		attempt_failed(s, slot, TRANSFER_DNS,
			"cannot look the host up: out of memory or threads");
	} else if (known > 0) {
		start_transfer(s, slot, &answer);
	} else {
		slot->state = SLOT_RESOLVING;
		slot->lookup_until_ms = clock_ms() + (int64_t)look_up_ms;
		s->resolving++;
	}
}

/*
 * Whether the attempt in ${slot} has to wait for its place in time, and is out of the slot. A place
 * that it missed, because its endpoint or all slots were not to be had, is lost: all that waited so
 * would go at once.
 */
static bool
pace(struct sender *s, struct slot *slot)
{
	struct delivery *d = slot->d;
	const int64_t now_us = clock_us();
	int64_t at_us = d->place_us;

	d->place_us = 0;
	if (s->options.interval_us == 0 || (at_us != 0 && now_us - at_us <= PACER_SLACK_US))
		return false;
	at_us = pacer_take(&s->pacer, slot->attempt.rq.where.host, now_us);
	if (at_us <= now_us)
		return false;
	d->place_us = at_us;
	free_slot(s, slot);
	queue_report(s->queue, d, QUEUE_UNTRIED, 0, now_us / 1000);
	queue_retry(s->queue, d, (at_us + 999) / 1000);
	return true;
}

static struct slot *
take_slot(struct sender *s, struct delivery *d)
{
	struct slot *slot = s->free;

	s->free = slot->next_free;
	slot->d = d;
	slot->state = SLOT_SENDING;
	s->busy++;
	return slot;
}

static void
begin(struct sender *s, struct delivery *d)
{
	struct slot *slot = take_slot(s, d);
	char why[ATTEMPT_ERROR_MAX];
	enum transfer_error error;

	error = attempt_prepare(&slot->attempt, &s->means, d->line, d->len, why);
	if (s->hooks.is_finished(s->hooks.ctx, &slot->attempt.rec.delivery_id)) {
		struct receipt receipt = {.status = RECEIPT_SKIPPED};

		queue_report(s->queue, d, QUEUE_UNTRIED, 0, clock_ms());
		finish(s, slot, &receipt);
		return;
	}
	if (error == TRANSFER_OK && pace(s, slot))
		return;
	if (d->began_ms == 0) {
		d->began_ms = d->since_ms = clock_ms();
		d->started_ms = timestamp_now_ms();
	}
	if (error != TRANSFER_OK)
		attempt_failed(s, slot, error, why);
	else
		resolve(s, slot);
}

/* ---- records ---- */

/* A record that need not even wait. */
static void
skip(struct sender *s, const char *line, size_t len)
{
	const struct receipt receipt = {.rec = &s->rec,
		.status = RECEIPT_SKIPPED,
		.started_ms = timestamp_now_ms()};

	s->hooks.done(s->hooks.ctx, &receipt, line, len);
}

int
sender_add(struct sender *s, const char *line, size_t len, char error[SENDER_ERROR_MAX], size_t *at)
{
	struct json js;

	*at = (size_t)-1;
	json_init(&js, line, len);
	if (!record_read(&js, &s->rec) || !json_end(&js)) {
		*at = js.error_at;
		snprintf(error, SENDER_ERROR_MAX, "%s", js.error);
		return -1;
	}
	if (!record_is_signed(&s->rec)) {
		snprintf(error, SENDER_ERROR_MAX,
			"not signed, but to be signed: wb-sign comes before wb-send");
		return -1;
	}
	if (s->hooks.is_finished(s->hooks.ctx, &s->rec.delivery_id)) {
		skip(s, line, len);
		return 0;
	}
	if (queue_add(s->queue, &s->rec, line, len) != 0) {
		snprintf(error, SENDER_ERROR_MAX, "out of memory");
		return -1;
	}
	return 0;
}

void
sender_start(struct sender *s)
{
	const int64_t now_ms = clock_ms();
	struct delivery *d;

	queue_tick(s->queue, now_ms);
	while (s->free != NULL && !s->stopped && s->hooks.may_start(s->hooks.ctx, s->busy + 1) &&
		(d = queue_next(s->queue, now_ms)) != NULL)
		begin(s, d);
	hand_out_deferred(s);
}

/* ---- waiting ---- */

/* Send what waited for a host. */
static void
take_answers(struct sender *s)
{
	struct resolver_answer answer;

	while (resolver_poll(s->resolver, &answer) > 0)
		for (size_t i = 0; i < s->options.jobs; i++)
			if (s->slots[i].state == SLOT_RESOLVING &&
				strcmp(s->slots[i].attempt.rq.where.host, answer.host) == 0)
				start_transfer(s, &s->slots[i], &answer);
}

/* End what has waited too long for a host. Returns when the next one will have, or -1. */
static int64_t
end_lookups(struct sender *s, int64_t now_ms)
{
	char message[URL_HOST_MAX + 64];
	int64_t first_ms = -1;

	for (size_t i = 0; s->resolving > 0 && i < s->options.jobs; i++) {
		struct slot *slot = &s->slots[i];

		if (slot->state != SLOT_RESOLVING)
			continue;
		if (slot->lookup_until_ms <= now_ms) {
			snprintf(message, sizeof(message), "%s: looking it up took too long",
				slot->attempt.rq.where.host);
			attempt_failed(s, slot, TRANSFER_TIMEOUT, message);
		} else if (first_ms < 0 || slot->lookup_until_ms < first_ms) {
			first_ms = slot->lookup_until_ms;
		}
	}
	return first_ms;
}

/* The grace is over. */
static void
break_off(struct sender *s)
{
	for (size_t i = 0; i < s->options.jobs; i++) {
		struct slot *slot = &s->slots[i];
		struct receipt receipt = {.status = RECEIPT_DEFERRED,
			.reason = queue_reason_name(QUEUE_STOPPED),
			.error = transfer_error_name(TRANSFER_TIMEOUT),
			.message =
				"broken off when sending was stopped; whether it arrived is not known"};

		if (slot->state == SLOT_FREE)
			continue;
		if (slot->state == SLOT_SENDING)
			transfer_cancel(s->transfers, slot);
		else
			receipt.message = "stopped while the host was looked up; nothing was sent";
		finish(s, slot, &receipt);
	}
}

static int
until(int64_t a_ms, int64_t b_ms, int64_t now_ms)
{
	if (a_ms < 0 || (b_ms >= 0 && b_ms < a_ms))
		a_ms = b_ms;
	if (a_ms < 0)
		return -1;
	return a_ms <= now_ms ? 0 : a_ms - now_ms > INT_MAX ? INT_MAX : (int)(a_ms - now_ms);
}

int
sender_wait(struct sender *s, struct pollfd *fds, size_t nfds)
{
	struct pollfd all[SENDER_FDS_MAX + 1];
	const size_t before = s->ended, busy = s->busy;
	struct transfer_result result;
	int64_t now_ms = clock_ms(), next_ms;

	memcpy(all, fds, nfds * sizeof(*fds));
	all[nfds] = (struct pollfd){.fd = resolver_fd(s->resolver), .events = POLLIN};
	next_ms = end_lookups(s, now_ms);
	if (s->stopped && s->busy > 0 && (next_ms < 0 || s->stop_ms < next_ms))
		next_ms = s->stop_ms;
	if (s->ended != before || s->busy != busy)
		return 0;
	if (transfers_wait(s->transfers, all, nfds + 1,
		    until(next_ms, queue_next_ms(s->queue), now_ms)) != 0)
		return -1;
	memcpy(fds, all, nfds * sizeof(*fds));
	take_answers(s);
	while (transfers_next(s->transfers, &result))
		attempt_ended(s, result.ctx, &result);
	if (s->stopped && clock_ms() >= s->stop_ms)
		break_off(s);
	return 0;
}

void
sender_stop(struct sender *s, uint64_t grace_ms)
{
	s->stopped = true;
	s->stop_ms = clock_ms() + (int64_t)grace_ms;
	queue_stop(s->queue);
}
