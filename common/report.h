/*
 * report - what became of many deliveries, in numbers. Pure but for a random key.
 *
 * Memory is bounded by caps, not by deliveries: REPORT_GROUPS_MAX endpoints, automations and causes
 * each, what there is beyond them being counted together, and the failing ones that are kept. Texts
 * are harmless for terminals (see diag_scrub) and at most REPORT_TEXT_MAX bytes, but not escaped
 * for anything else.
 */
#ifndef WB_REPORT_H
#define WB_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "execution.h"
#include "quantiles.h"
#include "series.h"
#include "siphash.h"
#include "table.h"

#define REPORT_GROUPS_MAX 256
#define REPORT_TEXT_MAX 512 /* what is longer ends in "..." */

/* Some deliveries. */
struct report_numbers {
	uint64_t n, by_status[EXECUTION_OTHER + 1];
	uint64_t retried,
		retries; /* deliveries that took several attempts; attempts but first ones */
	struct quantiles latency; /* ms, of finished ones: from the first attempt to the end */
};

/* Those that have something in common. */
struct report_group {
	struct table_node node;
	const char *name;
	bool is_rest;                 /* all that are beyond the cap; the name is empty */
	bool is_queue;                /* of endpoints: no URL, but a queue of W&B Launch */
	enum execution_status status; /* of the newest one; of causes, of all */
	struct report_numbers numbers;
};

struct report_groups {
	struct table table;
	struct report_group *v[REPORT_GROUPS_MAX + 1];
	size_t n;
};

/* A delivery that has failed. Texts are empty where the journal has none. */
struct report_failing {
	const char *id, *journal;
	bool has_time, is_queue;
	int64_t at_ms;
	const char *automation, *event_id, *event_type, *artifact, *target;
	const char *cause, *text; /* as a cause is called; the error in words */
	uint64_t attempts;
};

struct report {
	/* what is wanted */
	bool has_since, has_until;
	int64_t since_ms, until_ms; /* from then on; before then */
	size_t failing_max;
	/* what there is */
	struct report_numbers all;
	uint64_t undated;          /* of all, without a time: in no step */
	int64_t first_ms, last_ms; /* of those with a time; 0 if none has one */
	struct series series;
	struct report_groups endpoints, automations, causes;
	struct report_failing *failing; /* the newest ones */
	size_t nfailing;
	/* its own */
	struct arena arena;
	struct siphash_key key;
	bool failed; /* memory ran out */
};

/**
 * report_init(r, steps, failing):
 * Nothing is gathered yet; the series is to have at most ${steps} steps, and ${failing} of those
 * that have failed are to be kept. What is wanted may be set then, before the first report_add.
 */
void report_init(struct report *r, size_t steps, size_t failing);

/**
 * report_release(r):
 * Free all.
 */
void report_release(struct report *r);

/**
 * report_cover(r, ms):
 * Let the series reach to ${ms}, whatever there is.
 */
void report_cover(struct report *r, int64_t ms);

/**
 * report_add(r, x, at_ms, journal):
 * Count the delivery of which ${x} tells, the newest ones first: that of ${at_ms}, NULL if it has
 * no time, and of the file ${journal}, which is borrowed as long as ${r} is used.
 */
void report_add(struct report *r, const struct execution *x, const int64_t *at_ms,
	const char *journal);

/**
 * report_end(r):
 * Bring groups into the order in which they are of interest: those with more failures first, then
 * the larger ones, then by name. Returns 0, or -1 if memory ran out since report_init.
 */
int report_end(struct report *r);

#endif
