/*
 * trial - an automation tried out: one event through all the stages to the real endpoint.
 */
#ifndef WB_TRIAL_H
#define WB_TRIAL_H

#include <stdbool.h>

#include "config.h"
#include "output.h"
#include "secret.h"

struct trial {
	const struct config_automation *automation; /* one with a webhook; enabled or not */
	const char *event;                          /* a line, without its newline */
	size_t event_len;
	const char *payload; /* JSON, in place of the automation's; or NULL */
	/* options for wb-sign and for wb-send, NULL behind the last of each; borrowed */
	char *const *sign_options, *const *send_options;
	struct secret_store *secrets; /* where the keys are that are masked in the answer */
	bool json;                    /* write the receipt only */
};

/**
 * trial_run(trial, out):
 * Write the request, as a dry run of wb-send shows it, then status and body of the response.
 * Returns EXIT_DONE if it was delivered, EXIT_REJECTED if not, or the exit status of the stage that
 * could not do its part, after messages.
 */
int trial_run(const struct trial *trial, struct output *out);

#endif
