/*
 * receipt - what became of a delivery, as a line: wb-record(5), RECEIPTS.
 */
#ifndef WB_RECEIPT_H
#define WB_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "strbuf.h"

enum receipt_status { RECEIPT_FINISHED, RECEIPT_FAILED, RECEIPT_SKIPPED, RECEIPT_DEFERRED };
#define RECEIPT_STATUSES 4

struct receipt {
	const struct record *rec;
	enum receipt_status status;
	unsigned attempts;
	long http_status;   /* 0: none */
	int64_t started_ms; /* since 1970 */
	uint64_t duration_ms;
	const char *reason;   /* why it is deferred, or NULL */
	const char *error;    /* class, or NULL */
	const char *message;  /* text, with ${error} */
	const char *item;     /* the id of the queue's item that it made, or NULL */
	const char *response; /* bytes of the response's body, or NULL */
	size_t response_len;
};

/**
 * receipt_add(sb, receipt):
 * Append the line, its newline included. Bytes of a response that are not UTF-8 become U+FFFD.
 */
void receipt_add(struct strbuf *sb, const struct receipt *receipt);

/**
 * receipt_status_name(status):
 * "finished", "failed", "skipped" or "deferred", static.
 */
const char *receipt_status_name(enum receipt_status status);

/**
 * receipt_add_members(sb, receipt):
 * Append what a journal keeps of it beside id and status: all but the response, each member with a
 * comma before it, at most RECEIPT_MEMBERS_MAX bytes. Names that are too long for that are left
 * out, and the text of an error is cut.
 */
#define RECEIPT_MEMBERS_MAX 3424
void receipt_add_members(struct strbuf *sb, const struct receipt *receipt);

/**
 * receipt_add_names(sb, rec):
 * Append those members that are known before it is sent.
 */
void receipt_add_names(struct strbuf *sb, const struct record *rec);

#endif
