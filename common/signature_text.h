/*
 * signature_text - the MAC of a message in its scheme's spelling: what making and
 * checking signatures share.
 */
#ifndef WB_SIGNATURE_TEXT_H
#define WB_SIGNATURE_TEXT_H

#include "signature.h"

#define SIGNATURE_BASE64_LEN 44 /* of a MAC */
#define SIGNATURE_HEX_LEN 64

/* What is signed: the body, or "id.timestamp.body" where there is an id. */
struct signature_message {
	const char *id, *timestamp;
	const void *body;
	size_t len;
};

/**
 * signature_text(s, scheme, key, m, out):
 * Write the MAC of ${m} under ${key} as ${scheme} spells it, without prefix, into ${out}:
 * SIGNATURE_HEX_LEN + 1 bytes at most. Returns 0, or what signature_make returns on failure.
 */
int signature_text(struct signer *s, enum signature_scheme scheme, const struct secret *key,
	const struct signature_message *m, char *out);

/**
 * signature_base64_digit(c):
 * The value of ${c} in base64, 0 to 63, or -1.
 */
int signature_base64_digit(unsigned char c);

#endif
