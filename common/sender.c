#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "diag.h"
#include "portable.h"
#include "sender_private.h"
#include "timestamp.h"

#define READY_FACTOR 4 /* lanes that are ready, for each slot, before no more is read */

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

	secret_store_go_on(o->secrets);
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
	if (portable_random(&s->chance, sizeof(s->chance)) != 0)
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

size_t
sender_open_circuits(const struct sender *s)
{
	return queue_open_circuits(s->queue);
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
		sender_begin(s, d);
	sender_hand_out_deferred(s);
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
				sender_start_transfer(s, &s->slots.all[i], &answer);
}

/* The host of ${slot} was waited for long enough. */
static void
end_lookup(struct sender *s, struct slot *slot)
{
	const char *host = slot->attempt.rq.where.host;
	char message[URL_HOST_MAX + RESOLVER_ERROR_MAX];
	struct resolver_answer answer;

	resolver_give_up(s->resolver, host, &answer);
	snprintf(message, sizeof(message), "%s: %s", host, answer.error);
	if (answer.is_shortage)
		sender_attempt_failed(s, slot, TRANSFER_DNS, TRANSFER_SHORTAGE, message);
	else
		sender_attempt_failed(s, slot, TRANSFER_TIMEOUT, TRANSFER_THEIRS, message);
}

/* End what has waited too long for a host. Returns when the next one will have, or -1. */
static int64_t
end_lookups(struct sender *s, int64_t now_ms)
{
	int64_t first_ms = -1;

	for (size_t i = 0; s->slots.resolving > 0 && i < s->slots.n; i++) {
		struct slot *slot = &s->slots.all[i];

		if (slot->state != SLOT_RESOLVING)
			continue;
		if (slot->lookup_until_ms <= now_ms)
			end_lookup(s, slot);
		else if (first_ms < 0 || slot->lookup_until_ms < first_ms)
			first_ms = slot->lookup_until_ms;
	}
	return first_ms;
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

_Static_assert(SENDER_FDS_MAX + 2 + SECRET_FDS_MAX <= TRANSFER_FDS_MAX, "room for all");

int
sender_wait(struct sender *s, struct pollfd *fds, size_t nfds, int64_t until_ms)
{
	struct pollfd all[TRANSFER_FDS_MAX];
	const size_t before = s->ended, busy = s->slots.busy;
	struct transfer_result result;
	size_t n = nfds;
	int64_t judge_ms, secrets_ms;

	/* What has come is taken before anything is called late. */
	sender_take_secrets(s);
	take_answers(s);
	sender_take_verdicts(s);
	sender_launch_take_notes(s);
	memcpy(all, fds, nfds * sizeof(*fds));
	all[n++] = (struct pollfd){.fd = resolver_fd(s->resolver), .events = POLLIN};
	n += judge_poll(s->judge, &all[n], &judge_ms);
	n += secret_store_poll(s->options.secrets, &all[n], &secrets_ms);
	until_ms = earlier(earlier(until_ms, judge_ms), secrets_ms);
	until_ms = earlier(until_ms, end_lookups(s, clock_ms()));
	until_ms = earlier(until_ms, queue_next_ms(s->queue));
	if (s->stopped && s->slots.busy > 0)
		until_ms = earlier(until_ms, s->stop_ms);
	if (s->ended != before || s->slots.busy != busy)
		return 0;
	if (wait_until(s, all, n, until_ms) != 0) {
		const int error = errno;

		sender_stop(s, 0);
		sender_break_off(s);
		errno = error;
		return -1;
	}
	memcpy(fds, all, nfds * sizeof(*fds));
	take_answers(s);
	while (transfers_next(s->transfers, &result))
		sender_transfer_ended(s, result.ctx, &result);
	sender_take_verdicts(s);
	sender_take_secrets(s);
	if (s->stopped && clock_ms() >= s->stop_ms)
		sender_break_off(s);
	return 0;
}

void
sender_stop(struct sender *s, uint64_t grace_ms)
{
	s->stopped = true;
	s->stop_ms = clock_ms() + (int64_t)grace_ms;
	queue_stop(s->queue);
	sender_stop_fetching(s);
}
