/*
 * sender - deliveries under way: each record's host is looked up, checked, posted to,
 * and ends as one receipt.
 *
 * The caller feeds records while there is room, and waits in between. What decides whether an
 * attempt was the last one stands in one place, attempt_ended().
 */
#ifndef WB_SENDER_H
#define WB_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"
#include "receipt.h"
#include "secret.h"

#define SENDER_JOBS_MAX 1024
#define SENDER_ERROR_MAX 320 /* bytes of a message, NUL included */

struct sender_options {
	const struct policy *policy;
	struct secret_store *secrets;
	size_t jobs; /* deliveries at the same time, at most SENDER_JOBS_MAX */
	uint64_t connect_timeout_ms, timeout_ms;
	size_t response_max;         /* bytes of a response that a receipt may hold */
	bool show_response;          /* in every receipt, not only in those of failures */
	const char *ca_file, *proxy; /* or NULL */
};

/**
 * A sender_done_fn is called once for every record that sender_add took. ${receipt} is
 * valid during the call only.
 */
typedef void sender_done_fn(void *ctx, const struct receipt *receipt);

struct sender;

/**
 * sender_new(options, done, ctx):
 * Borrows all. NULL after a message when libcurl, descriptors or memory fail.
 */
struct sender *sender_new(const struct sender_options *options, sender_done_fn *done, void *ctx);

/**
 * sender_free(s):
 * Break off what is under way, without receipts; NULL is fine.
 */
void sender_free(struct sender *s);

/**
 * sender_has_room(s), sender_is_idle(s):
 * Whether another record may be added; whether none is under way.
 */
bool sender_has_room(const struct sender *s);
bool sender_is_idle(const struct sender *s);

/**
 * sender_add(s, line, len, error, at):
 * Begin the delivery of the record of ${len} bytes at ${line}, which are copied. Returns 0, or -1
 * with the reason in ${error} and *${at}, a byte offset ((size_t)-1: none), if the line is no
 * record that can be sent: there is no receipt then.
 */
int sender_add(struct sender *s, const char *line, size_t len, char error[SENDER_ERROR_MAX],
	size_t *at);

/**
 * sender_wait(s, fd):
 * Go on with all deliveries until something ended, or ${fd} (-1: none) has input. Returns 0,
 * or -1 when waiting fails.
 */
int sender_wait(struct sender *s, int fd);

#endif
