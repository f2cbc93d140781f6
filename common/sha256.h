/*
 * sha256 - SHA-256 [FIPS 180-4] of bytes that come in pieces. Pure.
 *
 * wb-match and wb-render need only a digest for ids, and loading libcrypto would triple their
 * start-up; what handles a key uses libcrypto.
 */
#ifndef WB_SHA256_H
#define WB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32 /* bytes of a digest */

struct sha256 {
	uint32_t state[8];
	uint64_t len;            /* bytes so far */
	unsigned char block[64]; /* the last len % 64 of them */
};

/**
 * sha256_init(ctx):
 * Start a digest.
 */
void sha256_init(struct sha256 *ctx);

/**
 * sha256_update(ctx, data, len):
 * Go on with ${len} bytes at ${data}. The digest does not depend on where the bytes were split. At
 * most 2^61 - 1 bytes in all.
 */
void sha256_update(struct sha256 *ctx, const void *data, size_t len);

/**
 * sha256_final(ctx, out):
 * Write the digest of all bytes to ${out}. ${ctx} must be started again before it is used again.
 */
void sha256_final(struct sha256 *ctx, unsigned char out[SHA256_SIZE]);

/**
 * sha256_hex16(digest, out):
 * Write the first 16 bytes of ${digest} as 32 lower-case hexadecimal digits and a NUL.
 */
void sha256_hex16(const unsigned char digest[SHA256_SIZE], char out[33]);

#endif
