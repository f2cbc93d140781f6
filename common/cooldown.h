/*
 * cooldown - which automations have to rest: an event less than the cooldown away, in event time,
 * from the one that was let through last is held back. No I/O, no clock.
 *
 * Away is before as well as behind: events may come out of order, and one with a time of the far
 * future must not silence its automation until then. The event that was let through last is let
 * through again, so that a run may be repeated.
 *
 * A bounded number of keys is kept; the one that was used longest ago is forgotten first.
 */
#ifndef WB_COOLDOWN_H
#define WB_COOLDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "names.h"
#include "strbuf.h"

#define COOLDOWN_MAX_MS ((int64_t)3650 * 86400 * 1000)
#define COOLDOWN_KEYS_MAX 262144                      /* that are kept, 64 bytes each */
#define COOLDOWN_KEPT_MS ((int64_t)24 * 3600 * 1000)  /* after its end, for late events */
#define COOLDOWN_TEXT_MAX ((size_t)128 * 1024 * 1024) /* bytes of a state */

struct cooldowns;

/* An event for one automation. */
struct cooldown_use {
	uint64_t key;   /* who rests: cooldown_key */
	uint64_t event; /* which event it is: cooldown_event */
	int64_t at_ms;  /* its time */
	int64_t length_ms;
};

/**
 * cooldowns_new(), cooldowns_free(c):
 * None yet, or NULL when memory runs out; NULL is fine for cooldowns_free.
 */
struct cooldowns *cooldowns_new(void);
void cooldowns_free(struct cooldowns *c);

/**
 * cooldown_key(automation, event, scratch):
 * The key of an automation, by its name, or, if ${event} is not NULL, of the automation for the
 * event's collection alone.
 */
uint64_t cooldown_key(const struct text *automation, const struct event *event,
	struct strbuf *scratch);

/**
 * cooldown_event(id):
 * A number for the event with this id.
 */
uint64_t cooldown_event(const struct text *id);

/**
 * cooldown_holds(c, use, last_ms):
 * Whether the event is to be held back; then *${last_ms} is the time of the one let through last.
 */
bool cooldown_holds(const struct cooldowns *c, const struct cooldown_use *use, int64_t *last_ms);

/**
 * cooldown_note(c, use):
 * It was let through. Returns 0, or -1 when memory runs out.
 */
int cooldown_note(struct cooldowns *c, const struct cooldown_use *use);

/**
 * cooldowns_read(c, text, len, line, why):
 * Take over what cooldowns_write wrote. Returns 0, or -1 with the number of the line that is wrong
 * in *${line} and the reason in *${why}, static.
 */
int cooldowns_read(struct cooldowns *c, const char *text, size_t len, size_t *line,
	const char **why);

/**
 * cooldowns_write(c, out):
 * Append all that may still matter, as lines of JSON, the one used longest ago first.
 */
void cooldowns_write(const struct cooldowns *c, struct strbuf *out);

#endif
