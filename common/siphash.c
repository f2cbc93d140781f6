#include "siphash.h"

#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#endif

#include "hash.h"
#include "portable.h"

void
siphash_make_key(struct siphash_key *key)
{
	struct timespec now = {0};

	if (portable_random(key->word, sizeof(key->word)) == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	key->word[0] = hash_mix((uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)key);
	key->word[1] = hash_mix(key->word[0] ^ (uint64_t)now.tv_sec);
}

static inline uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* ${n} rounds; in locals, which the compiler keeps in registers. */
static inline void
mix(uint64_t v[4], int n)
{
	uint64_t a = v[0], b = v[1], c = v[2], d = v[3];

	while (n-- > 0) {
		a += b;
		c += d;
		b = rotate(b, 13) ^ a;
		d = rotate(d, 16) ^ c;
		a = rotate(a, 32) + d;
		c += b;
		d = rotate(d, 21) ^ a;
		b = rotate(b, 17) ^ c;
		c = rotate(c, 32);
	}
	v[0] = a;
	v[1] = b;
	v[2] = c;
	v[3] = d;
}

static inline void
take_word(struct siphash *s, uint64_t word)
{
	s->v[3] ^= word;
	mix(s->v, 2);
	s->v[0] ^= word;
}

/* Eight bytes as a number, the first one lowest: in a form that compilers know to be one load. */
static inline uint64_t
load_word(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	       (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

/* The same for up to seven. */
static inline uint64_t
load(const unsigned char *p, size_t len)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

void
siphash_init(struct siphash *s, const struct siphash_key *key)
{
	*s = (struct siphash){
		.v = {key->word[0] ^ 0x736f6d6570736575u, key->word[1] ^ 0x646f72616e646f6du,
			key->word[0] ^ 0x6c7967656e657261u, key->word[1] ^ 0x7465646279746573u}};
}

void
siphash_add(struct siphash *s, const void *data, size_t len)
{
	const size_t have = s->len % 8, need = len < 8 - have ? len : 8 - have;
	const unsigned char *p = data;

	s->len += len;
	if (have != 0) {
		s->tail |= load(p, need) << (8 * have);
		if (have + need < 8)
			return;
		take_word(s, s->tail);
		p += need;
		len -= need;
	}
	for (; len >= 8; p += 8, len -= 8)
		take_word(s, load_word(p));
	s->tail = load(p, len);
}

uint64_t
siphash_end(struct siphash *s)
{
	take_word(s, s->tail | (uint64_t)s->len << 56);
	s->v[2] ^= 0xff;
	mix(s->v, 4);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

uint64_t
siphash(const struct siphash_key *key, const void *p, size_t len)
{
	struct siphash s;

	siphash_init(&s, key);
	siphash_add(&s, p, len);
	return siphash_end(&s);
}
