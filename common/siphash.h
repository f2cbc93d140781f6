/*
 * siphash - a keyed hash of byte strings [Aumasson, Bernstein: SipHash-2-4], for where strangers
 * choose the strings and a hash stands for one of them: who does not know the key finds no two
 * strings with one hash. hash.h is faster, where only the configuration chooses.
 */
#ifndef WB_SIPHASH_H
#define WB_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t word[2]; /* the 16 bytes of the paper, little-endian */
};

/* A hash under way. */
struct siphash {
	uint64_t v[4];
	uint64_t tail; /* bytes that do not make a word yet, the first one lowest */
	size_t len;
};

/**
 * siphash_make_key(key):
 * A random key, from the system; where that has none, one that is only hard to foresee.
 */
void siphash_make_key(struct siphash_key *key);

/**
 * siphash_init(s, key), siphash_add(s, p, len), siphash_end(s):
 * Begin; take ${len} more bytes; the hash of all of them, after which ${s} is used up. However the
 * bytes are divided, the hash is the same: what must be told apart needs a byte between that
 * neither can hold.
 */
void siphash_init(struct siphash *s, const struct siphash_key *key);
void siphash_add(struct siphash *s, const void *p, size_t len);
uint64_t siphash_end(struct siphash *s);

/**
 * siphash(key, p, len):
 * The hash of ${len} bytes at ${p}, all at once.
 */
uint64_t siphash(const struct siphash_key *key, const void *p, size_t len);

#endif
