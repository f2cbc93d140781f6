/* json - what the scanner accepts, where it says that the rest is wrong, and its calls one by one.
 */
#include "json_compare.h"
#include "random.h"
#include "unit.h"

#define END "unexpected end of JSON text"
#define VALUE "not a JSON value"
#define NUMBER "malformed number"
#define ZERO "number with a leading zero"
#define NAME "expected a member name in quotes"
#define COLON "expected ':'"
#define ITEM "expected ',' or ']'"
#define MEMBER "expected ',' or '}'"
#define MORE "more after the JSON value"
#define CONTROL "control character in string"
#define UTF8 "not UTF-8"
#define ESCAPE "unknown escape sequence"
#define HEX "\\u without four hexadecimal digits"
#define QUOTE "string without closing quote"
#define DEEP "nested deeper than 512 levels"

struct text_case {
	const char *text;
	size_t len;
	const char *error; /* NULL: valid */
	size_t at;
};

/* clang-format off */
#define TEXT(text, error, at) {text, sizeof(text) - 1, error, at}
#define VALID(text) TEXT(text, NULL, 0)
/* clang-format on */

static void
check_cases(const struct text_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct text_case *c = &cases[i];
		const char *error;
		bool accepts;
		size_t at;

		if (!compare(c->text, c->len, &accepts, &error, &at))
			continue;
		if (accepts != (c->error == NULL))
			differs(accepts ? "accepted" : "refused", c->text, c->len);
		else if (!accepts && (strcmp(error, c->error) != 0 || at != c->at)) {
			differs("another error, or at another place", c->text, c->len);
			printf("# got \"%s\" at %zu, expected \"%s\" at %zu\n", error, at, c->error,
				c->at);
		}
	}
}

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof((cases)[0]))

/* ---- texts ---- */

static void
valid_texts(void)
{
	static const struct text_case cases[] = {
		VALID("null"),
		VALID("true"),
		VALID("false"),
		VALID("\"\""),
		VALID("0"),
		VALID("{}"),
		VALID("[]"),
		VALID(" \t\r\n[ \t\r\n] \t\r\n"),
		VALID(" { } "),
		VALID("[null,true,false,\"\",0,{},[]]"),
		VALID("[ 1 , 2 ]"),
		VALID("{\"a\":1,\"b\":{\"c\":[]}}"),
		VALID("{ \"a\" : 1 , \"b\" : 2 }"),
		VALID("{\"\":0}"),
		VALID("{\"a\":1,\"a\":2,\"\\u0061\":3}"),
		VALID("[[[[[[]]]]],[[]]]"),
	};

	CHECK(cases);
}

static void
valid_numbers(void)
{
	static const struct text_case cases[] = {
		VALID("-0"),
		VALID("1"),
		VALID("-1"),
		VALID("1234567890"),
		VALID("12345678901234567890123456789012345678901234567890"),
		VALID("0.0"),
		VALID("1.10"),
		VALID("-0.00000000000000000000000000000000001"),
		VALID("1e0"),
		VALID("1E0"),
		VALID("1e+1"),
		VALID("1e-1"),
		VALID("0e00"),
		VALID("1.5E+009"),
		VALID("1e400"),
		VALID("-1e-400"),
		VALID("1e999999999999999999999999"),
		VALID("[0,-0,1e1,0.1]"),
	};

	CHECK(cases);
}

static void
malformed_numbers(void)
{
	static const struct text_case cases[] = {
		TEXT("-", NUMBER, 0), TEXT("--1", NUMBER, 0), TEXT("+1", VALUE, 0),
		TEXT("- 1", NUMBER, 0), TEXT("00", ZERO, 0), TEXT("01", ZERO, 0),
		TEXT("-01", ZERO, 0), TEXT("-00.5", ZERO, 0), TEXT("[1,09]", ZERO, 3),
		TEXT(".5", VALUE, 0), TEXT("-.5", NUMBER, 0), TEXT("5.", NUMBER, 0),
		TEXT("[5.]", NUMBER, 1), TEXT("1.e3", NUMBER, 0), TEXT("1.-3", NUMBER, 0),
		TEXT("1e", NUMBER, 0), TEXT("1e+", NUMBER, 0), TEXT("1e-,", NUMBER, 0),
		TEXT("1e.5", NUMBER, 0), TEXT("1e5.5", MORE, 3), TEXT("1.2.3", MORE, 3),
		TEXT("0x10", MORE, 1), TEXT("1_000", MORE, 1), TEXT("1,000", MORE, 1),
		TEXT("1f", MORE, 1), TEXT("1-2", MORE, 1), TEXT("nan", VALUE, 0),
		TEXT("NaN", VALUE, 0), TEXT("-nan", NUMBER, 0), TEXT("Infinity", VALUE, 0),
		TEXT("-Infinity", NUMBER, 0), TEXT("infinity", VALUE, 0),
		TEXT("\xef\xbc\x91", VALUE, 0), /* a full-width digit */
	};

	CHECK(cases);
}

static void
strings(void)
{
	static const struct text_case cases[] = {
		VALID("\" !#[]^_~\x7f\""),
		VALID("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
		VALID("\"\\u0000\\u001f\\u0041\\uABCD\\uabcd\\uFFFF\""),
		VALID("\"\\ud83d\\ude00\""),
		VALID("\"\\ud800\""), /* surrogates alone are grammatical [RFC 8259, 8.2] */
		VALID("\"\\ud800\\ud800\""),
		VALID("\"\\ud800x\""),
		VALID("\"\\udc00\\ud800\""),
		VALID("{\"\\ud8aa\":1}"),
		VALID("\"\\\\\\\\\""),
		VALID("[\"\\\\\",\"\\\"\"]"),
		VALID("\"0123456789012345678901234567890123456789\\n012345678901234567890123\""),
		TEXT("\"", QUOTE, 1),
		TEXT("\"abc", QUOTE, 4),
		TEXT("\"abc\\\"", QUOTE, 6),
		TEXT("[\"a]", QUOTE, 4),
		TEXT("{\"a", QUOTE, 3),
		TEXT("\"\\", END, 2),
		TEXT("\"\\a\"", ESCAPE, 1),
		TEXT("\"\\x41\"", ESCAPE, 1),
		TEXT("\"abc\\'\"", ESCAPE, 4),
		TEXT("\"\\U0041\"", ESCAPE, 1),
		TEXT("\"\\\n\"", ESCAPE, 1),
		TEXT("\"\\\0\"", ESCAPE, 1),
		TEXT("\"\\N\"", ESCAPE, 1),
		TEXT("\"\\0\"", ESCAPE, 1),
		TEXT("\"\\u\"", HEX, 1),
		TEXT("\"\\u12\"", HEX, 1),
		TEXT("\"\\u123\"", HEX, 1),
		TEXT("\"\\u12g4\"", HEX, 1),
		TEXT("\"\\u+123\"", HEX, 1),
		TEXT("\"\\u 123\"", HEX, 1),
		TEXT("\"ab\\u123", HEX, 3),
		TEXT("\"\\u{41}\"", HEX, 1),
		TEXT("'a'", VALUE, 0),
		TEXT("\"a\"b", MORE, 3),
		TEXT("\"a\" \"b\"", MORE, 4),
	};

	CHECK(cases);
}

static void
controls(void)
{
	for (int c = 0; c < 0x20; c++) {
		for (size_t before = 0; before < 40; before++) {
			char text[80], *p = text;
			const char *error;
			bool accepts;
			size_t at;

			*p++ = '"';
			memset(p, 'a', before);
			p += before;
			*p++ = (char)c;
			memset(p, 'b', 20);
			p += 20;
			*p++ = '"';
			compare(text, (size_t)(p - text), &accepts, &error, &at);
			EXPECT(!accepts && at == before + 1);
			if (!accepts)
				EXPECT_STR(error, CONTROL);
		}
	}
}

static void
utf8_texts(void)
{
	static const struct text_case cases[] = {
		VALID("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""),
		TEXT("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"", NULL,
			0),
		VALID("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
		VALID("\"\xef\xbb\xbf\""), /* no byte order mark there */
		VALID("{\"\xc3\xa9\":\"\xe2\x80\xa8\"}"),
		TEXT("\"\x80\"", UTF8, 1),
		TEXT("\"a\xbf\"", UTF8, 2),
		TEXT("\"\xc0\x80\"", UTF8, 1),
		TEXT("\"\xc1\xbf\"", UTF8, 1),
		TEXT("\"\xc3\"", UTF8, 1),
		TEXT("\"\xc3", UTF8, 1),
		TEXT("\"\xe0\x9f\xbf\"", UTF8, 1),
		TEXT("\"\xe2\x82\"", UTF8, 1),
		TEXT("\"\xe2\x82", UTF8, 1),
		TEXT("\"\xed\xa0\x80\"", UTF8, 1),
		TEXT("\"\xed\xbf\xbf\"", UTF8, 1),
		TEXT("\"\xf0\x8f\xbf\xbf\"", UTF8, 1),
		TEXT("\"\xf0\x9f\x98\"", UTF8, 1),
		TEXT("\"\xf4\x90\x80\x80\"", UTF8, 1),
		TEXT("\"\xf5\x80\x80\x80\"", UTF8, 1),
		TEXT("\"\xf8\x88\x80\x80\x80\"", UTF8, 1),
		TEXT("\"\xff\"", UTF8, 1),
		TEXT("\"\xc3\xa9\xc3\xa9\xc3\"", UTF8, 5),
		TEXT("{\"\xff\":1}", UTF8, 2),
		TEXT("\xc3\xa9", VALUE, 0),
		TEXT("[1\xc3\xa9]", ITEM, 2),
		TEXT("1\xff", MORE, 1),
	};

	CHECK(cases);
}

static void
malformed_texts(void)
{
	static const struct text_case cases[] = {
		TEXT("", END, 0),
		TEXT(" \n", END, 2),
		TEXT("nul", VALUE, 0),
		TEXT("n", VALUE, 0),
		TEXT("tru", VALUE, 0),
		TEXT("True", VALUE, 0),
		TEXT("fals", VALUE, 0),
		TEXT("[nul]", VALUE, 1),
		TEXT("nulll", MORE, 4),
		TEXT("truefalse", MORE, 4),
		TEXT("undefined", VALUE, 0),
		TEXT("[", END, 1),
		TEXT("[ ", END, 2),
		TEXT("[1", END, 2),
		TEXT("[1,", END, 3),
		TEXT("[1, ", END, 4),
		TEXT("[,1]", VALUE, 1),
		TEXT("[1,]", VALUE, 3),
		TEXT("[1,,2]", VALUE, 3),
		TEXT("[1 2]", ITEM, 3),
		TEXT("[1:2]", ITEM, 2),
		TEXT("[\"a\"\"b\"]", ITEM, 4),
		TEXT("[1}", ITEM, 2),
		TEXT("[}", VALUE, 1),
		TEXT("[]]", MORE, 2),
		TEXT("]", VALUE, 0),
		TEXT("[][]", MORE, 2),
		TEXT("[1],", MORE, 3),
		TEXT("{", END, 1),
		TEXT("{\"a\"", END, 4),
		TEXT("{\"a\":", END, 5),
		TEXT("{\"a\":1", END, 6),
		TEXT("{\"a\":1,", END, 7),
		TEXT("{\"a\":1,}", NAME, 7),
		TEXT("{,\"a\":1}", NAME, 1),
		TEXT("{\"a\":1,,\"b\":2}", NAME, 7),
		TEXT("{\"a\":1 \"b\":2}", MEMBER, 7),
		TEXT("{\"a\" 1}", COLON, 5),
		TEXT("{\"a\",1}", COLON, 4),
		TEXT("{\"a\"}", COLON, 4),
		TEXT("{\"a\"::1}", VALUE, 5),
		TEXT("{\"a\":}", VALUE, 5),
		TEXT("{\"a\":1]", MEMBER, 6),
		TEXT("{]", NAME, 1),
		TEXT("{1:2}", NAME, 1),
		TEXT("{a:1}", NAME, 1),
		TEXT("{null:1}", NAME, 1),
		TEXT("{[]:1}", NAME, 1),
		TEXT("}", VALUE, 0),
		TEXT("{}}", MORE, 2),
		TEXT("{}{}", MORE, 2),
		TEXT("1 2", MORE, 2),
		TEXT("1,", MORE, 1),
		TEXT(":1", VALUE, 0),
		TEXT(",", VALUE, 0),
		TEXT("// c\n1", VALUE, 0),
		TEXT("1 // c", MORE, 2),
		TEXT("/* c */ 1", VALUE, 0),
		TEXT("# c\n1", VALUE, 0),
		TEXT("\xef\xbb\xbf{}", VALUE, 0),
		TEXT("\xef\xbb{}", VALUE, 0),
		TEXT("{}\xef\xbb\xbf", MORE, 2),
		TEXT("\f1", VALUE, 0),
		TEXT("\v1", VALUE, 0),
		TEXT("1\f", MORE, 1),
		TEXT("\xc2\xa0[]", VALUE, 0),
		TEXT("1\0", MORE, 1),
		TEXT("\0", VALUE, 0),
		TEXT("[1\0]", ITEM, 2),
		TEXT("{\"a\0\":1}", CONTROL, 3),
		TEXT("\x1e[]", VALUE, 0),
		TEXT("[]\x1e", MORE, 2),
		TEXT("[1,[2,{\"a\":[3,tru]}]]", VALUE, 14),
		TEXT("[1,[2,{\"a\":[3,4}]]]", ITEM, 15),
	};

	CHECK(cases);
}

/* ---- depth ---- */

/* ${n} levels into ${text}: arrays, objects, or in turns; unclosed if ${open}. Returns the length.
 */
static size_t
nest(char *text, int n, const char *kinds, bool open)
{
	char *p = text;

	for (int i = 0; i < n; i++) {
		bool array = kinds[(size_t)i % strlen(kinds)] == '[';

		*p++ = array ? '[' : '{';
		if (!array && i + 1 < n) {
			memcpy(p, "\"a\":", 4);
			p += 4;
		}
	}
	for (int i = n; !open && i-- > 0;)
		*p++ = kinds[(size_t)i % strlen(kinds)] == '[' ? ']' : '}';
	return (size_t)(p - text);
}

static void
depth(void)
{
	static const char *const kinds[] = {"[", "{", "[{", "{[[", "[[[[[[[[{"};
	static char text[64 * 1024];

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		const char *error;
		bool accepts;
		size_t at;

		compare(text, nest(text, JSON_DEPTH_MAX, kinds[k], false), &accepts, &error, &at);
		EXPECT(accepts);
		compare(text, nest(text, JSON_DEPTH_MAX + 1, kinds[k], false), &accepts, &error,
			&at);
		EXPECT(!accepts && strcmp(error, DEEP) == 0);
		EXPECT(at == nest(text, JSON_DEPTH_MAX + 1, kinds[k], true) - 1);
		/* deeper still, as an attacker would */
		compare(text, nest(text, 10000, kinds[k], true), &accepts, &error, &at);
		EXPECT(!accepts && strcmp(error, DEEP) == 0);
	}
}

/* Siblings are not levels. */
static void
many_siblings(void)
{
	static char text[8192];
	char *p = text;

	*p++ = '[';
	for (int i = 0; i < 1000; i++) {
		memcpy(p, i % 2 ? "[]," : "{},", 3);
		p += 3;
	}
	p[-1] = ']';
	EXPECT(compare_only(text, (size_t)(p - text)));
}

/* ---- every change of a valid text ---- */

static const char *const samples[] = {
	"{\"event_type\":\"ADD_ARTIFACT_ALIAS\",\"alias\":\"production\",\"n\":-1.5e+3}",
	"[{\"a\" : [ null , true,false ] , \"\\u00e9\\n\":\"\xc3\xa9\xf0\x9f\x98\x80\"},{},[],\"\",0]",
	"{\"\\ud83d\\ude00\":{\"x\":{\"y\":[[1],[2,{\"z\":1E5}]]}}}",
	"\"a long string without anything to stop at, then \\\" and \xe2\x82\xac and the end\"",
};

/* No object, array or string that is cut short is one. */
static void
truncations(void)
{
	for (size_t s = 0; s < sizeof(samples) / sizeof(samples[0]); s++) {
		EXPECT(compare_only(samples[s], strlen(samples[s])));
		for (size_t len = 0; len < strlen(samples[s]); len++) {
			const char *error;
			bool accepts;
			size_t at;

			compare(samples[s], len, &accepts, &error, &at);
			EXPECT(!accepts);
			if (!accepts)
				EXPECT(at <= len);
		}
	}
}

static void
one_byte_replaced(void)
{
	for (size_t s = 0; s < sizeof(samples) / sizeof(samples[0]); s++) {
		size_t len = strlen(samples[s]);
		char text[128];

		memcpy(text, samples[s], len);
		for (size_t i = 0; i < len; i++) {
			for (int c = 0; c < 256; c++) {
				text[i] = (char)c;
				compare_only(text, len);
			}
			text[i] = samples[s][i];
		}
	}
}

static void
one_byte_removed(void)
{
	for (size_t s = 0; s < sizeof(samples) / sizeof(samples[0]); s++) {
		size_t len = strlen(samples[s]);
		char text[128];

		for (size_t i = 0; i < len; i++) {
			memcpy(text, samples[s], i);
			memcpy(text + i, samples[s] + i + 1, len - i - 1);
			compare_only(text, len - 1);
		}
	}
}

static void
one_byte_inserted(void)
{
	static const char inserted[] = "\"\\{}[]:,0-.eEtnu \n\x01\x80\xc3\xff/";

	for (size_t s = 0; s < sizeof(samples) / sizeof(samples[0]); s++) {
		size_t len = strlen(samples[s]);
		char text[128];

		for (size_t i = 0; i <= len; i++) {
			for (const char *c = inserted; *c != '\0'; c++) {
				memcpy(text, samples[s], i);
				text[i] = *c;
				memcpy(text + i + 1, samples[s] + i, len - i);
				compare_only(text, len + 1);
			}
		}
	}
}

/* ---- runs ---- */

static size_t
naive_run(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && (unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x80 &&
		p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

static void
check_run(const char *bytes, size_t len)
{
	const char *p = guard_copy(bytes, len), *end = p + len;
	size_t want = naive_run(bytes, len);
	bool same = json_run_swar(p, end) == p + want && portable_json_run_swar(p, end) == p + want;

#ifdef __SSE2__
	same = same && json_run_sse2(p, end) == p + want;
#endif
	if (!same)
		differs("another run", bytes, len);
}

static void
runs_of_random_bytes(void)
{
	char bytes[128];

	random_seed(1);
	for (int round = 0; round < 2000; round++) {
		/* from all bytes to hardly any that ends a run */
		size_t rare = (size_t)1 << random_below(8);

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(random_once_in(rare) ? random_below(256)
							       : 0x20 + random_below(0x60));
		for (size_t start = 0; start < 17; start++)
			check_run(bytes + start, random_below(sizeof(bytes) - start + 1));
	}
}

/* Every byte at every place of every length, at every distance from what ends memory. */
static void
runs_end_at_every_byte(void)
{
	char bytes[40];

	for (size_t len = 0; len < sizeof(bytes); len++) {
		for (size_t at = 0; at < len; at++) {
			memset(bytes, 'a', sizeof(bytes));
			for (int c = 0; c < 256; c++) {
				bytes[at] = (char)c;
				check_run(bytes, len);
			}
			/* a borrow from the byte in front must not hide one, nor the other way
			 * round */
			bytes[at] = '"';
			if (at + 1 < len) {
				bytes[at + 1] = '#';
				check_run(bytes, len);
				bytes[at] = '!';
				check_run(bytes, len);
				bytes[at] = '\x1f';
				check_run(bytes, len);
			}
		}
	}
}

/* ---- large texts ---- */

/* A megabyte of each kind, which no stack of calls would survive if it grew with the text. */
static void
large_texts(void)
{
	static char text[1 << 20];
	struct json js;

	memset(text, 'x', sizeof(text));
	text[0] = text[sizeof(text) - 1] = '"';
	EXPECT(compare_only(text, sizeof(text)));
	memset(text, '9', sizeof(text));
	EXPECT(compare_only(text, sizeof(text)));
	memset(text, ' ', sizeof(text));
	text[sizeof(text) / 2] = '0';
	EXPECT(compare_only(text, sizeof(text)));
	memset(text, '[', sizeof(text));
	json_init(&js, text, sizeof(text));
	EXPECT(!json_value(&js, NULL) && js.error_at == JSON_DEPTH_MAX);
	for (size_t i = 1; i + 1 < sizeof(text); i++)
		text[i] = i % 2 ? '1' : ',';
	text[sizeof(text) - 2] = ' ';
	text[sizeof(text) - 1] = ']';
	text[sizeof(text) - 3] = '1';
	json_init(&js, text, sizeof(text));
	EXPECT(json_value(&js, NULL) && json_end(&js));
}

int
main(void)
{
	RUN(valid_texts, "valid texts");
	RUN(valid_numbers, "valid numbers, however large");
	RUN(malformed_numbers, "malformed numbers");
	RUN(strings, "strings and escapes");
	RUN(controls, "no control character stands in a string");
	RUN(utf8_texts, "UTF-8, and what is not");
	RUN(malformed_texts, "malformed texts, each at its place");
	RUN(depth, "512 levels, not 513");
	RUN(many_siblings, "a thousand siblings are one level");
	RUN(truncations, "every truncation is refused");
	RUN(one_byte_replaced, "every single byte replaced by every other");
	RUN(one_byte_removed, "every single byte removed");
	RUN(one_byte_inserted, "a byte inserted at every place");
	RUN(runs_of_random_bytes, "runs of random bytes, with and without SSE2");
	RUN(runs_end_at_every_byte, "runs end at every byte that must end them");
	RUN(large_texts, "a megabyte of everything");
	UNIT_DONE();
}
