/* record - request records: every member read, checked and bounded, whatever was written into the
 * pipe. */
#include "unit.h"
#include "record.h"

#include "header.h"
#include "json_text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LINE_MAX_LEN 65536

/* A record of these parts of a request, and what may follow it. */
#define RECORD(request)                                                                            \
	"{\"delivery_id\":\"d-1\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":"      \
	"\"n\"},\"request\":{" request "}}"
#define URL "\"url\":\"https://a/\","
#define HEADERS "\"headers\":{},"
#define BODY "\"body\":\"{}\""

static struct record rec;
static char line[LINE_MAX_LEN]; /* that rec points into */

/* Why ${text} is no record, with the byte, or "fine". */
static const char *
read_record(const char *text)
{
	static char out[256];
	static char *copy; /* exactly as long as the text, to find reads past the end */
	size_t len = strlen(text);
	struct json js;

	free(copy);
	if ((copy = malloc(len)) == NULL)
		return "out of memory";
	memcpy(copy, text, len);
	memset(&rec, 0xa5, sizeof(rec)); /* what is not set is not to be used */
	json_init(&js, copy, len);
	if (record_read(&js, &rec) && json_end(&js))
		return "fine";
	snprintf(out, sizeof(out), "%s @%.30s", js.error,
		copy + js.error_at < copy + len ? text + js.error_at : "");
	return out;
}

/* Only the reason. */
static const char *
why(const char *text)
{
	static char out[256];

	snprintf(out, sizeof(out), "%s", read_record(text));
	if (strstr(out, " @") != NULL)
		*strstr(out, " @") = '\0';
	return out;
}

static bool
spells(const struct json_span *span, const char *text)
{
	return span->len == strlen(text) && memcmp(span->p, text, span->len) == 0;
}

static void
test_least(void)
{
	EXPECT_STR(read_record(RECORD(URL HEADERS BODY)), "fine");
	EXPECT(spells(&rec.delivery_id, "d-1"));
	EXPECT(spells(&rec.automation, "n"));
	EXPECT(spells(&rec.event.member[EVENT_TYPE], "x"));
	EXPECT(spells(&rec.url, "https://a/"));
	EXPECT(spells(&rec.body, "{}"));
	EXPECT(spells(&rec.headers_span, "{}"));
	EXPECT(rec.nheaders == 0 && rec.nlate == 0 && rec.nschemes == 0 && rec.nkeys == 0);
	EXPECT(rec.auth.type == JSON_NONE);
}

static void
test_most(void)
{
	EXPECT_STR(read_record(
			   "{\"x\":[1],\"request\":{\"y\":{\"url\":5},\"method\":\"POST\"," URL
			   "\"headers\": { \"A\" : \"1\",\"B\":\"$REF\" } ,\"body\":\"\\u00e9\","
			   "\"secrets\":[{\"at\":0,\"ref\":\"$S\",\"z\":1},{\"ref\":\"$T\",\"at\":"
			   "2},{\"at\":2,\"ref\":\"$S\"}],"
			   "\"auth\":{\"scheme\":\"bearer\",\"ref\":\"$AUTH\"},"
			   "\"sign\":{\"scheme\":[\"wandb\",\"github\",\"standard\"],\"refs\":[\"$"
			   "K1\",\"$K2\"]}},"
			   "\"automation\":{\"id\":1,\"name\":\"n\"},\"event\":{\"event_type\":"
			   "\"x\"},\"delivery_id\":\"_\"}"),
		"fine");
	EXPECT(rec.nheaders == 2 && spells(&rec.headers[0].name, "A") &&
		spells(&rec.headers[1].value, "$REF"));
	EXPECT(spells(&rec.headers_span, "{ \"A\" : \"1\",\"B\":\"$REF\" }"));
	EXPECT(rec.nlate == 3 && rec.late[0].at == 0 && rec.late[1].at == 2 && rec.late[2].at == 2);
	EXPECT(spells(&rec.late[1].ref, "$T"));
	EXPECT(spells(&rec.auth, "$AUTH"));
	EXPECT(rec.nschemes == 3 && rec.schemes[0] == SIGNATURE_WANDB &&
		rec.schemes[2] == SIGNATURE_STANDARD);
	EXPECT(rec.nkeys == 2 && spells(&rec.keys[1], "$K2"));
}

/* Single values where arrays may stand. */
static void
test_single(void)
{
	EXPECT_STR(read_record(RECORD(URL HEADERS BODY
			   ",\"sign\":{\"scheme\":\"wandb-hex\",\"refs\":\"$K\"}")),
		"fine");
	EXPECT(rec.nschemes == 1 && rec.schemes[0] == SIGNATURE_WANDB_HEX && rec.nkeys == 1);
	EXPECT_STR(read_record(RECORD("\"url\":\"$URL\"," HEADERS BODY)), "fine");
	EXPECT(record_is_ref(&rec.url));
}

/* Nothing of an earlier duplicate shines through the last one. */
static void
test_duplicates(void)
{
	EXPECT_STR(
		read_record(RECORD(URL
			"\"headers\":{\"A\":\"1\",\"B\":\"2\"},\"headers\":{\"C\":\"3\"}," BODY
			",\"secrets\":[{\"at\":0,\"ref\":\"$S\"}],\"secrets\":[],\"body\":\"5\"")),
		"fine");
	EXPECT(rec.nheaders == 1 && spells(&rec.headers[0].name, "C"));
	EXPECT(rec.nlate == 0);
	EXPECT(spells(&rec.body, "5"));
	EXPECT_STR(read_record("{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},"
			       "\"automation\":{\"name\":\"n\"},"
			       "\"request\":{" URL "\"headers\":{\"A\":\"1\"}," BODY
			       ",\"secrets\":[{\"at\":0,\"ref\":\"$S\"}],"
			       "\"auth\":{\"scheme\":\"bearer\",\"ref\":\"$A\"},\"sign\":{"
			       "\"scheme\":\"wandb\",\"refs\":\"$K\"}},"
			       "\"request\":{" URL HEADERS BODY "}}"),
		"fine");
	EXPECT(rec.nheaders == 0 && rec.nlate == 0 && rec.nschemes == 0 && rec.nkeys == 0);
	EXPECT(rec.auth.type == JSON_NONE);
	EXPECT_STR(why("{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"automation\":{"
		       "\"name\":\"n\"},"
		       "\"request\":{" URL HEADERS BODY "},\"request\":{}}"),
		"the request has no \"url\"");
	/* escapes do not hide a member */
	EXPECT_STR(read_record(RECORD(URL HEADERS BODY ",\"\\u0075rl\":\"https://b/\"")), "fine");
	EXPECT(spells(&rec.url, "https://b/"));
}

struct pair {
	const char *text, *want;
};

static void
check(const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = read_record(pairs[i].text);

		if (strcmp(got, pairs[i].want) != 0)
			printf("# for %s\n", pairs[i].text);
		EXPECT_STR(got, pairs[i].want);
	}
}

static void
test_missing(void)
{
	static const struct pair pairs[] = {
		{"{\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":\"n\"},\"request\":"
		 "{" URL HEADERS BODY "}}",
			"the record has no \"delivery_id\" @"},
		{"{\"delivery_id\":\"d\",\"automation\":{\"name\":\"n\"},\"request\":{" URL HEADERS
				BODY "}}",
			"the record has no \"event\" @"},
		{"{\"delivery_id\":\"d\",\"event\":{},\"automation\":{\"name\":\"n\"}}",
			"the event has no event_type @{},\"automation\":{\"name\":\"n\"}}"},
		{"{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"request\":{" URL HEADERS
				BODY "}}",
			"the record has no automation with a \"name\" @"},
		{"{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"automation\":{}}",
			"the record has no automation with a \"name\" @"},
		{"{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":"
		 "\"n\"}}",
			"the record has no \"request\" @"},
		{RECORD(HEADERS BODY), "the request has no \"url\" @}"},
		{RECORD(URL BODY), "the request has no \"headers\" @}"},
		{RECORD(URL "\"headers\":{}"), "the request has no \"body\" @}"},
		{"5", "not a JSON object @5"},
		{"{} {}", "the record has no \"delivery_id\" @ {}"},
		{"{\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":\"a\",\"action\":{}}}",
			"the record has no \"delivery_id\": it is one of wb-match, and wb-render comes first @"},
		{"{\"event_type\":\"x\",\"alias\":\"a\"}",
			"the record has no \"delivery_id\": it is an event, and wb-match and wb-render come first @"},
		{"{\"event\":{\"event_type\":\"x\"},\"event_type\":\"x\"}",
			"the record has no \"delivery_id\" @"},
		{RECORD(URL HEADERS BODY) "x", "more after the JSON value @x"},
	};

	check(pairs, COUNT(pairs));
}

static void
test_types(void)
{
	static const struct pair pairs[] = {
		{"{\"delivery_id\":5}", "\"delivery_id\" is not a string @5}"},
		{"{\"event\":[]}", "not a JSON object @[]}"},
		{"{\"automation\":5}", "not a JSON object @5}"},
		{"{\"automation\":{\"name\":[]}}", "the automation's name is not a string @[]}}"},
		{"{\"request\":[]}", "not a JSON object @[]}"},
		{"{\"request\":{\"url\":5}}", "\"url\" is not a string @5}}"},
		{"{\"request\":{\"body\":{}}}", "\"body\" is not a string @{}}}"},
		{"{\"request\":{\"headers\":[]}}", "not a JSON object @[]}}"},
		{"{\"request\":{\"method\":5}}", "\"method\" is not a string @5}}"},
		{"{\"request\":{\"method\":\"GET\"}}", "\"method\" is not POST @GET\"}}"},
		{"{\"request\":{\"method\":\"post\"}}", "\"method\" is not POST @post\"}}"},
		{"{\"request\":{\"secrets\":{}}}", "not a JSON array @{}}}"},
		{"{\"request\":{\"auth\":[]}}", "not a JSON object @[]}}"},
		{"{\"request\":{\"sign\":[]}}", "not a JSON object @[]}}"},
	};

	check(pairs, COUNT(pairs));
}

static void
test_delivery_id(void)
{
	static const char format[] =
		"{\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":\"n\"},"
		"\"request\":{" URL HEADERS BODY "},\"delivery_id\":\"%s\"}";
	static const char allowed[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

	for (int c = 0x20; c < 0x7f; c++) {
		char id[2] = {(char)c, '\0'};

		if (c == '"' || c == '\\')
			continue;
		snprintf(line, sizeof(line), format, id);
		EXPECT_STR(why(line), strchr(allowed, c) != NULL
					      ? "fine"
					      : "\"delivery_id\" holds [A-Za-z0-9_-] only");
	}
	snprintf(line, sizeof(line), format, "");
	EXPECT_STR(why(line), "\"delivery_id\" has 1 to 64 characters");
	snprintf(line, sizeof(line), format, "\\u0061");
	EXPECT_STR(why(line), "\"delivery_id\" holds [A-Za-z0-9_-] only");
	snprintf(line, sizeof(line), format, allowed);
	EXPECT_STR(why(line), "fine");
	snprintf(line, sizeof(line), format,
		"0123456789012345678901234567890123456789012345678901234567890123x");
	EXPECT_STR(why(line), "\"delivery_id\" has 1 to 64 characters");
}

static void
test_headers(void)
{
	static const struct pair pairs[] = {
		{RECORD("\"headers\":{\"Host\":\"b\"}"),
			"this header is set by the sender @Host\":\"b\"}}}"},
		{RECORD("\"headers\":{\"content-length\":\"1\"}"),
			"this header is set by the sender @content-length\":\"1\"}}}"},
		{RECORD("\"headers\":{\"\":\"1\"}"),
			"a header's name has 1 to 256 characters @\":\"1\"}}}"},
		{RECORD("\"headers\":{\"A\\r\\nB\":\"1\"}"),
			"not a header name @A\\r\\nB\":\"1\"}}}"},
		{RECORD("\"headers\":{\"\\u0048ost\":\"1\"}"),
			"not a header name @\\u0048ost\":\"1\"}}}"},
		{RECORD("\"headers\":{\"A:\":\"1\"}"), "not a header name @A:\":\"1\"}}}"},
		{RECORD("\"headers\":{\"A\":5}"), "a header's value is not a string @5}}}"},
		{RECORD("\"headers\":{\"A\":null}"), "a header's value is not a string @null}}}"},
		{RECORD("\"headers\":{\"A\":\"b\\r\\nC: d\"}"),
			"a header's value is printable ASCII @b\\r\\nC: d\"}}}"},
		{RECORD("\"headers\":{\"A\":\"b\\u000aC\"}"),
			"a header's value is printable ASCII @b\\u000aC\"}}}"},
		{RECORD("\"headers\":{\"A\":\"\\u0000\"}"),
			"a header's value is printable ASCII @\\u0000\"}}}"},
		{RECORD("\"headers\":{\"A\":\"\\u007f\"}"),
			"a header's value is printable ASCII @\\u007f\"}}}"},
		{RECORD("\"headers\":{\"A\":\"\xc3\xa9\"}"),
			"a header's value is printable ASCII @\xc3\xa9\"}}}"},
		{RECORD("\"headers\":{\"A\":\"\\ud83d\\ude0a\"}"),
			"a header's value is printable ASCII @\\ud83d\\ude0a\"}}}"},
		{RECORD("\"headers\":{\"A\":\" b\"}"),
			"a header's value neither starts nor ends with a space @ b\"}}}"},
		{RECORD("\"headers\":{\"A\":\"$B C\"}"),
			"a value that starts with '$' must be the name of a secret, such as "
			"\"$TOKEN\" @$B C\"}}}"},
		{RECORD("\"headers\":{\"A\":\"\\u0024B\"}"),
			"a value that starts with '$' must be the name of a secret, such as "
			"\"$TOKEN\" @\\u0024B\"}}}"},
	};

	check(pairs, COUNT(pairs));
	EXPECT_STR(read_record(RECORD(
			   URL BODY ",\"headers\":{\"A\":\"\\u0062\\t\\\"c\\/\",\"B\":\"\"}")),
		"fine");
}

/* A record whose headers are ${n} times a header with a value of ${len} bytes. */
static const char *
many_headers(size_t n, int len)
{
	size_t used = (size_t)snprintf(line, sizeof(line),
		"{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":"
		"\"n\"},"
		"\"request\":{" URL BODY ",\"headers\":{");

	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s\"A%zu\":\"%0*d\"",
			i == 0 ? "" : ",", i, len, 0);
	snprintf(line + used, sizeof(line) - used, "}}}");
	return why(line);
}

static void
test_header_limits(void)
{
	EXPECT_STR(many_headers(RECORD_HEADERS_MAX, 1), "fine");
	EXPECT_STR(many_headers(RECORD_HEADERS_MAX + 1, 1), "more than 64 headers");
	EXPECT_STR(many_headers(1, HEADER_VALUE_MAX - 1), "fine");
	EXPECT_STR(many_headers(1, HEADER_VALUE_MAX), "a header's value is longer than 8 KiB");
}

static void
test_late(void)
{
	static const struct pair pairs[] = {
		{RECORD("\"secrets\":[{\"at\":\"1\",\"ref\":\"$S\"}]"),
			"\"at\" is not a number @\"1\",\"ref\":\"$S\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":-1,\"ref\":\"$S\"}]"),
			"\"at\" is not a byte offset @-1,\"ref\":\"$S\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":1.0,\"ref\":\"$S\"}]"),
			"\"at\" is not a byte offset @1.0,\"ref\":\"$S\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":1e3,\"ref\":\"$S\"}]"),
			"\"at\" is not a byte offset @1e3,\"ref\":\"$S\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":1234567890123456,\"ref\":\"$S\"}]"),
			"\"at\" is out of bounds @1234567890123456,\"ref\":\"$S\"}]}"},
		{RECORD("\"secrets\":[{\"at\":1}]"),
			"a secret's place needs \"at\" and \"ref\" @]}}"},
		{RECORD("\"secrets\":[{\"ref\":\"$S\"}]"),
			"a secret's place needs \"at\" and \"ref\" @]}}"},
		{RECORD("\"secrets\":[{\"at\":1,\"ref\":5}]"),
			"a secret's reference is not a string @5}]}}"},
		{RECORD("\"secrets\":[{\"at\":1,\"ref\":\"S\"}]"),
			"not a reference to a secret, \"$NAME\" @\"S\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":1,\"ref\":\"$\"}]"),
			"not a reference to a secret, \"$NAME\" @\"$\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":1,\"ref\":\"$1\"}]"),
			"not a reference to a secret, \"$NAME\" @\"$1\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":1,\"ref\":\"$../x\"}]"),
			"not a reference to a secret, \"$NAME\" @\"$../x\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":1,\"ref\":\"\\u0024S\"}]"),
			"not a reference to a secret, \"$NAME\" @\"\\u0024S\"}]}}"},
		{RECORD("\"secrets\":[{\"at\":2,\"ref\":\"$S\"},{\"at\":1,\"ref\":\"$S\"}]"),
			"secrets' places are not in ascending order @]}}"},
		{RECORD("\"secrets\":[5]"), "not a JSON object @5]}}"},
	};

	check(pairs, COUNT(pairs));
	EXPECT_STR(read_record(RECORD(URL HEADERS BODY
			   ",\"secrets\":[{\"at\":123456789012345,\"ref\":\"$S\"}]")),
		"fine");
	EXPECT(rec.late[0].at == 123456789012345);
}

/* A record with ${n} of ${item} in the array that ${before} opens. */
static const char *
many(const char *before, const char *item, size_t n, const char *after)
{
	size_t used = (size_t)snprintf(line, sizeof(line),
		"{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":"
		"\"n\"},"
		"\"request\":{" URL HEADERS BODY ",%s",
		before);

	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s",
			i == 0 ? "" : ",", item);
	snprintf(line + used, sizeof(line) - used, "%s}}", after);
	return why(line);
}

static void
test_counts(void)
{
	EXPECT_STR(many("\"secrets\":[", "{\"at\":0,\"ref\":\"$S\"}", SECRET_REFS_MAX, "]"),
		"fine");
	EXPECT_STR(many("\"secrets\":[", "{\"at\":0,\"ref\":\"$S\"}", SECRET_REFS_MAX + 1, "]"),
		"more than 32 secrets in one body");
	EXPECT_STR(many("\"sign\":{\"scheme\":\"github\",\"refs\":[", "\"$S\"", SIGNATURE_KEYS_MAX,
			   "]}"),
		"fine");
	EXPECT_STR(many("\"sign\":{\"scheme\":\"github\",\"refs\":[", "\"$S\"",
			   SIGNATURE_KEYS_MAX + 1, "]}"),
		"more than 8 keys");
}

static void
test_success_when_and_tls(void)
{
	static const struct pair pairs[] = {
		{RECORD("\"success_when\":5"), "\"success_when\" is not a string @5}}"},
		{RECORD("\"success_when\":null"), "\"success_when\" is not a string @null}}"},
		{RECORD("\"success_when\":\"\""), "\"success_when\" has 1 to 65536 bytes @\"}}"},
		{RECORD("\"tls\":\"$CA\""), "not a JSON object @\"$CA\"}}"},
		{RECORD("\"tls\":{}"), "\"tls\" has neither \"ca\" nor \"cert\" and \"key\" @}}"},
		{RECORD("\"tls\":{\"cacert\":\"$CA\"}"),
			"\"tls\" has neither \"ca\" nor \"cert\" and \"key\" @}}"},
		{RECORD("\"tls\":{\"cert\":\"$C\"}"),
			"\"tls\" needs both of \"cert\" and \"key\" or none @}}"},
		{RECORD("\"tls\":{\"ca\":\"$A\",\"key\":\"$K\"}"),
			"\"tls\" needs both of \"cert\" and \"key\" or none @}}"},
		{RECORD("\"tls\":{\"ca\":5}"), "a secret's reference is not a string @5}}}"},
		{RECORD("\"tls\":{\"ca\":\"/etc/passwd\"}"),
			"not a reference to a secret, \"$NAME\" @\"/etc/passwd\"}}}"},
		{RECORD("\"tls\":{\"cert\":\"-----BEGIN\"}"),
			"not a reference to a secret, \"$NAME\" @\"-----BEGIN\"}}}"},
		{RECORD("\"tls\":{\"key\":\"\\u0024K\"}"),
			"not a reference to a secret, \"$NAME\" @\"\\u0024K\"}}}"},
	};

	check(pairs, COUNT(pairs));
	EXPECT_STR(read_record(RECORD(URL HEADERS BODY)), "fine");
	EXPECT(rec.success_when.type == JSON_NONE && rec.tls_ca.type == JSON_NONE &&
		rec.tls_cert.type == JSON_NONE && rec.tls_key.type == JSON_NONE);
	EXPECT_STR(
		read_record(RECORD(URL HEADERS BODY ",\"success_when\":\".a == \\\"b\\\"\","
						    "\"tls\":{\"ca\":\"$A\",\"x\":1,\"key\":\"$K\","
						    "\"cert\":\"$C\"}")),
		"fine");
	EXPECT(spells(&rec.success_when, ".a == \\\"b\\\"") && rec.success_when.escaped);
	EXPECT(spells(&rec.tls_ca, "$A") && spells(&rec.tls_cert, "$C") &&
		spells(&rec.tls_key, "$K"));
	/* nothing of an earlier one is left */
	EXPECT_STR(read_record(RECORD(URL HEADERS BODY
			   ",\"tls\":{\"cert\":\"$C\",\"key\":\"$K\"},\"tls\":{\"ca\":\"$A\"}")),
		"fine");
	EXPECT(spells(&rec.tls_ca, "$A") && rec.tls_cert.type == JSON_NONE &&
		rec.tls_key.type == JSON_NONE);
	EXPECT_STR(read_record("{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},"
			       "\"automation\":{\"name\":\"n\"},\"request\":{" URL HEADERS BODY
			       ",\"success_when\":"
			       "\".\",\"tls\":{\"ca\":\"$A\"}},"
			       "\"request\":{" URL HEADERS BODY "}}"),
		"fine");
	EXPECT(rec.success_when.type == JSON_NONE && rec.tls_ca.type == JSON_NONE);
}

/* A record with a program of ${len} bytes. */
static const char *
long_program(size_t len)
{
	static char big[2 * LINE_MAX_LEN];
	size_t used = (size_t)snprintf(big, sizeof(big), "%s",
		"{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":"
		"\"n\"},\"request\":{" URL HEADERS BODY ",\"success_when\":\"");

	memset(big + used, ' ', len);
	snprintf(big + used + len, sizeof(big) - used - len, "\"}}");
	return why(big);
}

static void
test_program_limit(void)
{
	EXPECT_STR(long_program(RECORD_PROGRAM_MAX), "fine");
	EXPECT_STR(long_program(RECORD_PROGRAM_MAX + 1), "\"success_when\" has 1 to 65536 bytes");
}

static void
test_auth_and_sign(void)
{
	static const struct pair pairs[] = {
		{RECORD("\"auth\":{\"ref\":\"$A\"}"),
			"\"auth\" needs \"scheme\", \"bearer\" or \"basic\", and \"ref\" @}}"},
		{RECORD("\"auth\":{\"scheme\":\"bearer\"}"),
			"\"auth\" needs \"scheme\", \"bearer\" or \"basic\", and \"ref\" @}}"},
		{RECORD("\"auth\":{\"scheme\":\"digest\",\"ref\":\"$A\"}"),
			"\"auth\" needs \"scheme\", \"bearer\" or \"basic\", and \"ref\" @}}"},
		{RECORD("\"auth\":{\"scheme\":\"basic\",\"ref\":\"$A\"}"),
			"\"auth\" with \"scheme\": \"basic\" needs \"user\" @}}"},
		{RECORD("\"auth\":{\"scheme\":\"basic\",\"user\":\"a:b\",\"ref\":\"$A\"}"),
			"\"user\" holds printable ASCII without : $ and ` @:b\",\"ref\":\"$A\"}}}"},
		{RECORD("\"launch\":{\"queue\":\"q\"}"),
			"\"launch\" needs \"queue_entity\", \"queue\", \"entity\" and \"project\" @}}"},
		{RECORD("\"auth\":{\"scheme\":\"bearer\",\"ref\":\"secret\"}"),
			"not a reference to a secret, \"$NAME\" @\"secret\"}}}"},
		{RECORD("\"sign\":{\"refs\":\"$A\"}"),
			"\"sign\" needs \"scheme\" and \"refs\" @}}"},
		{RECORD("\"sign\":{\"scheme\":\"wandb\"}"),
			"\"sign\" needs \"scheme\" and \"refs\" @}}"},
		{RECORD("\"sign\":{\"scheme\":[],\"refs\":\"$A\"}"),
			"\"sign\" needs \"scheme\" and \"refs\" @}}"},
		{RECORD("\"sign\":{\"scheme\":\"wandb\",\"refs\":[]}"),
			"\"sign\" needs \"scheme\" and \"refs\" @}}"},
		{RECORD("\"sign\":{\"scheme\":\"none\",\"refs\":\"$A\"}"),
			"unknown signature scheme @none\",\"refs\":\"$A\"}}}"},
		{RECORD("\"sign\":{\"scheme\":5,\"refs\":\"$A\"}"),
			"a signature scheme is not a string @5,\"refs\":\"$A\"}}}"},
		{RECORD("\"sign\":{\"scheme\":[\"wandb\",\"wandb-hex\"],\"refs\":\"$A\"}"),
			"two signatures for one header @wandb-hex\"],\"refs\":\"$A\"}}}"},
		{RECORD("\"sign\":{\"scheme\":[\"github\",\"github\"],\"refs\":\"$A\"}"),
			"two signatures for one header @github\"],\"refs\":\"$A\"}}}"},
		{RECORD("\"sign\":{\"scheme\":\"wandb\",\"refs\":\"secret\"}"),
			"not a reference to a secret, \"$NAME\" @\"secret\"}}}"},
	};

	check(pairs, COUNT(pairs));
}

static void
test_is_ref(void)
{
	EXPECT(record_is_ref(&(struct json_span){"$A_1", 4, JSON_STRING, false}));
	EXPECT(!record_is_ref(&(struct json_span){"$A_1", 4, JSON_STRING, true}));
	EXPECT(!record_is_ref(&(struct json_span){"$A_1", 4, JSON_NUMBER, false}));
	EXPECT(!record_is_ref(&(struct json_span){"$A-1", 4, JSON_STRING, false}));
	EXPECT(!record_is_ref(&(struct json_span){"$", 1, JSON_STRING, false}));
	EXPECT(!record_is_ref(&(struct json_span){"", 0, JSON_STRING, false}));
}

/* Cut off anywhere, a record is refused, and nothing is read behind its end. */
static void
test_cut(void)
{
	static const char text[] = RECORD(
		URL "\"headers\":{\"A\":\"1\"}," BODY ",\"secrets\":[{\"at\":0,\"ref\":\"$S\"}],"
		    "\"auth\":{\"scheme\":\"bearer\",\"ref\":\"$A\"},\"sign\":{\"scheme\":["
		    "\"wandb\"],\"refs\":[\"$K\"]}");

	EXPECT_STR(read_record(text), "fine");
	for (size_t len = 0; len + 1 < sizeof(text); len++) {
		memcpy(line, text, len);
		line[len] = '\0';
		if (strcmp(read_record(line), "fine") == 0)
			printf("# for %s\n", line);
		EXPECT(strcmp(read_record(line), "fine") != 0);
	}
}

int
main(void)
{
	RUN(test_least, "record: the least that one needs");
	RUN(test_most, "record: every member, in any order, with others between");
	RUN(test_single, "record: one scheme, one key, a URL that is a secret");
	RUN(test_duplicates, "record: of duplicates the last counts, whole");
	RUN(test_missing, "record: what must not be missing");
	RUN(test_types, "record: types of members");
	RUN(test_delivery_id, "record: characters of delivery_id");
	RUN(test_headers, "record: headers that may not be sent, in any spelling");
	RUN(test_header_limits, "record: number of headers, length of a value");
	RUN(test_late, "record: places of secrets");
	RUN(test_counts, "record: number of secrets and keys");
	RUN(test_success_when_and_tls, "record: success_when is a program, tls names secrets");
	RUN(test_program_limit, "record: a program has its limit");
	RUN(test_auth_and_sign, "record: auth and sign");
	RUN(test_is_ref, "record: what is a reference");
	RUN(test_cut, "record: cut off anywhere");
	UNIT_DONE();
}
