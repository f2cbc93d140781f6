/* header - which names and values may be sent, byte by byte; names that the sender keeps to itself.
 */
#include "unit.h"
#include "header.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define IS_OURS "this header is set by the sender"
#define NO_NAME "not a header name"
#define LENGTH "a header's name has 1 to 256 characters"
#define NOT_PRINTABLE "a header's value is printable ASCII"
#define SPACE_AT_END "a header's value neither starts nor ends with a space"
#define NO_REFERENCE "a value that starts with '$' must be the name of a secret, such as \"$TOKEN\""

typedef const char *error_fn(const char *, size_t);

/* What ${fn} says of ${len} bytes, or "fine". A copy, to find reads past the end. */
static const char *
judge(error_fn *fn, const char *text, size_t len)
{
	char *copy = malloc(len + (len == 0));
	const char *error;

	if (copy == NULL)
		return "out of memory";
	memcpy(copy, text, len);
	error = fn(copy, len);
	free(copy);
	return error != NULL ? error : "fine";
}

static const char *
name(const char *text)
{
	return judge(header_name_error, text, strlen(text));
}

static const char *
value(const char *text)
{
	return judge(header_value_error, text, strlen(text));
}

static void
test_names(void)
{
	static const char *const good[] = {"X-A", "content-type", "Accept", "a", "1",
		"PRIVATE-TOKEN", "!#$%&'*+-.^_`|~", "Hosts", "X-Host", "Content-Lengths",
		"Authorization", "Cookie"};

	for (size_t i = 0; i < COUNT(good); i++)
		EXPECT_STR(name(good[i]), "fine");
}

static void
test_name_bytes(void)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (int c = 0; c < 256; c++) {
		char text[3] = {'a', (char)c, 'b'};
		const char *want = c != 0 && strchr(token, c) != NULL ? "fine" : NO_NAME;

		if (strcmp(judge(header_name_error, text, 3), want) != 0)
			printf("# for byte 0x%02x\n", (unsigned)c);
		EXPECT_STR(judge(header_name_error, text, 3), want);
		EXPECT_STR(judge(header_name_error, text + 1, 1), want);
	}
}

static void
test_names_kept(void)
{
	static const char *const kept[] = {"Host", "host", "HOST", "Content-Length",
		"content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "TE",
		"te", "Trailer", "Expect", "Proxy-Authorization", "proxy-connection"};

	for (size_t i = 0; i < COUNT(kept); i++)
		EXPECT_STR(name(kept[i]), IS_OURS);
}

static void
test_name_lengths(void)
{
	char text[258];

	memset(text, 'a', sizeof(text));
	EXPECT_STR(judge(header_name_error, text, 0), LENGTH);
	EXPECT_STR(judge(header_name_error, text, 256), "fine");
	EXPECT_STR(judge(header_name_error, text, 257), LENGTH);
}

static void
test_values(void)
{
	EXPECT_STR(value(""), "fine");
	EXPECT_STR(value("a"), "fine");
	EXPECT_STR(value("application/json; charset=\"utf-8\""), "fine");
	EXPECT_STR(value("a\tb"), "fine");
	EXPECT_STR(value("a $B ${C}"), "fine");
	EXPECT_STR(value(" a"), SPACE_AT_END);
	EXPECT_STR(value("a "), SPACE_AT_END);
	EXPECT_STR(value("\ta"), SPACE_AT_END);
	EXPECT_STR(value("a\t"), SPACE_AT_END);
	EXPECT_STR(value(" "), SPACE_AT_END);
	EXPECT_STR(value("$"), NO_REFERENCE);
	EXPECT_STR(value("$TOKEN!"), NO_REFERENCE);
	EXPECT_STR(value("$TOKEN"), NO_REFERENCE); /* who takes references asks for them first */
}

static void
test_value_bytes(void)
{
	for (int c = 0; c < 256; c++) {
		char text[3] = {'a', (char)c, 'b'};
		const char *want = c == '\t' || (c >= 0x20 && c < 0x7f) ? "fine" : NOT_PRINTABLE;

		if (strcmp(judge(header_value_error, text, 3), want) != 0)
			printf("# for byte 0x%02x\n", (unsigned)c);
		EXPECT_STR(judge(header_value_error, text, 3), want);
	}
}

static void
test_is(void)
{
	EXPECT(header_is("content-TYPE", 12, "Content-Type"));
	EXPECT(header_is("A", 1, "a"));
	EXPECT(!header_is("Content-Type", 11, "Content-Type"));
	EXPECT(!header_is("Content-Typ", 11, "Content-Type"));
	EXPECT(!header_is("Content-Types", 13, "Content-Type"));
	EXPECT(!header_is("", 0, "a"));
	EXPECT(!header_is("b", 1, "a"));
}

static void
test_secrets(void)
{
	static const char *const secret[] = {"Authorization", "X-Authorization", "PRIVATE-TOKEN",
		"x-accesstoken", "X_Api_Key", "key", "APIKEY", "Set-Cookie", "X-Auth", "Secret"};
	static const char *const plain[] = {"", "y", "Accept", "Token-Type", "Monkey", "X-Keys",
		"Idempotency-Key", "IDEMPOTENCY-KEY", "Oauth", "Deauthorization", "Cookies"};

	for (size_t i = 0; i < COUNT(secret); i++)
		EXPECT(header_is_secret(secret[i], strlen(secret[i])));
	for (size_t i = 0; i < COUNT(plain); i++)
		EXPECT(!header_is_secret(plain[i], strlen(plain[i])));
	EXPECT(!header_is_secret("X-Tokens", 6) && header_is_secret("X-Tokens", 7));
}

int
main(void)
{
	RUN(test_names, "header: names that may be set");
	RUN(test_name_bytes, "header: every byte in a name");
	RUN(test_names_kept, "header: names that frame the message or name the host, in any case");
	RUN(test_name_lengths, "header: length of a name");
	RUN(test_values, "header: values, space at their ends, dollars");
	RUN(test_value_bytes, "header: every byte in a value");
	RUN(test_is, "header: names are compared without case, and whole");
	RUN(test_secrets, "names that say that they carry a secret");
	UNIT_DONE();
}
