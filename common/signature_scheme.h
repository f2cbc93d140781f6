/*
 * signature_scheme - the names of the signature schemes and what is known of each without a key.
 * Pure, no library.
 */
#ifndef WB_SIGNATURE_SCHEME_H
#define WB_SIGNATURE_SCHEME_H

#include <stdbool.h>
#include <stddef.h>

enum signature_scheme {
	/* X-Wandb-Signature: base64(HMAC-SHA256(secret, body))
	 * [W&B docs, "Troubleshoot your webhook"] */
	SIGNATURE_WANDB,
	/* the same header, lower-case hex */
	SIGNATURE_WANDB_HEX,
	/* X-Hub-Signature-256: sha256=<hex> [GitHub docs, "Validating webhook deliveries"] */
	SIGNATURE_GITHUB,
	/* webhook-id, webhook-timestamp, webhook-signature [Standard Webhooks 1.0] */
	SIGNATURE_STANDARD,
	/* how many */
	SIGNATURE_SCHEMES
};

/**
 * signature_scheme_find(name, len):
 * The scheme that configuration calls so ("wandb", "wandb-hex", "github", "standard"), or -1.
 */
int signature_scheme_find(const char *name, size_t len);

/**
 * signature_scheme_name(scheme):
 * Its name, static.
 */
const char *signature_scheme_name(enum signature_scheme scheme);

/**
 * signature_scheme_header(scheme):
 * The header that carries the signature itself, static: "X-Wandb-Signature", "X-Hub-Signature-256",
 * "webhook-signature".
 */
const char *signature_scheme_header(enum signature_scheme scheme);

/**
 * signature_scheme_makes_header(name, len):
 * Whether any scheme sets the header called so, in whatever case.
 */
bool signature_scheme_makes_header(const char *name, size_t len);

/**
 * signature_scheme_is_timed(scheme):
 * Whether the signature covers a time, so that each attempt needs a fresh one.
 */
bool signature_scheme_is_timed(enum signature_scheme scheme);

/**
 * signature_scheme_takes_all(scheme):
 * Whether there is a signature for each of several keys; else the first key alone signs.
 */
bool signature_scheme_takes_all(enum signature_scheme scheme);

#endif
