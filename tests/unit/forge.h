/*
 * forge - strings that have one hash in hash.h, as anybody can make them: tables that are keyed by
 * hashes of what strangers write must tell them apart.
 */
#ifndef WB_UNIT_FORGE_H
#define WB_UNIT_FORGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"
#include "random.h"

#define FORGE_LEN 40

/* Fill ${len} bytes with letters. */
static inline void
forge_letters(char *p, size_t len)
{
	while (len-- > 0)
		*p++ = (char)('a' + random_below(26));
}

static inline bool
forge_is_plain(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((p[i] < 'a' || p[i] > 'z') && (p[i] < '-' || p[i] > '9' || p[i] == '/'))
			return false;
	return true;
}

/*
 * Two different strings of FORGE_LEN bytes, NUL-terminated, that begin with the ${len} bytes at
 * ${start} (at most 24) and have one hash: the last word undoes what the word before it did.
 */
static inline void
forge(const char *start, size_t len, char a[FORGE_LEN + 1], char b[FORGE_LEN + 1])
{
	uint64_t state[2], word, last;
	char *strings[2] = {a, b};

	forge_letters(a, FORGE_LEN);
	memcpy(a, start, len);
	memcpy(b, a, FORGE_LEN);
	a[FORGE_LEN] = b[FORGE_LEN] = '\0';
	do {
		forge_letters(b + FORGE_LEN - 16, 8);
		for (int i = 0; i < 2; i++) {
			state[i] = 0x9e3779b97f4a7c15u ^ FORGE_LEN;
			for (int at = 0; at < FORGE_LEN - 8; at += 8) {
				memcpy(&word, strings[i] + at, 8);
				state[i] = (state[i] ^ word) * 0xff51afd7ed558ccdu;
				state[i] ^= state[i] >> 32;
			}
		}
		memcpy(&last, a + FORGE_LEN - 8, 8);
		last ^= state[0] ^ state[1];
		memcpy(b + FORGE_LEN - 8, &last, 8);
	} while (!forge_is_plain(b + FORGE_LEN - 8, 8) || strcmp(a, b) == 0);
}

#endif
