#include <string.h>

#include "clock.h"
#include "sender_private.h"

void
sender_launch_begin(struct sender *s, struct slot *slot)
{
	const struct sender_hooks *hooks = &s->hooks;
	struct delivery *d = slot->d;

	slot->launch.is_look = false;
	if (!d->is_noted) {
		/* By an earlier run, of which nothing else is known. */
		d->is_doubtful |= hooks->was_attempted(hooks->ctx, &slot->attempt.rec.delivery_id);
		slot->launch.ticket = hooks->attempting(hooks->ctx, &slot->attempt.rec);
		d->is_noted = true;
	}
	slots_set(&s->slots, slot, SLOT_NOTING);
	sender_launch_take_notes(s);
}

/* What is noted is sent, or asked about first. */
static void
go_on(struct sender *s, struct slot *slot)
{
	struct slot_launch *l = &slot->launch;

	if (s->stopped) {
		/* The note says too much then, which costs a question. */
		sender_put_back(s, slot, clock_ms());
		return;
	}
	l->is_look = slot->d->is_doubtful;
	l->cursor[0] = '\0';
	sender_resolve(s, slot);
}

void
sender_launch_take_notes(struct sender *s)
{
	for (size_t i = 0; s->slots.noting > 0 && i < s->slots.n; i++) {
		struct slot *slot = &s->slots.all[i];

		if (slot->state == SLOT_NOTING &&
			(s->stopped || s->hooks.is_kept(s->hooks.ctx, slot->launch.ticket)))
			go_on(s, slot);
	}
}

/* It was queued: by this attempt, or by one before. */
static void
queued(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	slot->d->is_doubtful = false;
	sender_attempt_ended(s, slot, result);
}

static void
look_ended(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	struct slot_launch *l = &slot->launch;

	switch (launch_look_read(result, &slot->attempt.rec, l->item, l->cursor)) {
	case LAUNCH_FOUND:
		queued(s, slot, result);
		break;
	case LAUNCH_MISSING:
		slot->d->is_doubtful = false;
		l->is_look = false;
		sender_resolve(s, slot);
		break;
	case LAUNCH_MORE:
		sender_resolve(s, slot);
		break;
	case LAUNCH_UNKNOWN:
		sender_attempt_ended(s, slot, result);
		break;
	}
}

void
sender_launch_ended(struct sender *s, struct slot *slot, struct transfer_result *result)
{
	if (slot->launch.is_look) {
		look_ended(s, slot, result);
		return;
	}
	launch_push_read(result, slot->launch.item, &slot->d->is_doubtful);
	if (result->error == TRANSFER_OK)
		queued(s, slot, result);
	else
		sender_attempt_ended(s, slot, result);
}
