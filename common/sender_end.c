#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "diag.h"
#include "hash.h"
#include "sender_private.h"
#include "timestamp.h"

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

void
sender_free_slot(struct sender *s, struct slot *slot)
{
	struct delivery *d, *next;

	for (d = slots_leave(&s->slots, slot); d != NULL; d = next) {
		next = d->twin;
		queue_retry(s->queue, d, clock_ms());
	}
}

void
sender_finish(struct sender *s, struct slot *slot, struct receipt *receipt)
{
	struct delivery *d = slot->d;

	hand_out(s, d, &slot->attempt.rec, receipt);
	sender_free_slot(s, slot);
	if (receipt->status == RECEIPT_DEFERRED)
		queue_defer(s->queue, d);
	else
		queue_done(s->queue, d);
}

struct receipt
sender_deferred_receipt(const struct delivery *d, enum queue_reason reason)
{
	return (struct receipt){.status = RECEIPT_DEFERRED,
		.reason = queue_reason_name(reason),
		.http_status = d->http_status,
		.error = transfer_error_name(d->error),
		.message = d->message != NULL ? d->message : ""};
}

void
sender_hand_out_deferred(struct sender *s)
{
	enum queue_reason reason;
	struct delivery *d;

	while ((d = queue_take_deferred(s->queue, &reason)) != NULL) {
		struct receipt receipt = sender_deferred_receipt(d, reason);

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
	sender_free_slot(s, slot);
	queue_retry(s->queue, d, at_ms);
}

void
sender_tell_once(bool *has_told, const char *message)
{
	if (!*has_told)
		diag("%s", message);
	*has_told = true;
}

void
sender_attempt_ended(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	const int64_t now_ms = clock_ms();
	struct delivery *d = slot->d;
	struct outcome o;

	d->attempts += outcome_counts(result);
	outcome_make(&o, &s->judges, &slot->attempt, result, d->attempts, chance(s),
		timestamp_now_ms());
	if (slot->launch.item[0] != '\0')
		o.receipt.item = slot->launch.item;
	if (result->fault == TRANSFER_SHORTAGE)
		sender_tell_once(&s->has_told_shortage, result->message);
	if (result->fault == TRANSFER_PASSING && o.again_ms >= 0)
		sender_tell_once(&s->has_told_failure, result->message);
	queue_report(s->queue, d, o.report, o.pause_ms, now_ms);
	if (o.again_ms >= 0 && now_ms + o.again_ms <= queue_deadline(s->queue, d)) {
		try_again(s, slot, result, now_ms + o.again_ms);
		return;
	}
	if (o.again_ms >= 0) {
		o.receipt.status = RECEIPT_DEFERRED;
		o.receipt.reason = queue_reason_name(QUEUE_BUDGET);
	}
	sender_finish(s, slot, &o.receipt);
}

void
sender_attempt_failed(struct sender *s, struct slot *slot, enum transfer_error error,
	enum transfer_fault fault, const char *message)
{
	struct transfer_result result = {.error = error, .fault = fault};

	snprintf(result.message, sizeof(result.message), "%s", message);
	sender_attempt_ended(s, slot, &result);
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
	case SLOT_STARTING: /* which never lasts, and neither does the other after a stop */
	case SLOT_FETCHING:
		return;
	case SLOT_NOTING:
		receipt.message = "stopped before it was noted in the journal; nothing was sent";
		break;
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
	sender_finish(s, slot, &receipt);
}

void
sender_break_off(struct sender *s)
{
	for (size_t i = 0; i < s->slots.n; i++)
		break_off_one(s, &s->slots.all[i]);
}
