/*
 * hash - a fast hash of short byte strings for tables. Not for anything that must resist an
 * adversary: tables here grow by configuration, or are capped, and compare what they find. See
 * siphash.h for others.
 */
#ifndef WB_HASH_H
#define WB_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Spread the bits of ${h} [the finalizer of MurmurHash3]. */
static inline uint64_t
hash_mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

/**
 * hash_bytes(p, len):
 * A hash of ${len} bytes at ${p}.
 */
static inline uint64_t
hash_bytes(const void *p, size_t len)
{
	const unsigned char *b = p;
	uint64_t h = 0x9e3779b97f4a7c15u ^ len, w = 0;

	for (; len >= 8; b += 8, len -= 8) {
		memcpy(&w, b, 8);
		h = (h ^ w) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	w = 0;
	memcpy(&w, b, len);
	return hash_mix(h ^ w);
}

#endif
