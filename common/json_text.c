#include "json_text.h"

#include "json_run.h"
#include "utf8.h"

static uint32_t
hex4(const char *p)
{
	uint32_t code = 0;

	for (int i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i];

		code = code << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return code;
}

struct json_char
json_char_at(const char *p, const char *end)
{
	struct json_char c = {(unsigned char)*p, 1};

	if (*p != '\\') {
		if (c.code >= 0x80 && (c.len = utf8_decode((const unsigned char *)p,
					       (size_t)(end - p), &c.code)) == 0)
			c = (struct json_char){0xfffd, 1};
		return c;
	}
	c.len = 2;
	switch (p[1]) {
	case 'b':
		c.code = '\b';
		break;
	case 'f':
		c.code = '\f';
		break;
	case 'n':
		c.code = '\n';
		break;
	case 'r':
		c.code = '\r';
		break;
	case 't':
		c.code = '\t';
		break;
	case 'u':
		c.code = hex4(p + 2);
		c.len = 6;
		if (c.code >= 0xd800 && c.code < 0xdc00 && end - p >= 12 && p[6] == '\\' &&
			p[7] == 'u') {
			uint32_t low = hex4(p + 8);

			if (low >= 0xdc00 && low < 0xe000) {
				c.code = 0x10000 + ((c.code - 0xd800) << 10) + (low - 0xdc00);
				c.len = 12;
			}
		}
		break;
	default:
		c.code = (unsigned char)p[1];
	}
	return c;
}

/* Write what the escape at ${p}, before ${end}, stands for at *${out}; returns what is behind. */
static const char *
unescape(const char *p, const char *end, char **out)
{
	struct json_char c;

	if (p[1] == '"' || p[1] == '\\' || p[1] == '/') {
		*(*out)++ = p[1];
		return p + 2;
	}
	c = json_char_at(p, end);
	if (c.code >= 0xd800 && c.code < 0xe000)
		c.code = 0xfffd;
	*out += utf8_encode((unsigned char *)*out, c.code);
	return p + c.len;
}

void
json_decode(struct strbuf *sb, const struct json_span *string)
{
	const char *p = string->p, *end = p + string->len;
	char *out;

	if (!string->escaped) {
		strbuf_add(sb, p, string->len);
		return;
	}
	/* No escape is shorter than what it stands for. */
	if ((out = strbuf_room(sb, string->len)) == NULL)
		return;
	while (p < end) {
		const char *run = json_run(p, end);

		memcpy(out, p, (size_t)(run - p));
		out += run - p;
		for (p = run; p < end && *p != '\\' && json_run_ends((unsigned char)*p); p++)
			*out++ = *p;
		if (p < end && *p == '\\')
			p = unescape(p, end, &out);
	}
	sb->len = (size_t)(out - sb->buf);
}

bool
json_equal(const struct json_span *string, const char *text, size_t len)
{
	const char *p = string->p, *end;

	if (string->type != JSON_STRING)
		return false;
	if (!string->escaped)
		return string->len == len && memcmp(p, text, len) == 0;
	for (end = p + string->len; p < end;) {
		struct json_char c = json_char_at(p, end);
		unsigned char utf8[4];
		size_t n;

		if (c.code >= 0xd800 && c.code < 0xe000)
			return false;
		n = utf8_encode(utf8, c.code);
		if (n > len || memcmp(utf8, text, n) != 0)
			return false;
		text += n;
		len -= n;
		p += c.len;
	}
	return len == 0;
}

static void
escape_byte(struct strbuf *sb, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char out[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	switch (c) {
	case '"':
	case '\\':
		out[1] = (char)c;
		break;
	case '\n':
		out[1] = 'n';
		break;
	case '\r':
		out[1] = 'r';
		break;
	case '\t':
		out[1] = 't';
		break;
	case '\b':
		out[1] = 'b';
		break;
	case '\f':
		out[1] = 'f';
		break;
	default:
		strbuf_add(sb, out, 6);
		return;
	}
	strbuf_add(sb, out, 2);
}

void
json_escape(struct strbuf *sb, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *from = text;

	while (p < end) {
		p = json_run(p, end);
		if (p >= end)
			break;
		if ((unsigned char)*p < 0x80) {
			strbuf_add(sb, from, (size_t)(p - from));
			escape_byte(sb, (unsigned char)*p);
			from = p + 1;
		}
		p++;
	}
	strbuf_add(sb, from, (size_t)(end - from));
}

void
json_quote_bytes(struct strbuf *sb, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *from = text;

	strbuf_addc(sb, '"');
	while (p < end) {
		uint32_t code;
		size_t n = utf8_decode((const unsigned char *)p, (size_t)(end - p), &code);

		if (n == 0) {
			json_escape(sb, from, (size_t)(p - from));
			strbuf_lit(sb, "\xef\xbf\xbd");
			from = p + 1;
		}
		p += n == 0 ? 1 : n;
	}
	json_escape(sb, from, (size_t)(end - from));
	strbuf_addc(sb, '"');
}

void
json_quote(struct strbuf *sb, const char *text)
{
	json_quote_bytes(sb, text, strlen(text));
}

void
json_raw(struct strbuf *sb, const struct json_span *value)
{
	if (value->type == JSON_STRING)
		strbuf_add(sb, value->p - 1, value->len + 2);
	else
		strbuf_add(sb, value->p, value->len);
}

void
json_compact(struct strbuf *sb, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *from = text;
	bool in_string = false;

	for (; p < end; p++) {
		if (*p == '"') {
			in_string = !in_string;
		} else if (in_string) {
			if (*p == '\\')
				p++;
		} else if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') {
			strbuf_add(sb, from, (size_t)(p - from));
			from = p + 1;
		}
	}
	strbuf_add(sb, from, (size_t)(end - from));
}
