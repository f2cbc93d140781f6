#include "shell.h"

#include <stdint.h>

#include "utf8.h"

void
shell_quote(struct strbuf *sb, const char *text, size_t len)
{
	const char *end = text + len, *quote;

	strbuf_addc(sb, '\'');
	while (len > 0 && (quote = memchr(text, '\'', (size_t)(end - text))) != NULL) {
		strbuf_add(sb, text, (size_t)(quote - text));
		strbuf_lit(sb, "'\\''");
		text = quote + 1;
	}
	strbuf_add(sb, text, (size_t)(end - text));
	strbuf_addc(sb, '\'');
}

/* The bytes of the character at ${p}, or 0 if it had better be seen as numbers. */
static size_t
plain_len(const char *p, const char *end)
{
	static const struct {
		uint32_t first, last;
	} unseen[] = {{0x80, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f}};
	unsigned char c = (unsigned char)*p;
	uint32_t code = 0;
	size_t n;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	n = utf8_decode((const unsigned char *)p, (size_t)(end - p), &code);
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (code >= unseen[i].first && code <= unseen[i].last)
			return 0;
	return n;
}

void
shell_print(struct strbuf *sb, const char *bytes, size_t len)
{
	const char *p = bytes, *end = bytes + len, *from;
	size_t n;

	while (p < end && !strbuf_failed(sb)) {
		for (from = p; p < end && (n = plain_len(p, end)) != 0;)
			p += n;
		if (p > from) {
			strbuf_lit(sb, "printf '%s' ");
			shell_quote(sb, from, (size_t)(p - from));
			strbuf_addc(sb, '\n');
		}
		if (p == end)
			break;
		strbuf_lit(sb, "printf '");
		for (; p < end && plain_len(p, end) == 0; p++) {
			const unsigned char c = (unsigned char)*p;
			const char escape[] = {'\\', (char)('0' + (c >> 6)),
				(char)('0' + (c >> 3 & 7)), (char)('0' + (c & 7))};

			strbuf_add(sb, escape, sizeof(escape));
		}
		strbuf_lit(sb, "'\n");
	}
}
