/*
 * delivery - a record that waits to be sent or is under way, with what came of its attempts so far.
 */
#ifndef WB_DELIVERY_H
#define WB_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "record_pack.h"
#include "transfer.h"

struct lane;
struct endpoint;

struct delivery {
	/* the queue's */
	struct delivery *next;
	struct lane *lane;
	struct endpoint *endpoint;
	size_t bytes;     /* that it counts for */
	int64_t since_ms; /* start of its budget */
	bool is_probe;    /* of its endpoint's circuit, if under way */
	/* the sender's */
	struct delivery *twin; /* that waits for the same one of another lane, as this one does */
	bool is_retrying;
	bool is_noted;    /* that it may have been sent stands in the journal */
	bool is_doubtful; /* it may have been done, and must not be twice */
	int64_t place_us; /* in its host's rate, or 0 */
	unsigned attempts;
	int64_t began_ms, started_ms; /* its first attempt, by this clock and since 1970; or 0 */
	enum transfer_error error;    /* how the last attempt ended */
	long http_status;
	char *message; /* owned by the delivery */
	/* as it came; the record can be made of its pack at any time */
	const struct record_pack *pack;
	size_t pack_size;
	const char *line;
	size_t len;
};

/**
 * delivery_new(rec, line, len), delivery_free(d):
 * With a copy of the ${len} bytes at ${line}, read as ${rec}; NULL when memory runs out.
 */
struct delivery *delivery_new(const struct record *rec, const char *line, size_t len);
void delivery_free(struct delivery *d);

/**
 * delivery_bytes(d):
 * How much memory it takes, about, its share of tables included, as long as its message stays.
 */
size_t delivery_bytes(const struct delivery *d);

#endif
