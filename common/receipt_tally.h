/*
 * receipt_tally - the receipts of a run counted, and those of failures told to people.
 */
#ifndef WB_RECEIPT_TALLY_H
#define WB_RECEIPT_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "receipt.h"

#define RECEIPT_TALLY_TOLD 20 /* failures that are told; the others are counted */

struct receipt_tally {
	uint64_t counts[RECEIPT_STATUSES];
};

/**
 * receipt_tally_take(t, line, len):
 * Count a receipt, ${len} bytes without newline, and say on standard error what has failed and why,
 * as long as there are not too many. Returns 0, or -1 after a message if it is none.
 */
int receipt_tally_take(struct receipt_tally *t, const char *line, size_t len);

/**
 * receipt_tally_finish(t):
 * Say how many failures were not told, if there are any.
 */
void receipt_tally_finish(const struct receipt_tally *t);

#endif
