/*
 * secret_value - the bytes of one secret, in memory of their own: locked against swapping where the
 * limits allow, left out of core dumps, overwritten when given back.
 */
#ifndef WB_SECRET_VALUE_H
#define WB_SECRET_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SECRET_MAX (64 * 1024) /* bytes of a value */
#define SECRET_ORIGIN_MAX 512  /* bytes of where one is from, NUL included; cut */

/* What becomes of a look-up. */
enum secret_status {
	SECRET_FOUND = 0,
	SECRET_REFUSED = -1,  /* it is not there, not allowed, or cannot be used */
	SECRET_SHORTAGE = -2, /* memory or descriptors ran out: the next time may be better */
	SECRET_FAILED = -3,   /* a helper failed: another time may be better */
	SECRET_PENDING = -4,  /* a helper is being asked */
	SECRET_ABSENT = -5    /* of one place: the next one may have it */
};

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

/* A value that is still on its way, in memory of the same kind; all zero: none. */
struct secret_intake {
	char *buf;
	size_t len;
};

/**
 * secret_intake_init(in), secret_intake_release(in):
 * Nothing has come yet; returns 0, or -1 when memory runs out. Overwrite and give back.
 */
int secret_intake_init(struct secret_intake *in);
void secret_intake_release(struct secret_intake *in);

/**
 * secret_intake_read(in, fd):
 * Take some of what ${fd} holds, as read(2) does: returns more than 0, 0 at its end or when more
 * has come than a value may have, or -1 with errno set.
 */
ssize_t secret_intake_read(struct secret_intake *in, int fd);

/**
 * secret_intake_is_full(in):
 * Whether more has come than a value may have.
 */
bool secret_intake_is_full(const struct secret_intake *in);

/**
 * secret_value_take(v, in):
 * As secret_value_keep, with what has come, without a last newline.
 */
const char *secret_value_take(struct secret_value *v, const struct secret_intake *in);

/**
 * secret_value_release(v):
 * Overwrite and give back.
 */
void secret_value_release(struct secret_value *v);

#endif
