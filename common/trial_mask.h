/*
 * trial_mask - what a receiver answers to a trial, without the keys that its request was signed
 * with: wb-send, which masks all that it knows, is not told of keys that it does not need.
 */
#ifndef WB_TRIAL_MASK_H
#define WB_TRIAL_MASK_H

#include "config.h"
#include "secret.h"
#include "strbuf.h"

/**
 * trial_mask_know(secrets, webhook):
 * Look up the keys of ${webhook}, which may be NULL. One that is not there or may not be used signs
 * nothing. Returns 0, or -1 after a message if it cannot be told what is to be masked.
 */
int trial_mask_know(struct secret_store *secrets, const struct config_webhook *webhook);

/**
 * trial_mask(secrets, receipt):
 * Mask what ${secrets} knows in the texts of ${receipt}, a line, that come from the receiver.
 */
void trial_mask(const struct secret_store *secrets, struct strbuf *receipt);

#endif
