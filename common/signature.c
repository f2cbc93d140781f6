#include "signature.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "header.h"
#include "signature_text.h"

#define MAC_SIZE 32

/* A key set up. Its bytes are kept to know it again. */
struct slot {
	EVP_MAC_CTX *ctx; /* NULL: free */
	unsigned char *key;
	size_t len;
	bool standard; /* set up for that scheme, where "whsec_" has a meaning */
};

/* As many slots as one record may have keys: keys in rotation do not push each other out. */
struct signer {
	EVP_MAC *mac;
	struct slot slots[SIGNATURE_KEYS_MAX];
	size_t next; /* to be reused */
};

static void
slot_clear(struct slot *slot)
{
	EVP_MAC_CTX_free(slot->ctx);
	OPENSSL_clear_free(slot->key, slot->len);
	*slot = (struct slot){.ctx = NULL};
}

struct signer *
signer_new(void)
{
	struct signer *s = calloc(1, sizeof(*s));

	if (s != NULL && (s->mac = EVP_MAC_fetch(NULL, "HMAC", NULL)) == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
signer_free(struct signer *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < SIGNATURE_KEYS_MAX; i++)
		slot_clear(&s->slots[i]);
	EVP_MAC_free(s->mac);
	free(s);
}

int
signature_base64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/*
 * Decode into ${out}, which has room for ${len} bytes; returns the length, 0 if malformed. Not by
 * EVP_DecodeBlock: it skips space, and wants the padding that the reference library for Python lets
 * one leave out.
 */
static size_t
base64_decode(unsigned char *out, const char *text, size_t len)
{
	uint32_t bits = 0;
	size_t n = 0, end = len;

	while (end > 0 && len - end < 2 && text[end - 1] == '=')
		end--;
	if (end % 4 == 1 || (end != len && len % 4 != 0))
		return 0;
	for (size_t i = 0; i < end; i++) {
		int digit = signature_base64_digit((unsigned char)text[i]);

		if (digit < 0)
			return 0;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 != 0)
			out[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	return n;
}

static bool
is_whsec(const struct secret *key)
{
	return key->len >= 6 && memcmp(key->value, "whsec_", 6) == 0;
}

static int
slot_fill(struct signer *s, struct slot *slot, const struct secret *key, bool standard)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	unsigned char *decoded = NULL;
	const unsigned char *bytes = (const unsigned char *)key->value;
	size_t len = key->len;
	int result = SIGNATURE_FAILED;

	if (standard && is_whsec(key)) {
		if ((bytes = decoded = OPENSSL_malloc(len)) == NULL)
			return SIGNATURE_FAILED;
		if ((len = base64_decode(decoded, key->value + 6, len - 6)) == 0) {
			result = SIGNATURE_BAD_KEY;
			goto out;
		}
	}
	slot->standard = standard;
	if ((slot->key = OPENSSL_memdup(key->value, key->len)) == NULL)
		goto out;
	slot->len = key->len;
	if ((slot->ctx = EVP_MAC_CTX_new(s->mac)) != NULL &&
		EVP_MAC_init(slot->ctx, bytes, len, params) == 1)
		result = 0;
out:
	OPENSSL_clear_free(decoded, key->len);
	if (result != 0)
		slot_clear(slot);
	return result;
}

/* A context ready for a message under ${key}. Starting a kept one again costs half of a new one. */
static int
keyed(struct signer *s, const struct secret *key, bool standard, EVP_MAC_CTX **ctx)
{
	struct slot *slot;
	int result;

	for (slot = s->slots; slot < s->slots + SIGNATURE_KEYS_MAX; slot++) {
		if (slot->ctx == NULL || slot->len != key->len || slot->standard != standard ||
			CRYPTO_memcmp(slot->key, key->value, key->len) != 0)
			continue;
		*ctx = slot->ctx;
		return EVP_MAC_init(slot->ctx, NULL, 0, NULL) == 1 ? 0 : SIGNATURE_FAILED;
	}
	slot = &s->slots[s->next];
	s->next = (s->next + 1) % SIGNATURE_KEYS_MAX;
	slot_clear(slot);
	result = slot_fill(s, slot, key, standard);
	*ctx = slot->ctx;
	return result;
}

static int
mac_make(struct signer *s, const struct secret *key, const struct signature_message *m,
	unsigned char mac[MAC_SIZE])
{
	EVP_MAC_CTX *ctx = NULL;
	size_t len = 0;
	int result;

	if ((result = keyed(s, key, m->id != NULL, &ctx)) != 0)
		return result;
	if (m->id != NULL) {
		const char *parts[] = {m->id, ".", m->timestamp, "."};

		for (size_t i = 0; i < 4; i++) {
			const unsigned char *part = (const unsigned char *)parts[i];

			if (EVP_MAC_update(ctx, part, strlen(parts[i])) != 1)
				return SIGNATURE_FAILED;
		}
	}
	if (EVP_MAC_update(ctx, m->body, m->len) != 1 ||
		EVP_MAC_final(ctx, mac, &len, MAC_SIZE) != 1 || len != MAC_SIZE)
		return SIGNATURE_FAILED;
	return 0;
}

int
signature_text(struct signer *s, enum signature_scheme scheme, const struct secret *key,
	const struct signature_message *m, char *out)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char mac[MAC_SIZE];
	int result;

	if ((result = mac_make(s, key, m, mac)) != 0)
		return result;
	if (scheme == SIGNATURE_WANDB || scheme == SIGNATURE_STANDARD) {
		EVP_EncodeBlock((unsigned char *)out, mac, MAC_SIZE);
		return 0;
	}
	for (size_t i = 0; i < MAC_SIZE; i++) {
		out[2 * i] = hex[mac[i] >> 4];
		out[2 * i + 1] = hex[mac[i] & 15];
	}
	out[SIGNATURE_HEX_LEN] = '\0';
	return 0;
}

static bool
is_message_id(const char *id)
{
	size_t len = strlen(id);

	for (const char *p = id; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~' || *p == '.')
			return false;
	}
	return len >= 1 && len <= SIGNATURE_ID_MAX;
}

static int
make_standard(struct signer *s, const struct secret *keys, size_t nkeys, const char *id,
	int64_t now_sec, const void *body, size_t len, struct signature_header *out)
{
	struct signature_message m = {id, out[1].value, body, len};
	char *p = out[2].value;

	if (!is_message_id(id))
		return SIGNATURE_BAD_ID;
	out[0].name = "webhook-id";
	memcpy(out[0].value, id, strlen(id) + 1);
	out[1].name = "webhook-timestamp";
	snprintf(out[1].value, sizeof(out[1].value), "%" PRId64, now_sec);
	out[2].name = signature_scheme_header(SIGNATURE_STANDARD);
	for (size_t i = 0; i < nkeys; i++) {
		int result = signature_text(s, SIGNATURE_STANDARD, &keys[i], &m, p + 3);

		if (result != 0)
			return result;
		memcpy(p, "v1,", 3);
		p += 3 + SIGNATURE_BASE64_LEN;
		*p++ = ' ';
	}
	p[-1] = '\0';
	return 0;
}

int
signature_make(struct signer *s, enum signature_scheme scheme, const struct secret *keys,
	size_t nkeys, const char *id, int64_t now_sec, const void *body, size_t len,
	struct signature_header out[SIGNATURE_HEADERS_MAX], size_t *nout)
{
	const struct signature_message m = {.body = body, .len = len};
	char *p = out[0].value;
	int result;

	*nout = 0;
	if (nkeys < 1 || nkeys > SIGNATURE_KEYS_MAX)
		return SIGNATURE_FAILED;
	if (scheme == SIGNATURE_STANDARD) {
		result = make_standard(s, keys, nkeys, id, now_sec, body, len, out);
		*nout = result == 0 ? 3 : 0;
		return result;
	}
	out[0].name = signature_scheme_header(scheme);
	if (scheme == SIGNATURE_GITHUB) {
		memcpy(p, "sha256=", 7);
		p += 7;
	}
	result = signature_text(s, scheme, &keys[0], &m, p);
	*nout = result == 0 ? 1 : 0;
	return result;
}

bool
signature_header_replaces(const struct signature_header *headers, size_t n, const char *name,
	size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (header_is(name, len, headers[i].name))
			return true;
	return false;
}
