#include "sha256.h"
#include "unit.h"

#include <openssl/evp.h>

static void
digest(const void *data, size_t len, unsigned char out[SHA256_SIZE])
{
	struct sha256 ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, data, len);
	sha256_final(&ctx, out);
}

static void
hex(const unsigned char *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* FIPS 180-4 examples: one block, two blocks; and no byte at all. */
static void
standard_vectors(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char out[SHA256_SIZE];
		char text[2 * SHA256_SIZE + 1];

		digest(cases[i].text, strlen(cases[i].text), out);
		hex(out, sizeof(out), text);
		EXPECT_STR(text, cases[i].want);
	}
}

static void
million_letters(void)
{
	static char thousand[1000];
	unsigned char out[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];
	struct sha256 ctx;

	memset(thousand, 'a', sizeof(thousand));
	sha256_init(&ctx);
	for (int i = 0; i < 1000; i++)
		sha256_update(&ctx, thousand, sizeof(thousand));
	sha256_final(&ctx, out);
	hex(out, sizeof(out), text);
	EXPECT_STR(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void
fill(unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (unsigned char)rand();
}

/* Around every block boundary the padding changes. */
static void
as_libcrypto(void)
{
	unsigned char data[300], got[SHA256_SIZE], want[EVP_MAX_MD_SIZE];

	fill(data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		digest(data, len, got);
		EXPECT(EVP_Digest(data, len, want, NULL, EVP_sha256(), NULL) == 1);
		EXPECT(memcmp(got, want, SHA256_SIZE) == 0);
	}
}

static void
random_splits(void)
{
	unsigned char data[1000], got[SHA256_SIZE], want[EVP_MAX_MD_SIZE];

	fill(data, sizeof(data));
	EXPECT(EVP_Digest(data, sizeof(data), want, NULL, EVP_sha256(), NULL) == 1);
	for (int round = 0; round < 500; round++) {
		struct sha256 ctx;

		sha256_init(&ctx);
		for (size_t at = 0; at < sizeof(data);) {
			size_t n = (size_t)rand() % 200;

			n = n < sizeof(data) - at ? n : sizeof(data) - at;
			sha256_update(&ctx, data + at, n);
			at += n;
		}
		sha256_final(&ctx, got);
		EXPECT(memcmp(got, want, SHA256_SIZE) == 0);
	}
}

static void
hex_of_half(void)
{
	unsigned char out[SHA256_SIZE];
	char text[33];

	digest("abc", 3, out);
	sha256_hex16(out, text);
	EXPECT_STR(text, "ba7816bf8f01cfea414140de5dae2223");
}

int
main(void)
{
	srand(1); /* the same bytes every time */
	RUN(standard_vectors, "vectors of the standard");
	RUN(million_letters, "a million letters");
	RUN(as_libcrypto, "lengths 0 to 300 as libcrypto has them");
	RUN(random_splits, "the digest does not depend on the pieces");
	RUN(hex_of_half, "first 16 bytes in hex");
	UNIT_DONE();
}
