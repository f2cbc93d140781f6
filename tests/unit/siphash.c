/* siphash - the published test vectors, another implementation, and bytes that come in parts. */
#include "siphash.h"
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/params.h>

#include "random.h"

static const struct siphash_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};

/* Of the bytes 0, 1, 2 and so on, 0 to 63 of them, with the key 0 to 15 [SipHash, vectors.h]. */
static const uint64_t vectors[64] = {
	0x726fdb47dd0e0e31,
	0x74f839c593dc67fd,
	0x0d6c8009d9a94f5a,
	0x85676696d7fb7e2d,
	0xcf2794e0277187b7,
	0x18765564cd99a68d,
	0xcbc9466e58fee3ce,
	0xab0200f58b01d137,
	0x93f5f5799a932462,
	0x9e0082df0ba9e4b0,
	0x7a5dbbc594ddb9f3,
	0xf4b32f46226bada7,
	0x751e8fbc860ee5fb,
	0x14ea5627c0843d90,
	0xf723ca908e7af2ee,
	0xa129ca6149be45e5,
	0x3f2acc7f57c29bdb,
	0x699ae9f52cbe4794,
	0x4bc1b3f0968dd39c,
	0xbb6dc91da77961bd,
	0xbed65cf21aa2ee98,
	0xd0f2cbb02e3b67c7,
	0x93536795e3a33e88,
	0xa80c038ccd5ccec8,
	0xb8ad50c6f649af94,
	0xbce192de8a85b8ea,
	0x17d835b85bbb15f3,
	0x2f2e6163076bcfad,
	0xde4daaaca71dc9a5,
	0xa6a2506687956571,
	0xad87a3535c49ef28,
	0x32d892fad841c342,
	0x7127512f72f27cce,
	0xa7f32346f95978e3,
	0x12e0b01abb051238,
	0x15e034d40fa197ae,
	0x314dffbe0815a3b4,
	0x027990f029623981,
	0xcadcd4e59ef40c4d,
	0x9abfd8766a33735c,
	0x0e3ea96b5304a7d0,
	0xad0c42d6fc585992,
	0x187306c89bc215a9,
	0xd4a60abcf3792b95,
	0xf935451de4f21df2,
	0xa9538f0419755787,
	0xdb9acddff56ca510,
	0xd06c98cd5c0975eb,
	0xe612a3cb9ecba951,
	0xc766e62cfcadaf96,
	0xee64435a9752fe72,
	0xa192d576b245165a,
	0x0a8787bf8ecb74b2,
	0x81b3e73d20b49b6f,
	0x7fa8220ba3b2ecea,
	0x245731c13ca42499,
	0xb78dbfaf3a8d83bd,
	0xea1ad565322a1a0b,
	0x60e61c23a3795013,
	0x6606d7e446282b93,
	0x6ca4ecb15c5f91e1,
	0x9f626da15c9625f3,
	0xe51b38608ef25f57,
	0x958a324ceb064572,
};

static void
test_vectors(void)
{
	unsigned char bytes[64];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (unsigned char)i;
		EXPECT(siphash(&key, bytes, i) == vectors[i]);
	}
}

/* What libcrypto makes of it. */
static uint64_t
other(const unsigned char *p, size_t len)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	unsigned char bytes[16], out[8] = {0};
	size_t size = sizeof(out), n = 0;
	const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t("size", &size),
		OSSL_PARAM_construct_end()};
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	EXPECT(EVP_MAC_init(ctx, bytes, sizeof(bytes), params) == 1);
	EXPECT(EVP_MAC_update(ctx, p, len) == 1);
	EXPECT(EVP_MAC_final(ctx, out, &n, sizeof(out)) == 1 && n == sizeof(out));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	for (size_t i = 0; i < sizeof(out); i++)
		hash |= (uint64_t)out[i] << (8 * i);
	return hash;
}

static void
test_other(void)
{
	unsigned char bytes[700];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)random_below(256);
	for (size_t len = 0; len < sizeof(bytes); len += 1 + random_below(20))
		EXPECT(siphash(&key, bytes, len) == other(bytes, len));
}

static void
test_parts(void)
{
	unsigned char bytes[64];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	for (int round = 0; round < 1000; round++) {
		const size_t len = random_below(64);
		struct siphash s;
		size_t n;

		siphash_init(&s, &key);
		for (size_t at = 0; at < len; at += n) {
			n = 1 + random_below(len - at);
			siphash_add(&s, bytes + at, n);
			siphash_add(&s, NULL, 0);
		}
		EXPECT(siphash_end(&s) == vectors[len]);
	}
}

static void
test_keys(void)
{
	struct siphash_key one, two;

	siphash_make_key(&one);
	siphash_make_key(&two);
	EXPECT(siphash(&one, "x", 1) != siphash(&two, "x", 1));
	EXPECT(siphash(&one, "x", 1) == siphash(&one, "x", 1));
}

int
main(void)
{
	RUN(test_vectors, "the published vectors");
	RUN(test_other, "the same as libcrypto's");
	RUN(test_parts, "bytes that come in parts");
	RUN(test_keys, "keys are made at random");
	UNIT_DONE();
}
