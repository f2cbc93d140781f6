#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sender_private.h"
#include "timestamp.h"

/* Make ${request} the question whether it was done before. False when memory runs out. */
static bool
ask_first(struct slot *slot, struct transfer_request *request)
{
	struct strbuf *body = &slot->launch.body;

	strbuf_release(body);
	strbuf_init(body, LAUNCH_LOOK_MAX);
	launch_look_body(body, &slot->attempt.rec, slot->launch.cursor);
	request->body = body->buf;
	request->len = body->len;
	request->read_max = request->response_max = LAUNCH_LOOK_MAX;
	return !strbuf_failed(body);
}

void
sender_start_transfer(struct sender *s, struct slot *slot, const struct resolver_answer *answer)
{
	struct attempt *a = &slot->attempt;
	const bool needs_response = a->rec.is_launch || a->rec.success_when.type != JSON_NONE;
	const int64_t now_ms = clock_ms(), left_ms = slot->until_ms - now_ms,
		      budget_ms = queue_deadline(s->queue, slot->d) - now_ms;
	struct transfer_request request = {.url = a->rq.url.buf,
		.where = &a->rq.where,
		.headers = a->headers,
		.nheaders = a->nheaders,
		.body = a->rq.body.buf != NULL ? a->rq.body.buf : "",
		.len = a->rq.body.len,
		.tls = a->tls.ca.value != NULL || a->tls.cert.value != NULL ? &a->tls : NULL,
		.timeout_ms = left_ms > 1 ? (uint64_t)left_ms : 1,
		.starve_ms = budget_ms > 1 ? (uint64_t)budget_ms : 1,
		.needs_response = needs_response,
		.response_max = needs_response ? TRANSFER_READ_MAX : s->options.response_max};
	char error[POLICY_ERROR_MAX];

	slots_set(&s->slots, slot, SLOT_SENDING);
	if (a->rec.is_launch && slot->launch.is_look && !ask_first(slot, &request)) {
		sender_attempt_failed(s, slot, TRANSFER_CONNECT, TRANSFER_SHORTAGE,
			"cannot set up the request: out of memory");
		return;
	}
	if (answer != NULL && answer->error != NULL) {
		snprintf(error, sizeof(error), "%s: %s", a->rq.where.host, answer->error);
		sender_attempt_failed(s, slot, TRANSFER_DNS,
			answer->is_shortage ? TRANSFER_SHORTAGE : TRANSFER_THEIRS, error);
		return;
	}
	/*
	 * One address that is not public is one too many: it may be the one that is connected to.
	 */
	for (size_t i = 0; answer != NULL && i < answer->len; i++) {
		if (!policy_check_address(s->options.policy, &a->rq.where,
			    (const struct sockaddr *)&answer->addr[i], error)) {
			sender_attempt_failed(s, slot, TRANSFER_DENIED, TRANSFER_THEIRS, error);
			return;
		}
	}
	if (answer != NULL) {
		request.addresses = answer->addr;
		request.naddresses = answer->len;
	}
	if (transfer_start(s->transfers, &request, slot) != 0)
		sender_attempt_failed(s, slot, TRANSFER_CONNECT, TRANSFER_SHORTAGE,
			"cannot set up the request: out of memory");
}

void
sender_resolve(struct sender *s, struct slot *slot)
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
		sender_start_transfer(s, slot, NULL);
		return;
	}
	known = resolver_ask(s->resolver, where->host, &answer);
	if (known < 0) {
		snprintf(error, sizeof(error), "cannot look the host up: %s", answer.error);
		sender_attempt_failed(s, slot, TRANSFER_DNS, TRANSFER_SHORTAGE, error);
	} else if (known > 0) {
		sender_start_transfer(s, slot, &answer);
	} else {
		slots_set(&s->slots, slot, SLOT_RESOLVING);
		slot->lookup_until_ms = clock_ms() + (int64_t)look_up_ms;
	}
}

void
sender_put_back(struct sender *s, struct slot *slot, int64_t at_ms)
{
	struct delivery *d = slot->d;

	sender_free_slot(s, slot);
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
		struct receipt receipt = sender_deferred_receipt(d, QUEUE_BUDGET);

		pacer_give_back(&s->pacer, host, at_us);
		queue_report(s->queue, d, ENDPOINT_UNTRIED, 0, now_us / 1000);
		sender_finish(s, slot, &receipt);
		return true;
	}
	d->place_us = at_us;
	sender_put_back(s, slot, at_ms);
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
	sender_free_slot(s, slot);
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
	sender_finish(s, slot, &receipt);
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
	if (slot->attempt.rec.is_launch)
		sender_launch_begin(s, slot);
	else
		sender_resolve(s, slot);
}

/* The attempt in ${slot} was made ready, or not, as attempt_prepare says. */
static void
prepared(struct sender *s, struct slot *slot, enum transfer_error error, enum transfer_fault fault,
	const char *why)
{
	const struct json_span *program = &slot->attempt.rec.success_when;

	if (error != TRANSFER_OK && fault == TRANSFER_NOT_YET) {
		slots_set(&s->slots, slot, SLOT_FETCHING);
	} else if (error != TRANSFER_OK) {
		note_begin(slot->d);
		sender_attempt_failed(s, slot, error, fault, why);
	} else if (program->type != JSON_NONE && !judge_has_checked(s->judge, program)) {
		/* What cannot be judged afterwards must not be sent. */
		slots_set(&s->slots, slot, SLOT_CHECKING);
		judge_add(s->judge, &slot->judged, program, NULL);
	} else {
		proceed(s, slot);
	}
}

void
sender_begin(struct sender *s, struct delivery *d)
{
	struct slot *slot = slots_take(&s->slots, d);
	char why[ATTEMPT_ERROR_MAX];
	enum transfer_error error;
	enum transfer_fault fault;

	error = attempt_prepare(&slot->attempt, &s->means, d->pack, &fault, why);
	if (s->hooks.is_finished != NULL && (is_skipped(s, slot) || is_twin(s, slot)))
		return;
	prepared(s, slot, error, fault, why);
}

/* ---- secrets ---- */

void
sender_take_secrets(struct sender *s)
{
	char why[ATTEMPT_ERROR_MAX];
	enum transfer_error error;
	enum transfer_fault fault;

	while (secret_store_next(s->options.secrets)) {
		for (size_t i = 0; s->slots.fetching > 0 && i < s->slots.n; i++) {
			struct slot *slot = &s->slots.all[i];

			if (slot->state != SLOT_FETCHING)
				continue;
			error = attempt_prepare(&slot->attempt, &s->means, slot->d->pack, &fault,
				why);
			prepared(s, slot, error, fault, why);
		}
	}
}

void
sender_stop_fetching(struct sender *s)
{
	secret_store_stop(s->options.secrets);
	for (size_t i = 0; s->slots.fetching > 0 && i < s->slots.n; i++)
		if (s->slots.all[i].state == SLOT_FETCHING)
			sender_put_back(s, &s->slots.all[i], clock_ms());
}

/* ---- programs ---- */

/* It is known whether the program in ${slot} can be run; nothing has been sent yet. */
static void
checked(struct sender *s, struct slot *slot)
{
	const int verdict = slot->judged.verdict;
	struct transfer_result result = {.error = TRANSFER_OK};

	if (s->stopped) {
		sender_put_back(s, slot, clock_ms());
		return;
	}
	if (verdict >= 0) {
		proceed(s, slot);
		return;
	}
	note_begin(slot->d);
	outcome_judge(&result, verdict, slot->judged.why);
	sender_attempt_ended(s, slot, &result);
}

/* The program has said what it makes of the answer in ${slot}. */
static void
judged(struct sender *s, struct slot *slot)
{
	const struct judge_case *c = &slot->judged;

	/* It was sent, and is not to be sent again just for that. */
	if (c->verdict == JQ_WORKER_UNABLE && clock_ms() <= queue_deadline(s->queue, slot->d)) {
		sender_tell_once(&s->has_told_shortage, c->why);
		judge_again(s->judge, &slot->judged);
		return;
	}
	outcome_judge(&slot->result, c->verdict, c->why);
	sender_attempt_ended(s, slot, &slot->result);
}

void
sender_take_verdicts(struct sender *s)
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

void
sender_transfer_ended(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	const struct json_span *program = &slot->attempt.rec.success_when;
	char why[JQ_PROGRAM_ERROR_MAX];

	if (slot->attempt.rec.is_launch) {
		sender_launch_ended(s, slot, result);
		return;
	}
	if (outcome_accept(result, &slot->attempt.rec.success_status)) {
		sender_attempt_ended(s, slot, result);
		return;
	}
	if (program->type == JSON_NONE)
		outcome_let_status_stand(result);
	if (result->error != TRANSFER_OK || program->type == JSON_NONE) {
		sender_attempt_ended(s, slot, result);
		return;
	}
	if (result->truncated) {
		snprintf(why, sizeof(why),
			"the response is longer than %d bytes, too long for success_when",
			TRANSFER_READ_MAX);
		outcome_judge(result, -1, why);
		sender_attempt_ended(s, slot, result);
		return;
	}
	if (result->response->len == 0) {
		outcome_judge(result, -1, "the response is empty");
		sender_attempt_ended(s, slot, result);
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
