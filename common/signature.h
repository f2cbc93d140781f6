/*
 * signature - HMAC signatures of a request body, as webhook receivers check them.
 *
 * No I/O, no clock. Functions return 0, or -1 when libcrypto fails or memory runs out; they never print.
 */
#ifndef WB_SIGNATURE_H
#define WB_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret.h"
#include "signature_scheme.h"

#define SIGNATURE_KEYS_MAX 8                              /* of one record, while keys are rotated */
#define SIGNATURE_MAX (SIGNATURE_KEYS_MAX * 48 + 80)      /* bytes of a header value, its NUL included */
#define SIGNATURE_HEADERS_MAX 3                           /* of one scheme */
#define SIGNATURE_TOLERANCE_SEC 300                       /* how old or early a timestamp may be [Standard Webhooks] */

struct signature_header {
	const char *name; /* static */
	char value[SIGNATURE_MAX];
};

/* State kept between signatures so that a key is set up once; opaque. */
struct signer;

/**
 * signer_new(), signer_free(s):
 * NULL when libcrypto or memory fails. Key material inside is wiped on free.
 */
struct signer *signer_new(void);
void signer_free(struct signer *s);

/**
 * signature_make(s, scheme, keys, nkeys, id, now_sec, body, len, out, nout):
 * Sign ${len} bytes at ${body}, which may hold NUL and are signed as given, and fill ${out} with the headers, *${nout} of them.
 * Only `standard` uses more than the first of ${keys} (1 to SIGNATURE_KEYS_MAX; one signature each), ${id} (the message's id, NUL-terminated, no dot, at most 64
 * bytes) and ${now_sec} (seconds since 1970). A key of `standard` that starts with "whsec_" is base64 after that prefix [Standard Webhooks];
 * any other key is used as its bytes. Borrows everything. Returns 0; -1 on failure; -2 if a whsec_ key is not base64 of at least one byte.
 */
int signature_make(struct signer *s, enum signature_scheme scheme, const struct secret *keys, size_t nkeys, const char *id,
	int64_t now_sec, const void *body, size_t len, struct signature_header out[SIGNATURE_HEADERS_MAX], size_t *nout);

/* Headers of a received request, as far as they bear on a signature. NULL where absent. */
struct signature_received {
	const char *signature; /* value of the scheme's signature header */
	const char *id;        /* webhook-id */
	const char *timestamp; /* webhook-timestamp */
};

/**
 * signature_check(s, scheme, keys, nkeys, received, now_sec, tolerance_sec, body, len, error):
 * Whether one of the signatures received fits one of ${keys}; comparison takes the same time wherever the first difference is. Returns 0 if so; -1 if not, with *${error} a static text
 * that says why: no such header, malformed, timestamp outside the tolerance, signature does not match.
 */
int signature_check(struct signer *s, enum signature_scheme scheme, const struct secret *keys, size_t nkeys,
	const struct signature_received *received, int64_t now_sec, int64_t tolerance_sec, const void *body, size_t len,
	const char **error);

#endif
