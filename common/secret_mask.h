/*
 * secret_mask - overwrite secrets in text that somebody else wrote. Pure.
 *
 * A secret is found as it is and as others spell it: with the escapes of JSON, HTML and URLs in
 * any mixture and any spelling, since every writer escapes differently: PHP writes \/, Python
 * \u00e9, Go \u0026, mustache &#x2F;. Those of JSON may be doubled up to three times, as where an
 * answer repeats a request's body in a string. A blank may stand for each byte of a control
 * character. Text is undone as it is read, so nothing is allocated.
 *
 * Undone are those of JSON first, then those of HTML, then those of URLs. What others do in another
 * order, such as to write a body, in which the secret has escapes of JSON, as part of a URL, is
 * found only if the spelling that stands within is a pattern of its own.
 */
#ifndef WB_SECRET_MASK_H
#define WB_SECRET_MASK_H

#include <stdbool.h>
#include <stddef.h>

enum mask_kind {
	MASK_BYTES,
	MASK_BASE64, /* in the alphabet of URLs, too */
	MASK_URL,    /* part of a URL: found with its own %XX undone, too */
	MASK_HOST    /* in any case */
};

/* What is not to be shown. Never empty. The rest is the mask's. */
struct secret_pattern {
	const char *p;
	size_t len;
	enum mask_kind kind;
	struct secret_place {
		struct secret_place *next;
		const struct secret_pattern *pattern;
	} places[2];
};

/* A set of them, by the bytes that they may begin with. All zero is an empty one. */
struct secret_mask {
	struct secret_place *first[256];
};

/**
 * secret_mask_add(mask, pattern):
 * Add ${pattern}, which stays where it is, as long as ${mask} is used.
 */
void secret_mask_add(struct secret_mask *mask, struct secret_pattern *pattern);

/**
 * secret_mask_apply(masks, n, text, len, shown, cut):
 * Overwrite with '*', in place, all that ${n} ${masks} hold in the first ${shown} of ${len} bytes
 * at ${text}; the bytes behind are only looked at, and only the end of a secret is overwritten
 * there. With ${cut}, ${text} went on behind its end: what may be the beginning of a secret there
 * is overwritten, too.
 */
void secret_mask_apply(const struct secret_mask *const *masks, size_t n, char *text, size_t len,
	size_t shown, bool cut);

#endif
