/*
 * signature - HMAC-SHA256 signatures of a request body, as webhook receivers check them.
 *
 * No I/O, no clock, no globals; the functions never print.
 */
#ifndef WB_SIGNATURE_H
#define WB_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret.h"
#include "signature_scheme.h"

#define SIGNATURE_ID_MAX 64                          /* bytes of a message's id, NUL not counted */
#define SIGNATURE_MAX (SIGNATURE_KEYS_MAX * 48 + 80) /* bytes of a header value, NUL included */
#define SIGNATURE_HEADERS_MAX 3                      /* of one scheme */
#define SIGNATURE_TOLERANCE_SEC 300 /* how old or early a timestamp may be [Standard Webhooks] */

/* What signature_make returns when it did not sign. */
enum {
	SIGNATURE_FAILED = -1,  /* libcrypto failed, memory ran out, or ${nkeys} is out of range */
	SIGNATURE_BAD_KEY = -2, /* a whsec_ key is not base64 of at least one byte */
	SIGNATURE_BAD_ID = -3   /* not a message id: see signature_make */
};

struct signature_header {
	const char *name; /* static */
	char value[SIGNATURE_MAX];
};

/* State kept between signatures, so that a key that comes again is not set up again; opaque. */
struct signer;

/**
 * signer_new(), signer_free(s):
 * NULL when libcrypto or memory fails. Key material inside is wiped on free.
 */
struct signer *signer_new(void);
void signer_free(struct signer *s);

/**
 * signature_make(s, scheme, keys, nkeys, id, now_sec, body, len, out, nout):
 * Sign ${len} bytes at ${body}, which may hold NUL and are signed as given, and fill ${out} with
 * the headers, *${nout} of them. Only `standard` uses more than the first of the ${nkeys} keys (1
 * to SIGNATURE_KEYS_MAX; one signature each), ${id} (1 to SIGNATURE_ID_MAX printable ASCII
 * characters, no space, no dot) and ${now_sec} (seconds since 1970).
 *
 * A key of `standard` that starts with "whsec_" is base64 after that prefix: standard alphabet,
 * padding right or left out [Standard Webhooks]. Any other key is used as its bytes; the reference
 * libraries decode one without the prefix too, so both sides should be given the prefix.
 *
 * Borrows everything. Returns 0, or a negative number of the enum above and no headers.
 */
int signature_make(struct signer *s, enum signature_scheme scheme, const struct secret *keys,
	size_t nkeys, const char *id, int64_t now_sec, const void *body, size_t len,
	struct signature_header out[SIGNATURE_HEADERS_MAX], size_t *nout);

/**
 * signature_header_replaces(headers, n, name, len):
 * Whether one of   takes the place of the header called so, in whatever case.
 */
bool signature_header_replaces(const struct signature_header *headers, size_t n, const char *name,
	size_t len);

/* Headers of a received request, as far as they bear on a signature. NULL where absent. */
struct signature_received {
	const char *signature; /* value of the scheme's signature header */
	const char *id;        /* webhook-id */
	const char *timestamp; /* webhook-timestamp */
};

/**
 * signature_check(s, scheme, keys, nkeys, received, now_sec, tolerance_sec, body, len, error):
 * Whether one of the signatures received fits one of ${keys}, which any scheme may have several of.
 * The comparison takes the same time wherever the first difference is. For `standard` the timestamp
 * must be at most ${tolerance_sec} (0 or more) away from ${now_sec}, and the id must not hold a
 * dot, since "id.time.body" could then be split in another way than it was signed. Hexadecimal
 * digits may be upper case. Returns 0 if a signature fits; -1 if not, with *${error} a static text
 * that says why: which header is missing, empty or malformed, a timestamp outside the tolerance, no
 * match.
 */
int signature_check(struct signer *s, enum signature_scheme scheme, const struct secret *keys,
	size_t nkeys, const struct signature_received *received, int64_t now_sec,
	int64_t tolerance_sec, const void *body, size_t len, const char **error);

#endif
