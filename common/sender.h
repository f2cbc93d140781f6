/*
 * sender - deliveries under way: each one's host is looked up, checked, posted to; tried again
 * as often as it takes; and ends as one receipt.
 *
 * The caller feeds records while there is room, and waits in between. queue.h says what goes when,
 * retry.h what goes again; what decides how a delivery ends stands in one place, outcome.h.
 */
#ifndef WB_SENDER_H
#define WB_SENDER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"
#include "queue.h"
#include "receipt.h"
#include "retry.h"
#include "secret.h"

#define SENDER_JOBS_MAX 1024
#define SENDER_ERROR_MAX 320 /* bytes of a message, NUL included */
#define SENDER_FDS_MAX 4     /* descriptors of the caller's that sender_wait takes */

struct sender_options {
	const struct policy *policy;
	struct secret_store *secrets;
	size_t jobs; /* attempts at the same time, at most SENDER_JOBS_MAX */
	uint64_t connect_timeout_ms, timeout_ms;
	struct retry_policy retry;
	enum queue_order order;
	struct breaker_policy breaker;
	int64_t interval_us;         /* between attempts to one host; 0: none */
	size_t response_max;         /* bytes of a response that a receipt may hold */
	bool show_response;          /* in every receipt, not only in those of failures */
	const char *ca_file, *proxy; /* or NULL */
};

/* What a sender asks and tells its owner. */
struct sender_hooks {
	void *ctx;
	/*
	 * Whether a delivery is known to be finished, so that it is skipped. If nothing of that
	 * kind is known, NULL: then two lines with one delivery_id are two deliveries, while else
	 * they are not under way at the same time.
	 */
	bool (*is_finished)(void *ctx, const struct json_span *delivery_id);
	/* Whether what ${under_way} attempts bring about can be recorded. If not, none starts. */
	bool (*may_start)(void *ctx, size_t under_way);
	/*
	 * For what must not be done twice: whether it may have been before; that it is about to be,
	 * with a ticket as the answer; whether that is kept, so that it may.
	 */
	bool (*was_attempted)(void *ctx, const struct json_span *delivery_id);
	uint64_t (*attempting)(void *ctx, const struct record *rec);
	bool (*is_kept)(void *ctx, uint64_t ticket);
	/*
	 * Called once for every record that sender_add took, when it ends. ${receipt} and the
	 * ${len} bytes of its ${line} are valid during the call only.
	 */
	void (*done)(void *ctx, const struct receipt *receipt, const char *line, size_t len);
};

struct sender;

/**
 * sender_new(options, hooks):
 * Borrows what they point to. NULL after a message when libcurl, libcrypto, descriptors or
 * memory fail.
 */
struct sender *sender_new(const struct sender_options *options, const struct sender_hooks *hooks);

/**
 * sender_free(s):
 * Break off what is under way, without receipts; NULL is fine.
 */
void sender_free(struct sender *s);

/**
 * sender_has_room(s), sender_is_idle(s), sender_retrying(s), sender_open_circuits(s):
 * Whether another record should be added; whether none is left; how many are to be tried again;
 * how many endpoints are left alone since they keep failing.
 */
bool sender_has_room(const struct sender *s);
bool sender_is_idle(const struct sender *s);
size_t sender_retrying(const struct sender *s);
size_t sender_open_circuits(const struct sender *s);

enum sender_added { SENDER_ADDED, SENDER_REFUSED, SENDER_NO_MEMORY };

/**
 * sender_add(s, line, len, error, at):
 * Take the record of ${len} bytes at ${line}, which are copied. SENDER_REFUSED with the reason
 * in ${error} and *${at}, a byte offset ((size_t)-1: none), if the line is no record that can be
 * sent. There is a receipt only if it is SENDER_ADDED.
 */
enum sender_added sender_add(struct sender *s, const char *line, size_t len,
	char error[SENDER_ERROR_MAX], size_t *at);

/**
 * sender_start(s):
 * Start what may start, and end what will not be tried any more.
 */
void sender_start(struct sender *s);

/**
 * sender_is_ready(s):
 * Whether sender_start has something to start at once. It may have stopped because what it brought
 * about could not be recorded before more was written.
 */
bool sender_is_ready(const struct sender *s);

/**
 * sender_wait(s, fds, nfds, until_ms):
 * Go on with all that is under way until something ended, something else is to be started, one
 * of ${fds} is ready, as for poll(2), or it is ${until_ms} by clock_ms (-1: never). sender_start
 * comes next. Returns 0, or -1 with errno set when waiting fails: what was under way is
 * deferred then, as when the time of a sender_stop is over.
 */
int sender_wait(struct sender *s, struct pollfd *fds, size_t nfds, int64_t until_ms);

/**
 * sender_stop(s, grace_ms):
 * Start nothing any more. What is under way has ${grace_ms} to end; all else is deferred, and so is
 * what is added later. A second call sets the time anew.
 */
void sender_stop(struct sender *s, uint64_t grace_ms);

#endif
