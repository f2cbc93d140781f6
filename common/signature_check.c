#include "signature.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/crypto.h>

#include "signature_text.h"

/* Why the timestamp cannot be accepted, or NULL. */
static const char *
timestamp_error(const char *text, int64_t now_sec, int64_t tolerance_sec)
{
	const size_t digits = strspn(text, "0123456789");
	uint64_t sec = 0, now = (uint64_t)now_sec;

	if (digits == 0 || digits > 18 || text[digits] != '\0')
		return "webhook-timestamp is not a number of seconds";
	for (; *text != '\0'; text++)
		sec = sec * 10 + (uint64_t)(*text - '0');
	/* Unsigned, so that no clock makes the difference overflow. */
	if ((int64_t)sec < now_sec)
		return now - sec > (uint64_t)tolerance_sec ? "webhook-timestamp is too old" : NULL;
	return sec - now > (uint64_t)tolerance_sec ? "webhook-timestamp is in the future" : NULL;
}

/* Why no signature need be computed, or NULL. */
static const char *
headers_error(enum signature_scheme scheme, const struct signature_received *received,
	int64_t now_sec, int64_t tolerance_sec)
{
	if (received->signature == NULL)
		return "no signature header";
	if (received->signature[0] == '\0')
		return "the signature header is empty";
	if (scheme != SIGNATURE_STANDARD)
		return NULL;
	if (received->id == NULL)
		return "no webhook-id header";
	if (received->timestamp == NULL)
		return "no webhook-timestamp header";
	if (received->id[0] == '\0')
		return "webhook-id is empty";
	if (strchr(received->id, '.') != NULL)
		return "webhook-id holds a dot";
	return timestamp_error(received->timestamp, now_sec, tolerance_sec);
}

/* The signatures that would fit, one a key. */
struct expected {
	char text[SIGNATURE_KEYS_MAX][SIGNATURE_HEX_LEN + 1];
	size_t n;
};

/* Every key is compared to the end: how long it takes tells nothing about any of them. */
static const char *
compare(const struct expected *want, const char *text, size_t len)
{
	bool fits = false;

	for (size_t i = 0; i < want->n; i++)
		fits |= CRYPTO_memcmp(want->text[i], text, len) == 0;
	return fits ? NULL : "signature does not match";
}

static const char *
compare_base64(const struct expected *want, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && signature_base64_digit((unsigned char)text[i]) >= 0;)
		i++;
	if (len != SIGNATURE_BASE64_LEN || i != SIGNATURE_BASE64_LEN - 1 || text[i] != '=')
		return "signature is not 32 bytes in base64";
	return compare(want, text, len);
}

static const char *
compare_hex(const struct expected *want, const char *text)
{
	char lower[SIGNATURE_HEX_LEN];

	if (strlen(text) != SIGNATURE_HEX_LEN ||
		strspn(text, "0123456789abcdefABCDEF") != SIGNATURE_HEX_LEN)
		return "signature is not 64 hexadecimal digits";
	for (size_t i = 0; i < SIGNATURE_HEX_LEN; i++)
		lower[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
	return compare(want, lower, SIGNATURE_HEX_LEN);
}

/* The space-delimited list of `standard`; entries of other versions are passed over. */
static const char *
compare_list(const struct expected *want, const char *list)
{
	const char *error = "webhook-signature holds no v1 signature";

	while (*list != '\0') {
		size_t len = strcspn(list, " ");

		if (len >= 3 && memcmp(list, "v1,", 3) == 0 &&
			(error = compare_base64(want, list + 3, len - 3)) == NULL)
			return NULL;
		list += len;
		list += strspn(list, " ");
	}
	return error;
}

static const char *
compare_received(enum signature_scheme scheme, const struct expected *want, const char *text)
{
	switch (scheme) {
	case SIGNATURE_WANDB:
		return compare_base64(want, text, strlen(text));
	case SIGNATURE_WANDB_HEX:
		return compare_hex(want, text);
	case SIGNATURE_GITHUB:
		if (strncmp(text, "sha256=", 7) != 0)
			return "signature does not start with sha256=";
		return compare_hex(want, text + 7);
	case SIGNATURE_STANDARD:
		return compare_list(want, text);
	case SIGNATURE_SCHEMES:
		break;
	}
	return "unknown scheme";
}

int
signature_check(struct signer *s, enum signature_scheme scheme, const struct secret *keys,
	size_t nkeys, const struct signature_received *received, int64_t now_sec,
	int64_t tolerance_sec, const void *body, size_t len, const char **error)
{
	struct signature_message m = {.body = body, .len = len};
	struct expected want = {.n = nkeys};

	*error = "1 to 8 keys are needed";
	if (nkeys < 1 || nkeys > SIGNATURE_KEYS_MAX)
		return -1;
	if ((*error = headers_error(scheme, received, now_sec, tolerance_sec)) != NULL)
		return -1;
	if (scheme == SIGNATURE_STANDARD) {
		m.id = received->id;
		m.timestamp = received->timestamp;
	}
	for (size_t i = 0; i < nkeys; i++) {
		int result = signature_text(s, scheme, &keys[i], &m, want.text[i]);

		if (result != 0) {
			*error = result == SIGNATURE_BAD_KEY ? "a whsec_ key is not base64"
							     : "libcrypto failed or memory ran out";
			return -1;
		}
	}
	*error = compare_received(scheme, &want, received->signature);
	return *error == NULL ? 0 : -1;
}
