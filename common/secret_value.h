/*
 * secret_value - the bytes of one secret, in memory of their own: locked against swapping where the
 * limits allow, left out of core dumps, overwritten when given back.
 */
#ifndef WB_SECRET_VALUE_H
#define WB_SECRET_VALUE_H

#include <stddef.h>

#define SECRET_MAX (64 * 1024) /* bytes of a value */

/*
 * A value: borrowed from the store, valid until it is freed. Never empty. May hold any byte, NUL,
 * CR and LF included, which is well for HMAC; who puts one into a header must refuse those.
 */
struct secret {
	const char *value;
	size_t len;
};

#define SECRET_BASE64 4     /* spellings in base64 */
#define SECRET_BASE64_MIN 6 /* characters of one inside of other data; less is there by chance */

/* What secret_value_keep and _read say when memory runs out. */
extern const char secret_value_no_memory[];

/* Bytes, and what base64 makes of them. */
struct secret_spelling {
	struct secret bytes;
	/*
	 * Alone, without padding, so that it is found with and without; and inside of other data,
	 * where it begins at each of three places and shares no character with its neighbours.
	 * Length 0: too short.
	 */
	struct secret base64[SECRET_BASE64];
};

/* A value that is owned, and how it is spelled, for masks. */
struct secret_value {
	char *arena; /* all of them; NULL: none */
	size_t arena_len;
	/* json: in strings of JSON, as a request's body has it; length 0: the same */
	struct secret_spelling plain, json;
};

/**
 * secret_value_keep(v, value, len):
 * Copy ${len} bytes into ${v}, which is empty. Returns NULL, or a static text that says
 * what is wrong with them.
 */
const char *secret_value_keep(struct secret_value *v, const char *value, size_t len);

/**
 * secret_value_read(v, fd):
 * The same with what ${fd} holds to its end, without a last newline.
 */
const char *secret_value_read(struct secret_value *v, int fd);

/**
 * secret_value_release(v):
 * Overwrite and give back.
 */
void secret_value_release(struct secret_value *v);

#endif
