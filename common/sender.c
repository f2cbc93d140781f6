#include "sender.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attempt.h"
#include "clock.h"
#include "diag.h"
#include "hash.h"
#include "judge.h"
#include "outcome.h"
#include "pacer.h"
#include "resolver.h"
#include "slots.h"
#include "timestamp.h"

#define READY_FACTOR 4 /* lanes that are ready, for each slot, before no more is read */

struct sender {
	struct sender_options options;
	struct sender_hooks hooks;
	struct attempt_means means;
	struct outcome_means judges;
	struct queue *queue;
	struct transfers *transfers;
	struct resolver *resolver;
	struct judge *judge;
	struct pacer pacer;
	struct slots slots;
	struct record rec; /* of a line that is in no slot */
	size_t retrying, ended;
	uint64_t chance;
	bool stopped, has_told_shortage;
	int64_t stop_ms; /* when what is under way is broken off, if stopped */
};

/* Returns false with errno set when memory or descriptors run out. */
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
		.ready_max = READY_FACTOR * o->jobs,
		.breaker = o->breaker};

	s->means = (struct attempt_means){.policy = o->policy, .secrets = o->secrets};
	s->judges = (struct outcome_means){.retry = &s->options.retry,
		.secrets = o->secrets,
		.response_max = o->response_max,
		.show_response = o->show_response};
	if (slots_init(&s->slots, o->jobs) != 0 || (s->queue = queue_new(&queue)) == NULL ||
		(s->resolver = resolver_new()) == NULL ||
		(s->transfers = transfers_new(&transfer)) == NULL ||
		(s->judge = judge_new()) == NULL)
		return false;
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
		diag("cannot set up for sending: %s", strerror(errno));
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
	slots_release(&s->slots);
	queue_free(s->queue);
	judge_free(s->judge);
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

/* Those that waited for how this one ends have their turn. */
static void
free_slot(struct sender *s, struct slot *slot)
{
	struct delivery *d, *next;

	for (d = slots_leave(&s->slots, slot); d != NULL; d = next) {
		next = d->twin;
		queue_retry(s->queue, d, clock_ms());
	}
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

/* That ${d} is deferred for ${reason}, and how its last attempt ended. */
static struct receipt
deferred_receipt(const struct delivery *d, enum queue_reason reason)
{
	return (struct receipt){.status = RECEIPT_DEFERRED,
		.reason = queue_reason_name(reason),
		.http_status = d->http_status,
		.error = transfer_error_name(d->error),
		.message = d->message != NULL ? d->message : ""};
}

/* What is deferred without being under way. */
static void
hand_out_deferred(struct sender *s)
{
	enum queue_reason reason;
	struct delivery *d;

	while ((d = queue_take_deferred(s->queue, &reason)) != NULL) {
		struct receipt receipt = deferred_receipt(d, reason);

		record_unpack(d->pack, &s->rec);
		hand_out(s, d, &s->rec, &receipt);
		queue_drop(s->queue, d);
	}
}

/* ---- how an attempt ends ---- */

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

/* Told once: it does not end by itself. */
static void
tell_shortage(struct sender *s, const char *message)
{
	if (!s->has_told_shortage)
		diag("%s", message);
	s->has_told_shortage = true;
}

/* Every attempt ends here. */
static void
attempt_ended(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	const int64_t now_ms = clock_ms();
	struct delivery *d = slot->d;
	struct outcome o;

	d->attempts += outcome_counts(result);
	outcome_make(&o, &s->judges, &slot->attempt, result, d->attempts, chance(s),
		timestamp_now_ms());
	if (result->fault == TRANSFER_SHORTAGE)
		tell_shortage(s, result->message);
	queue_report(s->queue, d, o.report, o.pause_ms, now_ms);
	if (o.again_ms >= 0 && now_ms + o.again_ms <= queue_deadline(s->queue, d)) {
		try_again(s, slot, result, now_ms + o.again_ms);
		return;
	}
	if (o.again_ms >= 0) {
		o.receipt.status = RECEIPT_DEFERRED;
		o.receipt.reason = queue_reason_name(QUEUE_BUDGET);
	}
	finish(s, slot, &o.receipt);
}

/* The end of an attempt that never got as far as a transfer. */
static void
attempt_failed(struct sender *s, struct slot *slot, enum transfer_error error,
	enum transfer_fault fault, const char *message)
{
	struct transfer_result result = {.error = error, .fault = fault};

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
		.needs_response = a->rec.success_when.type != JSON_NONE,
		.response_max = a->rec.success_when.type != JSON_NONE ? TRANSFER_READ_MAX
								      : s->options.response_max};
	char error[POLICY_ERROR_MAX];

	slots_set(&s->slots, slot, SLOT_SENDING);
	if (answer != NULL && answer->error != NULL) {
		snprintf(error, sizeof(error), "%s: %s", a->rq.where.host, answer->error);
		attempt_failed(s, slot, TRANSFER_DNS,
			answer->is_shortage ? TRANSFER_SHORTAGE : TRANSFER_THEIRS, error);
		return;
	}
	/*
	 * One address that is not public is one too many: it may be the one that is connected to.
	 */
	for (size_t i = 0; answer != NULL && i < answer->len; i++) {
		if (!policy_check_address(s->options.policy, &a->rq.where,
			    (const struct sockaddr *)&answer->addr[i], error)) {
			attempt_failed(s, slot, TRANSFER_DENIED, TRANSFER_THEIRS, error);
			return;
		}
	}
	if (answer != NULL) {
		request.addresses = answer->addr;
		request.naddresses = answer->len;
	}
	if (transfer_start(s->transfers, &request, slot) != 0)
		attempt_failed(s, slot, TRANSFER_CONNECT, TRANSFER_SHORTAGE,
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
	char error[RESOLVER_ERROR_MAX];
	int known;

	slot->until_ms = clock_ms() + (int64_t)s->options.timeout_ms;
	if (s->options.proxy != NULL || where->host_type == URL_HOST_ADDRESS) {
		start_transfer(s, slot, NULL);
		return;
	}
	known = resolver_ask(s->resolver, where->host, &answer);
	if (known < 0) {
		snprintf(error, sizeof(error), "cannot look the host up: %s", answer.error);
		attempt_failed(s, slot, TRANSFER_DNS, TRANSFER_SHORTAGE, error);
	} else if (known > 0) {
		start_transfer(s, slot, &answer);
	} else {
		slots_set(&s->slots, slot, SLOT_RESOLVING);
		slot->lookup_until_ms = clock_ms() + (int64_t)look_up_ms;
	}
}

/* The attempt in ${slot} is not made now, and perhaps at ${at_ms}. */
static void
put_back(struct sender *s, struct slot *slot, int64_t at_ms)
{
	struct delivery *d = slot->d;

	free_slot(s, slot);
	queue_report(s->queue, d, ENDPOINT_UNTRIED, 0, clock_ms());
	queue_retry(s->queue, d, at_ms);
}

/*
 * Whether the attempt in ${slot} has to wait for its place in time, or is deferred since that would
 * come too late, and is out of the slot. A place that it missed, because its endpoint or all slots
 * were not to be had, is lost: all that waited so would go at once.
 */
static bool
pace(struct sender *s, struct slot *slot)
{
	const char *host = slot->attempt.rq.where.host;
	struct delivery *d = slot->d;
	const int64_t now_us = clock_us();
	int64_t at_us = d->place_us, at_ms;

	d->place_us = 0;
	if (s->options.interval_us == 0 || (at_us != 0 && now_us - at_us <= PACER_SLACK_US))
		return false;
	at_us = pacer_take(&s->pacer, host, now_us);
	if (at_us <= now_us)
		return false;
	at_ms = (at_us + 999) / 1000;
	if (d->began_ms != 0 && at_ms > queue_deadline(s->queue, d)) {
		struct receipt receipt = deferred_receipt(d, QUEUE_BUDGET);

		pacer_give_back(&s->pacer, host, at_us);
		queue_report(s->queue, d, ENDPOINT_UNTRIED, 0, now_us / 1000);
		finish(s, slot, &receipt);
		return true;
	}
	d->place_us = at_us;
	put_back(s, slot, at_ms);
	return true;
}

/*
 * Whether the delivery in ${slot} is under way in another lane, too, and out of the slot until that
 * attempt has ended: then it is finished and skipped, or has its turn.
 */
static bool
is_twin(struct sender *s, struct slot *slot)
{
	struct delivery *d = slot->d;

	if (slots_note(&s->slots, slot))
		return false;
	free_slot(s, slot);
	queue_report(s->queue, d, ENDPOINT_UNTRIED, 0, clock_ms());
	return true;
}

/* Whether the delivery in ${slot} is finished, and skipped. */
static bool
is_skipped(struct sender *s, struct slot *slot)
{
	struct receipt receipt = {.status = RECEIPT_SKIPPED};

	if (!s->hooks.is_finished(s->hooks.ctx, &slot->attempt.rec.delivery_id))
		return false;
	queue_report(s->queue, slot->d, ENDPOINT_UNTRIED, 0, clock_ms());
	finish(s, slot, &receipt);
	return true;
}

/* The first attempt at ${d} begins now, if none has begun. */
static void
note_begin(struct delivery *d)
{
	if (d->began_ms != 0)
		return;
	d->began_ms = d->since_ms = clock_ms();
	d->started_ms = timestamp_now_ms();
}

/* Nothing keeps the attempt in ${slot} from being made, but its place in time. */
static void
proceed(struct sender *s, struct slot *slot)
{
	if (pace(s, slot))
		return;
	note_begin(slot->d);
	resolve(s, slot);
}

static void
begin(struct sender *s, struct delivery *d)
{
	struct slot *slot = slots_take(&s->slots, d);
	const struct json_span *program = &slot->attempt.rec.success_when;
	char why[ATTEMPT_ERROR_MAX];
	enum transfer_error error;
	enum transfer_fault fault;

	error = attempt_prepare(&slot->attempt, &s->means, d->pack, &fault, why);
	if (s->hooks.is_finished != NULL && (is_skipped(s, slot) || is_twin(s, slot)))
		return;
	if (error != TRANSFER_OK) {
		note_begin(d);
		attempt_failed(s, slot, error, fault, why);
	} else if (program->type != JSON_NONE && !judge_has_checked(s->judge, program)) {
		/* What cannot be judged afterwards must not be sent. */
		slots_set(&s->slots, slot, SLOT_CHECKING);
		judge_add(s->judge, &slot->judged, program, NULL);
	} else {
		proceed(s, slot);
	}
}

/* ---- programs ---- */

/* It is known whether the program in ${slot} can be run; nothing has been sent yet. */
static void
checked(struct sender *s, struct slot *slot)
{
	const int verdict = slot->judged.verdict;
	struct transfer_result result = {.error = TRANSFER_OK};

	if (s->stopped) {
		put_back(s, slot, clock_ms());
		return;
	}
	if (verdict >= 0) {
		proceed(s, slot);
		return;
	}
	note_begin(slot->d);
	outcome_judge(&result, verdict, slot->judged.why);
	attempt_ended(s, slot, &result);
}

/* The program has said what it makes of the answer in ${slot}. */
static void
judged(struct sender *s, struct slot *slot)
{
	const struct judge_case *c = &slot->judged;

	/* It was sent, and is not to be sent again just for that. */
	if (c->verdict == JQ_WORKER_UNABLE && clock_ms() <= queue_deadline(s->queue, slot->d)) {
		tell_shortage(s, c->why);
		judge_again(s->judge, &slot->judged);
		return;
	}
	outcome_judge(&slot->result, c->verdict, c->why);
	attempt_ended(s, slot, &slot->result);
}

static void
take_verdicts(struct sender *s)
{
	struct judge_case *c;

	while ((c = judge_next(s->judge)) != NULL) {
		struct slot *slot = CONTAINER(c, struct slot, judged);

		if (slot->state == SLOT_CHECKING)
			checked(s, slot);
		else
			judged(s, slot);
	}
}

/* The answer, or why there is none; if need be it is judged first. */
static void
transfer_ended(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	const struct json_span *program = &slot->attempt.rec.success_when;
	char why[JQ_PROGRAM_ERROR_MAX];

	if (result->error != TRANSFER_OK || program->type == JSON_NONE) {
		attempt_ended(s, slot, result);
		return;
	}
	if (result->truncated) {
		snprintf(why, sizeof(why),
			"the response is longer than %d bytes, too long for success_when",
			TRANSFER_READ_MAX);
		outcome_judge(result, -1, why);
		attempt_ended(s, slot, result);
		return;
	}
	/* The transfers' buffer is theirs again: take what is in it along. */
	slot->response = *result->response;
	strbuf_init(result->response, slot->response.max);
	slot->result = *result;
	slot->result.response = &slot->response;
	slots_set(&s->slots, slot, SLOT_JUDGING);
	judge_add(s->judge, &slot->judged, program, &slot->response);
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

enum sender_added
sender_add(struct sender *s, const char *line, size_t len, char error[SENDER_ERROR_MAX], size_t *at)
{
	struct json js;

	*at = (size_t)-1;
	json_init(&js, line, len);
	if (!record_read(&js, &s->rec) || !json_end(&js)) {
		*at = js.error_at;
		snprintf(error, SENDER_ERROR_MAX, "%s", js.error);
		return SENDER_REFUSED;
	}
	if (!record_is_signed(&s->rec)) {
		snprintf(error, SENDER_ERROR_MAX,
			"not signed, but to be signed: wb-sign comes before wb-send");
		return SENDER_REFUSED;
	}
	if (s->hooks.is_finished != NULL &&
		s->hooks.is_finished(s->hooks.ctx, &s->rec.delivery_id)) {
		skip(s, line, len);
		return SENDER_ADDED;
	}
	return queue_add(s->queue, &s->rec, line, len) == 0 ? SENDER_ADDED : SENDER_NO_MEMORY;
}

/* Whether there is a place for another attempt, and what comes of it can be recorded. */
static bool
may_start(const struct sender *s)
{
	return s->slots.free != NULL && !s->stopped &&
	       s->hooks.may_start(s->hooks.ctx, s->slots.busy + 1);
}

bool
sender_is_ready(const struct sender *s)
{
	return queue_is_ready(s->queue) && may_start(s);
}

void
sender_start(struct sender *s)
{
	const int64_t now_ms = clock_ms();
	struct delivery *d;

	queue_tick(s->queue, now_ms);
	while (may_start(s) && (d = queue_next(s->queue, now_ms)) != NULL)
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
		for (size_t i = 0; i < s->slots.n; i++)
			if (s->slots.all[i].state == SLOT_RESOLVING &&
				strcmp(s->slots.all[i].attempt.rq.where.host, answer.host) == 0)
				start_transfer(s, &s->slots.all[i], &answer);
}

/* End what has waited too long for a host. Returns when the next one will have, or -1. */
static int64_t
end_lookups(struct sender *s, int64_t now_ms)
{
	char message[URL_HOST_MAX + 64];
	int64_t first_ms = -1;

	for (size_t i = 0; s->slots.resolving > 0 && i < s->slots.n; i++) {
		struct slot *slot = &s->slots.all[i];

		if (slot->state != SLOT_RESOLVING)
			continue;
		if (slot->lookup_until_ms <= now_ms) {
			snprintf(message, sizeof(message), "%s: looking it up took too long",
				slot->attempt.rq.where.host);
			attempt_failed(s, slot, TRANSFER_TIMEOUT, TRANSFER_THEIRS, message);
		} else if (first_ms < 0 || slot->lookup_until_ms < first_ms) {
			first_ms = slot->lookup_until_ms;
		}
	}
	return first_ms;
}

/* The grace is over for what is under way in ${slot}. */
static void
break_off_one(struct sender *s, struct slot *slot)
{
	struct receipt receipt = {.status = RECEIPT_DEFERRED,
		.reason = queue_reason_name(QUEUE_STOPPED),
		.error = transfer_error_name(TRANSFER_TIMEOUT)};

	switch (slot->state) {
	case SLOT_FREE:
	case SLOT_STARTING: /* which never lasts */
		return;
	case SLOT_CHECKING:
		judge_drop(s->judge, &slot->judged);
		receipt.message = "stopped while success_when was compiled; nothing was sent";
		break;
	case SLOT_RESOLVING:
		receipt.message = "stopped while the host was looked up; nothing was sent";
		break;
	case SLOT_SENDING:
		transfer_cancel(s->transfers, slot);
		slot->d->attempts++;
		receipt.message =
			"broken off when sending was stopped; whether it arrived is not known";
		break;
	case SLOT_JUDGING:
		judge_drop(s->judge, &slot->judged);
		slot->d->attempts++;
		receipt.http_status = slot->result.http_status;
		receipt.message = "stopped before success_when had judged the answer";
		break;
	}
	finish(s, slot, &receipt);
}

static void
break_off(struct sender *s)
{
	for (size_t i = 0; i < s->slots.n; i++)
		break_off_one(s, &s->slots.all[i]);
}

/* The earlier of two times, of which -1 is never. */
static int64_t
earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

/* Wait until ${at_ms} (-1: never) at most. Returns 0, or -1 with errno set. */
static int
wait_until(struct sender *s, struct pollfd *fds, size_t nfds, int64_t at_ms)
{
	const int64_t left_ms = at_ms - clock_ms();
	int timeout_ms = at_ms < 0           ? -1
			 : left_ms <= 0      ? 0
			 : left_ms > INT_MAX ? INT_MAX
					     : (int)left_ms;

	errno = 0;
	if (transfers_wait(s->transfers, fds, nfds, timeout_ms) == 0)
		return 0;
	/* What libcurl fails of, it does not say. */
	errno = errno != 0 ? errno : EIO;
	return -1;
}

int
sender_wait(struct sender *s, struct pollfd *fds, size_t nfds, int64_t until_ms)
{
	struct pollfd all[SENDER_FDS_MAX + 2];
	const size_t before = s->ended, busy = s->slots.busy;
	struct transfer_result result;
	size_t n = nfds;
	int64_t judge_ms;

	/* What has come is taken before anything is called late. */
	take_answers(s);
	take_verdicts(s);
	memcpy(all, fds, nfds * sizeof(*fds));
	all[n++] = (struct pollfd){.fd = resolver_fd(s->resolver), .events = POLLIN};
	n += judge_poll(s->judge, &all[n], &judge_ms);
	until_ms = earlier(until_ms, judge_ms);
	until_ms = earlier(until_ms, end_lookups(s, clock_ms()));
	until_ms = earlier(until_ms, queue_next_ms(s->queue));
	if (s->stopped && s->slots.busy > 0)
		until_ms = earlier(until_ms, s->stop_ms);
	if (s->ended != before || s->slots.busy != busy)
		return 0;
	if (wait_until(s, all, n, until_ms) != 0) {
		const int error = errno;

		sender_stop(s, 0);
		break_off(s);
		errno = error;
		return -1;
	}
	memcpy(fds, all, nfds * sizeof(*fds));
	take_answers(s);
	while (transfers_next(s->transfers, &result))
		transfer_ended(s, result.ctx, &result);
	take_verdicts(s);
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
