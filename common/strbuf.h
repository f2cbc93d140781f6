/*
 * strbuf - a growing byte buffer with a hard cap.
 *
 * Errors stick: once an allocation failed or the cap was reached, every later strbuf_add* does
 * nothing and strbuf_failed() says so; check once, before the bytes are used. The buffer may hold
 * NUL bytes and is not NUL-terminated unless strbuf_str() is called.
 */
#ifndef WB_STRBUF_H
#define WB_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct strbuf {
	char *buf; /* owned; NULL until the first byte */
	size_t len;
	size_t size; /* allocated */
	size_t max;  /* cap in bytes */
	bool failed;
	bool secret; /* wipe bytes before memory is given back */
};

/**
 * strbuf_init(sb, max):
 * Make ${sb} empty, with room for at most ${max} bytes. Allocates nothing.
 */
void strbuf_init(struct strbuf *sb, size_t max);

/**
 * strbuf_init_secret(sb, max):
 * Like strbuf_init, for bytes that are or hold a secret: growing, resetting and
 * releasing overwrite them.
 */
void strbuf_init_secret(struct strbuf *sb, size_t max);

/**
 * strbuf_release(sb):
 * Free the bytes and make ${sb} empty again, its cap and kind kept.
 */
void strbuf_release(struct strbuf *sb);

/**
 * strbuf_reset(sb):
 * Empty ${sb} and clear its error; the allocation is kept for reuse.
 */
void strbuf_reset(struct strbuf *sb);

/**
 * strbuf_room(sb, len):
 * Make room for ${len} more bytes and return where they go, or NULL on failure. The caller writes
 * them and then adds what it wrote to sb->len.
 */
char *strbuf_room(struct strbuf *sb, size_t len);

/**
 * strbuf_printf(sb, fmt, ...):
 * Append formatted text.
 */
void strbuf_printf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * strbuf_addu(sb, n):
 * Append ${n} in decimal: a tenth of what strbuf_printf takes.
 */
void strbuf_addu(struct strbuf *sb, uint64_t n);

/**
 * strbuf_str(sb):
 * The bytes, NUL-terminated (the NUL is not counted), or NULL if ${sb} failed. Borrowed from ${sb}.
 */
const char *strbuf_str(struct strbuf *sb);

/**
 * strbuf_failed(sb):
 * Whether an allocation failed or the cap was reached since the last init or reset.
 */
static inline bool
strbuf_failed(const struct strbuf *sb)
{
	return sb->failed;
}

/**
 * strbuf_add(sb, data, len):
 * Append ${len} bytes. ${data} must not point into ${sb}.
 */
static inline void
strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (len <= sb->size - sb->len || strbuf_room(sb, len) != NULL) {
		if (len != 0 && !sb->failed) {
			memcpy(sb->buf + sb->len, data, len);
			sb->len += len;
		}
	}
}

/**
 * strbuf_addc(sb, c), strbuf_adds(sb, s), strbuf_lit(sb, "literal"):
 * Append one byte, a NUL-terminated string, a string literal.
 */
static inline void
strbuf_addc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

static inline void
strbuf_adds(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

#define strbuf_lit(sb, s) strbuf_add((sb), "" s, sizeof(s) - 1)

#endif
