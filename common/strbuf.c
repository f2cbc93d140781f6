#include "strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "wipe.h"

#define FIRST_SIZE 256

void
strbuf_init(struct strbuf *sb, size_t max)
{
	*sb = (struct strbuf){.max = max};
}

void
strbuf_init_secret(struct strbuf *sb, size_t max)
{
	*sb = (struct strbuf){.max = max, .secret = true};
}

void
strbuf_release(struct strbuf *sb)
{
	if (sb->secret && sb->buf != NULL)
		wipe(sb->buf, sb->size);
	free(sb->buf);
	*sb = (struct strbuf){.max = sb->max, .secret = sb->secret};
}

void
strbuf_reset(struct strbuf *sb)
{
	/* With the NUL of strbuf_str; what lies beyond was never written, and may be large. */
	if (sb->secret && sb->buf != NULL)
		wipe(sb->buf, sb->len < sb->size ? sb->len + 1 : sb->len);
	sb->len = 0;
	sb->failed = false;
}

/* realloc may leave a copy of a secret behind, so that kind moves by hand. */
static char *
resize(const struct strbuf *sb, size_t size)
{
	char *buf;

	if (!sb->secret)
		return realloc(sb->buf, size);
	if ((buf = malloc(size)) == NULL)
		return NULL;
	if (sb->buf != NULL) {
		memcpy(buf, sb->buf, sb->len);
		wipe(sb->buf, sb->size);
		free(sb->buf);
	}
	return buf;
}

char *
strbuf_room(struct strbuf *sb, size_t len)
{
	size_t size;
	char *buf;

	if (sb->failed)
		return NULL;
	if (len > sb->max || sb->len > sb->max - len) {
		sb->failed = true;
		return NULL;
	}
	if (len <= sb->size - sb->len && sb->buf != NULL)
		return sb->buf + sb->len;
	size = sb->size < FIRST_SIZE ? FIRST_SIZE : sb->size;
	while (size < sb->len + len)
		size = size > SIZE_MAX / 2 ? SIZE_MAX : size * 2;
	if (size > sb->max)
		size = sb->max > sb->len + len ? sb->max : sb->len + len;
	if (size == 0)
		size = 1;
	if ((buf = resize(sb, size)) == NULL) {
		sb->failed = true;
		return NULL;
	}
	sb->buf = buf;
	sb->size = size;
	return buf + sb->len;
}

void
strbuf_printf(struct strbuf *sb, const char *fmt, ...)
{
	char small[512];
	va_list ap, again;
	char *room;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0) {
		sb->failed = true;
	} else if ((size_t)n < sizeof(small)) {
		strbuf_add(sb, small, (size_t)n);
	} else if ((room = strbuf_room(sb, (size_t)n + 1)) != NULL) {
		vsnprintf(room, (size_t)n + 1, fmt, again);
		sb->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void
strbuf_addu(struct strbuf *sb, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	strbuf_add(sb, digits + at, sizeof(digits) - at);
}

const char *
strbuf_str(struct strbuf *sb)
{
	char *end = strbuf_room(sb, 1);

	if (end == NULL)
		return NULL;
	*end = '\0';
	return sb->buf;
}
