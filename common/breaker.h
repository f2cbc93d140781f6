/*
 * breaker - a circuit breaker: an endpoint that keeps failing is left alone for a while, then
 * tried with one request. Pure: times come in, in milliseconds of a clock that never goes back.
 */
#ifndef WB_BREAKER_H
#define WB_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING };

struct breaker_policy {
	unsigned failures; /* in a row that open it; 0: never */
	uint64_t wait_ms;  /* from opening to the probe */
};

/* All zero is a closed one. */
struct breaker {
	enum breaker_state state;
	unsigned failures; /* in a row */
	int64_t until_ms;  /* when a probe may go, if open */
	int64_t since_ms;  /* since when nothing has come through, if not closed */
};

/**
 * breaker_allows(b, now_ms):
 * Whether a request may go now. One that an open circuit allows is the probe, and the state is
 * BREAKER_PROBING: until it ends in one of the three ways below, no other is allowed.
 */
bool breaker_allows(struct breaker *b, int64_t now_ms);

/**
 * breaker_succeeded(b), breaker_failed(b, policy, is_probe, now_ms), breaker_untried(b, is_probe,
 * now_ms):
 * How a request ended: the endpoint is there, it is not, or it was never asked; ${is_probe}: it was
 * the probe. A request that began before the circuit opened may close it as well, but not end the
 * probe.
 */
void breaker_succeeded(struct breaker *b);
void breaker_failed(struct breaker *b, const struct breaker_policy *policy, bool is_probe,
	int64_t now_ms);
void breaker_untried(struct breaker *b, bool is_probe, int64_t now_ms);

#endif
