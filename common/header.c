#include "header.h"

#include <string.h>
#include <strings.h>

bool
header_is(const char *name, size_t len, const char *other)
{
	return strlen(other) == len && strncasecmp(name, other, len) == 0;
}

bool
header_is_secret(const char *name, size_t len)
{
	/* What is a word of its own has nothing before it, or a hyphen: no Monkey is a key. */
	static const struct {
		const char *end;
		bool is_word;
	} ends[] = {{"token", false}, {"secret", false}, {"password", false}, {"apikey", false},
		{"authorization", true}, {"auth", true}, {"key", true}, {"cookie", true}};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const size_t n = strlen(ends[i].end);

		if (n > len || strncasecmp(name + len - n, ends[i].end, n) != 0)
			continue;
		if (ends[i].is_word && n < len && strchr("-_", name[len - n - 1]) == NULL)
			continue;
		return !header_is(name, len, "Idempotency-Key");
	}
	return false;
}

/* What RFC 9110 lets a token hold. */
static bool
is_token(const char *name, size_t len)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)name[i], lower = c | 0x20;

		if (!((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-') &&
			(c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return true;
}

const char *
header_name_error(const char *name, size_t len)
{
	static const struct {
		size_t len;
		const char *name;
	} ours[] = {{4, "Host"}, {14, "Content-Length"}, {17, "Transfer-Encoding"},
		{10, "Connection"}, {10, "Keep-Alive"}, {7, "Upgrade"}, {2, "TE"}, {7, "Trailer"},
		{6, "Expect"}, {19, "Proxy-Authorization"}, {16, "Proxy-Connection"}};

	if (len == 0 || len > 256)
		return "a header's name has 1 to 256 characters";
	if (!is_token(name, len))
		return "not a header name";
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (len == ours[i].len && strncasecmp(name, ours[i].name, len) == 0)
			return "this header is set by the sender";
	return NULL;
}

const char *
header_value_error(const char *value, size_t len)
{
	if (len >= HEADER_VALUE_MAX)
		return "a header's value has less than 8192 bytes";
	if (len > 0 && value[0] == '$')
		return "a value that starts with '$' must be the name of a secret, such as \"$TOKEN\"";
	for (size_t i = 0; i < len; i++)
		if ((value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f ||
			(unsigned char)value[i] >= 0x80)
			return "a header's value is printable ASCII";
	if (len > 0 && (value[0] == ' ' || value[len - 1] == ' ' || value[0] == '\t' ||
			       value[len - 1] == '\t'))
		return "a header's value neither starts nor ends with a space";
	return NULL;
}

const char *
header_secret_error(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return "holds a control character, so it cannot be in a header";
	return NULL;
}
