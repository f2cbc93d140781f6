/*
 * http1_parser - a table of responses, each whole, byte by byte and in random pieces, with the same
 * result each time; what is bounded; the end of the connection at every byte. [RFC 9112]
 */
#include <stdint.h>

#include "guard.h"
#include "random.h"
#include "unit.h"
#include "http1_parser.h"

#define READ_MAX ((size_t)1024 * 1024)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT(s) (s), sizeof(s) - 1
#define OK "HTTP/1.1 200 OK\r\n"
#define OLD "HTTP/1.0 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define LEN "Content-Length: 2\r\n"

#define NO_HTTP "what came is no HTTP response"
#define LENGTH "the response's Content-Length is malformed"
#define LENGTHS "the response has two lengths"
#define CHUNK "a chunk of the response has a malformed length"
#define CHUNK_LONG "a chunk of the response is longer than it says"
#define BYTES "the response's headers hold a NUL or a carriage return"
#define TOO_LONG "a header of the response that frames its body is too long"
#define SILENT                                                                                     \
	"the connection was closed without an answer; whether the request arrived is not known"
#define IN_HEAD "the connection ended within the response's headers"
#define IN_BODY "the connection ended within the response's body"

#define KEEP .keep_alive = true

enum how { WHOLE, BYTEWISE, RANDOM };

/* What became of a response. */
struct outcome {
	enum http1_state state;
	long status;
	bool keep_alive;
	const char *error;
	char body[64], retry_after[RESPONSE_FIELD_MAX];
};

struct row {
	const char *name;
	const char *text;
	size_t len;
	enum http1_state state; /* after ${text}, and then the end of the connection if ${ends} */
	bool ends, keep_alive;
	long status;
	const char *body, *error; /* NULL: "" and none */
};

static struct http1_parser parser;
static struct response response;

static void
begin(size_t max)
{
	response_begin(&response, max, READ_MAX);
	http1_parser_begin(&parser, &response);
}

/* A piece ends where readable memory does. */
static void
feed(const char *data, size_t len, enum how how)
{
	while (len > 0) {
		const size_t n = how == WHOLE      ? len
				 : how == BYTEWISE ? 1
						   : 1 + random_below(len < 9 ? len : 9);

		http1_parser_feed(&parser, guard_copy(data, n), n);
		data += n;
		len -= n;
	}
}

static struct outcome
look(void)
{
	struct outcome o = {.state = parser.state,
		.status = parser.status,
		.keep_alive = parser.keep_alive,
		.error = parser.error};
	const size_t n =
		response.body.len < sizeof(o.body) ? response.body.len : sizeof(o.body) - 1;

	if (n > 0)
		memcpy(o.body, response.body.buf, n);
	memcpy(o.retry_after, response.retry_after, sizeof(o.retry_after));
	return o;
}

static void
check(const struct row *r, enum how how)
{
	const int before = unit_case_failures;
	struct outcome o;

	begin(sizeof(o.body) - 1);
	feed(r->text, r->len, how);
	if (r->ends)
		http1_parser_end(&parser);
	o = look();
	EXPECT(o.state == r->state);
	EXPECT(o.status == r->status);
	if (o.state == HTTP1_DONE || o.state == HTTP1_FAILED)
		EXPECT(o.keep_alive == r->keep_alive);
	EXPECT_STR(o.body, r->body != NULL ? r->body : "");
	EXPECT_STR(o.error != NULL ? o.error : "", r->error != NULL ? r->error : "");
	if (unit_case_failures != before)
		printf("# for %s, %s\n", r->name,
			how == WHOLE      ? "whole"
			: how == BYTEWISE ? "byte by byte"
					  : "in pieces");
}

static void
check_all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check(&rows[i], WHOLE);
		check(&rows[i], BYTEWISE);
		for (int k = 0; k < 40; k++)
			check(&rows[i], RANDOM);
	}
}

static void
test_status_lines(void)
{
	static const struct row rows[] = {
		{"1.1", TEXT("HTTP/1.1 200 OK\r\n" LEN "\r\nok"), HTTP1_DONE, KEEP, .status = 200,
			.body = "ok"},
		{"no reason", TEXT("HTTP/1.1 201 \r\n" LEN "\r\nok"), HTTP1_DONE, KEEP,
			.status = 201, .body = "ok"},
		{"no reason, no space", TEXT("HTTP/1.1 404\r\n" LEN "\r\nok"), HTTP1_DONE, KEEP,
			.status = 404, .body = "ok"},
		{"bytes of others in the reason",
			TEXT("HTTP/1.1 500 \xff\xc3\xa9\t!\r\n" LEN "\r\nok"), HTTP1_DONE, KEEP,
			.status = 500, .body = "ok"},
		{"1.0 closes", TEXT(OLD LEN "\r\nok"), HTTP1_DONE, .status = 200, .body = "ok"},
		{"a later 1.x", TEXT("HTTP/1.2 200 OK\r\n" LEN "\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"999", TEXT("HTTP/1.1 999 x\r\n" LEN "\r\nok"), HTTP1_DONE, KEEP, .status = 999,
			.body = "ok"},
		{"a bare LF",
			TEXT("HTTP/1.1 200 OK\n"
			     "Content-Length: 2\n\nok"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"2.0", TEXT("HTTP/2.0 200 OK\r\n" LEN "\r\nok"), HTTP1_FAILED, .error = NO_HTTP},
		{"2", TEXT("HTTP/2 200\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"0.9", TEXT("<html>hello</html>"), HTTP1_FAILED, .error = NO_HTTP},
		{"0.9, one byte", TEXT("o"), HTTP1_FAILED, .error = NO_HTTP},
		{"0.9 with a line", TEXT("HTTP is fine\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"TLS", TEXT("\x15\x03\x03\x00\x02\x02\x46"), HTTP1_FAILED, .error = NO_HTTP},
		{"a blank line first", TEXT("\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP1_FAILED,
			.error = NO_HTTP},
		{"an LF first", TEXT("\nHTTP/1.1 200 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"a space first", TEXT(" HTTP/1.1 200 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"lower case", TEXT("http/1.1 200 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"1.10", TEXT("HTTP/1.10 200 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"1.x", TEXT("HTTP/1.x 200 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"1", TEXT("HTTP/1 200 OK ok\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"two spaces", TEXT("HTTP/1.1  200 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"a tab", TEXT("HTTP/1.1\t200 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"two digits", TEXT("HTTP/1.1 20 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"four digits", TEXT("HTTP/1.1 2000 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"000", TEXT("HTTP/1.1 000 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"-20", TEXT("HTTP/1.1 -20 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"2x0", TEXT("HTTP/1.1 2x0 OK\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"cut", TEXT("HTTP/1.1 2\r\n\r\n"), HTTP1_FAILED, .error = NO_HTTP},
		{"only HTTP/", TEXT("HTTP/\r\n"), HTTP1_FAILED, .error = NO_HTTP},
	};

	check_all(rows, COUNT(rows));
}

static void
test_bodiless(void)
{
	static const struct row rows[] = {
		{"100", TEXT("HTTP/1.1 100 Continue\r\n\r\n" OK LEN "\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"103 twice, its length is no one's",
			TEXT("HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" OK
					LEN "\r\nok"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"only 100", TEXT("HTTP/1.1 100 Continue\r\n\r\n"), HTTP1_STATUS, .status = 0},
		{"101", TEXT("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
			HTTP1_FAILED, .status = 101,
			.error = "the response switches to another protocol"},
		{"204", TEXT("HTTP/1.1 204 No Content\r\n\r\n"), HTTP1_DONE, KEEP, .status = 204},
		{"204 with no length", TEXT("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
			HTTP1_DONE, KEEP, .status = 204},
		{"204 with a length: a body may follow, later",
			TEXT("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), HTTP1_DONE,
			.status = 204},
		{"204 with a coding",
			TEXT("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
			HTTP1_DONE, .status = 204},
		{"204 with a body: what follows is not trusted",
			TEXT("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"), HTTP1_DONE,
			.status = 204},
		{"304", TEXT("HTTP/1.1 304 Not Modified\r\n\r\n"), HTTP1_DONE, KEEP, .status = 304},
		{"304 with a length",
			TEXT("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"),
			HTTP1_DONE, .status = 304},
		{"304 with a coding",
			TEXT("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
			HTTP1_DONE, .status = 304},
		{"205 has a length",
			TEXT("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"), HTTP1_DONE,
			KEEP, .status = 205},
	};

	check_all(rows, COUNT(rows));
}

static void
test_lengths(void)
{
#define BAD(name, value)                                                                           \
	{                                                                                          \
		name, TEXT(OK "Content-Length:" value "\r\n\r\nok"), HTTP1_FAILED, .status = 200,  \
										   .error = LENGTH \
	}
	static const struct row rows[] = {
		{"0", TEXT(OK "Content-Length: 0\r\n\r\n"), HTTP1_DONE, KEEP, .status = 200},
		{"leading zeros", TEXT(OK "Content-Length: 0002\r\n\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"space around", TEXT(OK "content-LENGTH: \t2 \t \r\n\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"no space", TEXT(OK "Content-Length:2\r\n\r\nok"), HTTP1_DONE, KEEP, .status = 200,
			.body = "ok"},
		{"twice the same", TEXT(OK LEN "X: y\r\n" LEN "\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"a list of the same", TEXT(OK "Content-Length: 2, 2 ,\t2\r\n\r\nok"), HTTP1_DONE,
			KEEP, .status = 200, .body = "ok"},
		{"two different", TEXT(OK LEN "Content-Length: 3\r\n\r\nok"), HTTP1_FAILED,
			.status = 200, .error = LENGTHS},
		{"0 and another", TEXT(OK "Content-Length: 0\r\n" LEN "\r\nok"), HTTP1_FAILED,
			.status = 200, .error = LENGTHS},
		{"a list of different ones", TEXT(OK "Content-Length: 2, 3\r\n\r\nok"),
			HTTP1_FAILED, .status = 200, .error = LENGTHS},
		BAD("a list with a hole", " 2,,2"),
		BAD("a list that ends", " 2,"),
		BAD("nothing", ""),
		BAD("space", "  "),
		BAD("negative", " -2"),
		BAD("signed", " +2"),
		BAD("inside space", " 2 2"),
		BAD("hexadecimal", " 0x2"),
		BAD("a fraction", " 2.0"),
		BAD("words", " two"),
		BAD("behind it", " 2x"),
		BAD("a vertical tab", " 2\v"),
		BAD("2^64 + 2", " 18446744073709551618"),
		BAD("20 digits", " 99999999999999999999"),
		BAD("40 digits", " 0000000000000000000000000000000000000002"),
		{"as much as can be", TEXT(OK "Content-Length: 999999999999999999\r\n\r\nok"),
			HTTP1_LENGTH, .status = 200, .body = "ok"},
		{"a space before the colon is another name",
			TEXT(OK "Content-Length : 2\r\n\r\nok!"), HTTP1_DONE, .ends = true,
			.status = 200, .body = "ok!"},
		{"a longer name", TEXT(OK "Content-Lengths: 2\r\nX-Content-Length: 2\r\n\r\nok!"),
			HTTP1_DONE, .ends = true, .status = 200, .body = "ok!"},
		{"bytes behind", TEXT(OK LEN "\r\nok!"), HTTP1_DONE, .status = 200, .body = "ok"},
		{"a response behind", TEXT(OK LEN "\r\nok" OK LEN "\r\nno"), HTTP1_DONE,
			.status = 200, .body = "ok"},
		{"a body with NUL, CR, LF", TEXT(OK "Content-Length: 5\r\n\r\n\r\na\r\n"),
			HTTP1_DONE, KEEP, .status = 200, .body = "\r\na\r\n"},
	};
#undef BAD

	check_all(rows, COUNT(rows));
}

static void
test_chunks(void)
{
#define BAD(name, size)                                                                            \
	{                                                                                          \
		name, TEXT(CHUNKED size "\r\nok\r\n0\r\n\r\n"), HTTP1_FAILED, .status = 200,       \
									      .error = CHUNK       \
	}
	static const struct row rows[] = {
		{"one", TEXT(CHUNKED "2\r\nok\r\n0\r\n\r\n"), HTTP1_DONE, KEEP, .status = 200,
			.body = "ok"},
		{"none", TEXT(CHUNKED "0\r\n\r\n"), HTTP1_DONE, KEEP, .status = 200},
		{"many", TEXT(CHUNKED "1\r\na\r\n2\r\nbc\r\n3\r\nde\n\r\n00\r\n\r\n"), HTTP1_DONE,
			KEEP, .status = 200, .body = "abcde\n"},
		{"upper case", TEXT(CHUNKED "A\r\n0123456789\r\n0\r\n\r\n"), HTTP1_DONE, KEEP,
			.status = 200, .body = "0123456789"},
		{"lower case", TEXT(CHUNKED "0b\r\n0123456789a\r\n0\r\n\r\n"), HTTP1_DONE, KEEP,
			.status = 200, .body = "0123456789a"},
		{"extensions", TEXT(CHUNKED "2;a=b;c=\"d;\"\r\nok\r\n0 ;x\r\n\r\n"), HTTP1_DONE,
			KEEP, .status = 200, .body = "ok"},
		{"space behind", TEXT(CHUNKED "2 \t\r\nok\r\n0\r\n\r\n"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"trailers",
			TEXT(CHUNKED "2\r\nok\r\n0\r\nRetry-After: 9\r\nContent-Length: 7\r\n\r\n"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"bare LFs", TEXT(CHUNKED "2\nok\n0\n\n"), HTTP1_DONE, KEEP, .status = 200,
			.body = "ok"},
		{"bytes behind", TEXT(CHUNKED "2\r\nok\r\n0\r\n\r\nHTTP/1.1"), HTTP1_DONE,
			.status = 200, .body = "ok"},
		{"no CRLF behind", TEXT(CHUNKED "2\r\nokay\r\n0\r\n\r\n"), HTTP1_FAILED,
			.status = 200, .body = "ok", .error = CHUNK_LONG},
		{"too short", TEXT(CHUNKED "5\r\nok\r\n0\r\n\r\n"), HTTP1_FAILED, .status = 200,
			.body = "ok\r\n0", .error = CHUNK},
		{"15 digits", TEXT(CHUNKED "FFFFFFFFFFFFFFF\r\nok"), HTTP1_CHUNK, .status = 200,
			.body = "ok"},
		BAD("16 digits", "FFFFFFFFFFFFFFFF"),
		BAD("17 digits", "10000000000000002"),
		BAD("16 zeros and a digit", "00000000000000002"),
		BAD("none at all", ""),
		BAD("an extension only", ";a=b"),
		BAD("negative", "-2"),
		BAD("signed", "+2"),
		BAD("0x", "0x2"),
		BAD("not hexadecimal", "g"),
		BAD("behind it", "2g"),
		BAD("space first", " 2"),
		BAD("a second number", "2 2"),
		BAD("a carriage return", "2\r"),
		BAD("a comma", "2,"),
		BAD("underlined", "1_0"),
	};
#undef BAD

	check_all(rows, COUNT(rows));
}

static void
test_codings(void)
{
	static const struct row rows[] = {
		{"any case", TEXT(OK "transfer-encoding:CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"behind another",
			TEXT(OK "Transfer-Encoding: gzip ,\tchunked , \r\n\r\n2\r\nok\r\n0\r\n\r\n"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"behind another, in two headers",
			TEXT(OK "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"and an empty one",
			TEXT(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"before another: until close",
			TEXT(OK "Transfer-Encoding: chunked, gzip\r\n\r\n2\r\nok"), HTTP1_DONE,
			.ends = true, .status = 200, .body = "2\r\nok"},
		{"before another, in two headers",
			TEXT(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n2\r\nok"),
			HTTP1_DONE, .ends = true, .status = 200, .body = "2\r\nok"},
		{"another: until close", TEXT(OK "Transfer-Encoding: gzip\r\n\r\nok"), HTTP1_DONE,
			.ends = true, .status = 200, .body = "ok"},
		{"another, and a length that does not count",
			TEXT(OK LEN "Transfer-Encoding: gzip\r\n\r\nokay"), HTTP1_DONE,
			.ends = true, .status = 200, .body = "okay"},
		{"another that looks like it", TEXT(OK "Transfer-Encoding: xchunked\r\n\r\nok"),
			HTTP1_DONE, .ends = true, .status = 200, .body = "ok"},
		{"a parameter", TEXT(OK "Transfer-Encoding: chunked;a=b\r\n\r\nok"), HTTP1_DONE,
			.ends = true, .status = 200, .body = "ok"},
		{"two words", TEXT(OK "Transfer-Encoding: x chunked\r\n\r\nok"), HTTP1_DONE,
			.ends = true, .status = 200, .body = "ok"},
		{"with a length: chunks count, then it closes",
			TEXT(OK "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
			HTTP1_DONE, .status = 200, .body = "ok"},
		{"the other way round",
			TEXT(OK "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
			HTTP1_DONE, .status = 200, .body = "ok"},
		{"in 1.0, it closes",
			TEXT(OLD
				"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
			HTTP1_DONE, .status = 200, .body = "ok"},
		{"until close", TEXT(OK "\r\nok"), HTTP1_DONE, .ends = true, .status = 200,
			.body = "ok"},
		{"until close, nothing", TEXT(OK "\r\n"), HTTP1_DONE, .ends = true, .status = 200},
		{"until close goes on", TEXT(OK "Connection: keep-alive\r\n\r\nok"),
			HTTP1_UNTIL_CLOSE, .status = 200, .body = "ok"},
	};

	check_all(rows, COUNT(rows));
}

static void
test_connection(void)
{
	static const struct row rows[] = {
		{"close", TEXT(OK "Connection: close\r\n" LEN "\r\nok"), HTTP1_DONE, .status = 200,
			.body = "ok"},
		{"in any case", TEXT(OK "cONNECTION:CLOSE\r\n" LEN "\r\nok"), HTTP1_DONE,
			.status = 200, .body = "ok"},
		{"of several", TEXT(OK "Connection: x,\tclose\t,y\r\n" LEN "\r\nok"), HTTP1_DONE,
			.status = 200, .body = "ok"},
		{"keep-alive and close",
			TEXT(OK "Connection: keep-alive\r\nConnection: close\r\n" LEN "\r\nok"),
			HTTP1_DONE, .status = 200, .body = "ok"},
		{"another word", TEXT(OK "Connection: closed, not-close, x\r\n" LEN "\r\nok"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"another header",
			TEXT(OK "Proxy-Connection: close\r\nX: Connection: close\r\n" LEN "\r\nok"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"1.0, keep-alive", TEXT(OLD "Connection: Keep-Alive\r\n" LEN "\r\nok"), HTTP1_DONE,
			KEEP, .status = 200, .body = "ok"},
		{"1.0, close and keep-alive",
			TEXT(OLD "Connection: close\r\nConnection: keep-alive\r\n" LEN "\r\nok"),
			HTTP1_DONE, .status = 200, .body = "ok"},
		{"1.0, another word", TEXT(OLD "Connection: keep-alives\r\n" LEN "\r\nok"),
			HTTP1_DONE, .status = 200, .body = "ok"},
	};

	check_all(rows, COUNT(rows));
}

static void
test_headers(void)
{
	static const struct row rows[] = {
		{"folded", TEXT(OK "Content-Length:\r\n 2\r\n\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"folded by tabs and LFs, several times",
			TEXT(OK "Content-Length:\n\t\r\n \t2\n \n\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"a folded number is two", TEXT(OK "Content-Length: 1\r\n 2\r\n\r\nok"),
			HTTP1_FAILED, .status = 200, .error = LENGTH},
		{"a folded close", TEXT(OK "Connection: x,\r\n close\r\n" LEN "\r\nok"), HTTP1_DONE,
			.status = 200, .body = "ok"},
		{"folded codings",
			TEXT(OK "Transfer-Encoding: gzip,\r\n\tchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
			HTTP1_DONE, KEEP, .status = 200, .body = "ok"},
		{"a coding in the fold of another header",
			TEXT(OK "X: y\r\n Transfer-Encoding: chunked\r\n" LEN "\r\nok"), HTTP1_DONE,
			KEEP, .status = 200, .body = "ok"},
		{"a fold before the first is ignored",
			TEXT(OK " Content-Length: 9\r\n" LEN "\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"no colon", TEXT(OK "nonsense\r\n:\r\n: x\r\n" LEN "\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
		{"a NUL", TEXT(OK "X: a\0b\r\n" LEN "\r\nok"), HTTP1_FAILED, .status = 200,
			.error = BYTES},
		{"a NUL in a name", TEXT(OK "Content\0-Length: 2\r\n\r\nok"), HTTP1_FAILED,
			.status = 200, .error = BYTES},
		{"a carriage return", TEXT(OK "X: a\rContent-Length: 2\r\n\r\nok"), HTTP1_FAILED,
			.status = 200, .error = BYTES},
		{"two of them", TEXT(OK "X: a\r\r\n" LEN "\r\nok"), HTTP1_FAILED, .status = 200,
			.error = BYTES},
		{"a carriage return before the fold", TEXT(OK "X: a\r\r\n b\r\n" LEN "\r\nok"),
			HTTP1_FAILED, .status = 200, .error = BYTES},
		{"LF and CRLF mixed", TEXT(OK "Content-Length: 2\n\r\nok"), HTTP1_DONE, KEEP,
			.status = 200, .body = "ok"},
	};

	check_all(rows, COUNT(rows));
}

static void
test_fields(void)
{
	static const struct {
		const char *headers, *want;
	} rows[] = {
		{"Retry-After: 120\r\n", "120"},
		{"retry-after:\t7 \r\n", "7"},
		{"Retry-After:\r\n 8\r\n", "8"},
		{"Retry-After: Tue, 24 Nov 2026 11:17:08 GMT\r\n", "Tue, 24 Nov 2026 11:17:08 GMT"},
		{"X-Retry-After: 9\r\n", ""},
		{"Retry-After: 1111111111111111111111111111111111111111111111111111111111111111\r\n",
			""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int how = WHOLE; how <= RANDOM; how++) {
			static const char interim[] =
				"HTTP/1.1 103 x\r\nRetry-After: 5\r\nDate: x\r\n\r\n";
			static const char start[] = "HTTP/1.1 503 x\r\n";
			static const char date[] = "dAte:  Tue, 24 Nov 2026 11:17:07 GMT\r\n";

			begin(0);
			feed(TEXT(interim), (enum how)how);
			feed(TEXT(start), (enum how)how);
			feed(rows[i].headers, strlen(rows[i].headers), (enum how)how);
			if (i > 0)
				feed(TEXT(date), (enum how)how);
			feed(TEXT("Content-Length: 0\r\n\r\n"), (enum how)how);
			EXPECT(parser.state == HTTP1_DONE && parser.status == 503);
			EXPECT_STR(look().retry_after, rows[i].want);
			EXPECT_STR(response.date, i > 0 ? "Tue, 24 Nov 2026 11:17:07 GMT" : "");
		}
	}
}

/* ---- what is bounded ---- */

/* Feed ${piece} until the parser stops. Returns how many bytes it took. */
static size_t
feed_on(const char *piece, size_t len)
{
	size_t n = 0;

	while (parser.state != HTTP1_DONE && parser.state != HTTP1_FAILED && n < 16u << 20) {
		http1_parser_feed(&parser, piece, len);
		n += len;
	}
	return n;
}

static void
test_header_flood(void)
{
	static const char *const pieces[] = {"X-A: b\r\n", "x", "X: y\r\n z\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\n"};

	for (size_t i = 0; i < COUNT(pieces); i++) {
		begin(10);
		if (i < 3)
			feed(TEXT(OK), WHOLE);
		EXPECT(feed_on(pieces[i], strlen(pieces[i])) <= RESPONSE_HEADERS_MAX + 64);
		EXPECT(parser.state == HTTP1_FAILED && parser.error == NULL && !parser.keep_alive);
		EXPECT(response.overfull);
	}
	/* To the byte: so much is a response, one byte more is not. */
	for (int more = 0; more < 2; more++) {
		size_t n = sizeof(OK LEN "\r\n") - 1;

		begin(10);
		feed(TEXT(OK LEN "A:"), WHOLE);
		for (n += sizeof("A:\r\n") - 1; n < (size_t)RESPONSE_HEADERS_MAX + (size_t)more;
			n++)
			feed("x", 1, WHOLE);
		feed(TEXT("\r\n\r\nok"), WHOLE);
		EXPECT(parser.state == (more ? HTTP1_FAILED : HTTP1_DONE));
	}
}

/* The head of a response is good: what follows without an end does not make it a failure. */
static void
test_chunk_flood(void)
{
	static const struct {
		const char *start, *piece;
	} rows[] = {{"2;", "x"}, {"0\r\n", "X: y\r\n"}, {"", "1\r\nx\r\n"}, {"1\r\nx", "y"},
		{"2;\r\nok", "\r"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(10);
		feed(TEXT(CHUNKED), WHOLE);
		feed(rows[i].start, strlen(rows[i].start), WHOLE);
		EXPECT(feed_on(rows[i].piece, strlen(rows[i].piece)) <=
			RESPONSE_HEADERS_MAX + READ_MAX);
		EXPECT(parser.state == HTTP1_DONE && parser.status == 200 && !parser.keep_alive);
		EXPECT(response_is_cut(&response));
	}
}

static void
test_body_flood(void)
{
	static const char *const heads[] = {OK "\r\n", OK "Content-Length: 999999999\r\n\r\n",
		CHUNKED "fffffff\r\n"};
	static char piece[10000];

	memset(piece, 'x', sizeof(piece));
	for (size_t i = 0; i < COUNT(heads); i++) {
		begin(100);
		feed(heads[i], strlen(heads[i]), WHOLE);
		EXPECT(feed_on(piece, sizeof(piece)) <= READ_MAX + sizeof(piece));
		EXPECT(parser.state == HTTP1_DONE && parser.status == 200 && !parser.keep_alive);
		EXPECT(response.overfull && response.body.len == 100);
		EXPECT(response_is_cut(&response));
	}
	/* To the byte: a body of just so much is read to its end, and the connection kept. */
	for (size_t more = 0; more < 2; more++) {
		char head[100];
		size_t n = READ_MAX + more;

		snprintf(head, sizeof(head), OK "Content-Length: %zu\r\n\r\n", n);
		begin(0);
		feed(head, strlen(head), WHOLE);
		for (size_t len; n > 0; n -= len) {
			len = n < sizeof(piece) ? n : sizeof(piece);
			http1_parser_feed(&parser, piece, len);
		}
		EXPECT(parser.state == HTTP1_DONE && parser.keep_alive == (more == 0));
	}
}

/* A header of ${len} bytes, the end of its line included, then a body of 2. */
static struct outcome
long_header(const char *start, const char *finish, size_t len, enum how how)
{
	static char text[3 * HTTP1_LINE_MAX];
	size_t n = strlen(start);

	begin(10);
	memcpy(text, start, n);
	memset(text + n, ' ', len - n);
	memcpy(text + len - strlen(finish), finish, strlen(finish));
	feed(TEXT(OK), how);
	feed(text, len, how);
	feed(TEXT("\r\nok"), how);
	http1_parser_end(&parser);
	return look();
}

static void
test_long_lines(void)
{
	struct outcome o;

	for (int how = WHOLE; how <= RANDOM; how++) {
		for (size_t len = HTTP1_LINE_MAX - 3; len < HTTP1_LINE_MAX + 4; len++) {
			const bool fits = len <= HTTP1_LINE_MAX;

			o = long_header("Content-Length: 2", "\r\n", len, (enum how)how);
			EXPECT(o.state == (fits ? HTTP1_DONE : HTTP1_FAILED));
			EXPECT_STR(o.error != NULL ? o.error : "", fits ? "" : TOO_LONG);
			o = long_header("Content-Length: 2", "9\r\n", len, (enum how)how);
			EXPECT_STR(o.error, fits ? LENGTH : TOO_LONG);
			o = long_header("Connection: x,", ", close\r\n", len, (enum how)how);
			EXPECT(o.state == (fits ? HTTP1_DONE : HTTP1_FAILED));
			o = long_header("Transfer-Encoding: chunked", "\r\n", 2 * len,
				(enum how)how);
			EXPECT_STR(o.error, TOO_LONG);
			/* of others it does not matter */
			o = long_header("X: 2", "\r\n", len, (enum how)how);
			EXPECT(o.state == HTTP1_DONE);
			EXPECT_STR(o.body, "ok");
		}
		/* folds do not make room */
		o = long_header("Connection: x,\r\n ", "\r\n  close\r\n", 5000, (enum how)how);
		EXPECT_STR(o.error, TOO_LONG);
	}
}

/* ---- the end of the connection ---- */

static void
test_ends(void)
{
	static const struct row rows[] = {
		{"before all", TEXT(""), HTTP1_FAILED, .ends = true, .error = SILENT},
		{"in the status line", TEXT("HTTP/1.1 2"), HTTP1_FAILED, .ends = true,
			.error = IN_HEAD},
		{"in the headers", TEXT(OK "X: y"), HTTP1_FAILED, .ends = true, .status = 200,
			.error = IN_HEAD},
		{"behind a header", TEXT(OK "X: y\r\n"), HTTP1_FAILED, .ends = true, .status = 200,
			.error = IN_HEAD},
		{"behind an interim answer", TEXT("HTTP/1.1 100 Continue\r\n\r\n"), HTTP1_FAILED,
			.ends = true, .error = IN_HEAD},
		{"in a body", TEXT(OK LEN "\r\no"), HTTP1_FAILED, .ends = true, .status = 200,
			.body = "o", .error = IN_BODY},
		{"before a body", TEXT(OK LEN "\r\n"), HTTP1_FAILED, .ends = true, .status = 200,
			.error = IN_BODY},
		{"before chunks", TEXT(CHUNKED), HTTP1_FAILED, .ends = true, .status = 200,
			.error = IN_BODY},
		{"in the length of a chunk", TEXT(CHUNKED "2"), HTTP1_FAILED, .ends = true,
			.status = 200, .error = IN_BODY},
		{"in a chunk", TEXT(CHUNKED "2\r\no"), HTTP1_FAILED, .ends = true, .status = 200,
			.body = "o", .error = IN_BODY},
		{"behind a chunk", TEXT(CHUNKED "2\r\nok"), HTTP1_FAILED, .ends = true,
			.status = 200, .body = "ok", .error = IN_BODY},
		{"before the last chunk", TEXT(CHUNKED "2\r\nok\r\n"), HTTP1_FAILED, .ends = true,
			.status = 200, .body = "ok", .error = IN_BODY},
		{"in the trailers", TEXT(CHUNKED "0\r\n"), HTTP1_FAILED, .ends = true,
			.status = 200, .error = IN_BODY},
		{"behind all", TEXT(OK LEN "\r\nok"), HTTP1_DONE, .ends = true, .status = 200,
			.body = "ok"},
		{"behind a failure", TEXT("nonsense"), HTTP1_FAILED, .ends = true,
			.error = NO_HTTP},
	};

	check_all(rows, COUNT(rows));
}

/* A beginning of a framed response is never taken for a whole one. */
static void
test_every_end(void)
{
	static const char *const texts[] = {"HTTP/1.1 103 x\r\nA: b\r\n\r\n" OK "X: a\r\n b\r\n" LEN
					    "\r\nok",
		CHUNKED "1;x=y\r\na\r\n0\r\nT: x\r\n\r\n", "HTTP/1.1 204 x\r\nA: b\r\n\r\n"};

	for (size_t i = 0; i < COUNT(texts); i++) {
		const size_t len = strlen(texts[i]);

		for (size_t n = 0; n <= len; n++) {
			begin(10);
			feed(texts[i], n, RANDOM);
			http1_parser_end(&parser);
			EXPECT(parser.state == (n == len ? HTTP1_DONE : HTTP1_FAILED));
			EXPECT(n == len || parser.error != NULL);
			EXPECT(!parser.keep_alive);
		}
	}
}

int
main(void)
{
	response_init(&response);
	random_seed(1);
	RUN(test_status_lines, "http1_parser: status lines");
	RUN(test_bodiless, "http1_parser: interim responses, 101, and statuses without a body");
	RUN(test_lengths, "http1_parser: Content-Length");
	RUN(test_chunks, "http1_parser: chunks");
	RUN(test_codings, "http1_parser: Transfer-Encoding, also with a length or in 1.0");
	RUN(test_connection, "http1_parser: whether the connection is kept");
	RUN(test_headers, "http1_parser: folded headers, NUL, carriage returns");
	RUN(test_fields, "http1_parser: Retry-After and Date of the last head");
	RUN(test_header_flood, "http1_parser: headers without an end, and just as many as may be");
	RUN(test_chunk_flood, "http1_parser: lines of chunks without an end");
	RUN(test_body_flood, "http1_parser: a body without an end, and just as much as is read");
	RUN(test_long_lines, "http1_parser: lines that are too long, whole or in pieces");
	RUN(test_ends, "http1_parser: the connection ends in every state");
	RUN(test_every_end, "http1_parser: the connection ends at every byte");
	response_release(&response);
	UNIT_DONE();
}
