/* json_text - strings decoded, compared and written, with and without SSE2. */
#include "json_compare.h"
#include "json_generate.h"
#include "unit.h"

/* The span of a string literal, ${text} with its quotes. */
static struct json_span
span_of(const char *text, size_t len)
{
	struct json_span span = {.type = JSON_NONE};
	struct json js;

	json_init(&js, guard_copy(text, len), len);
	EXPECT(json_value(&js, &span) && json_end(&js) && span.type == JSON_STRING);
	return span;
}

static bool
holds(const struct strbuf *sb, const char *want, size_t len)
{
	if (!sb->failed && sb->len == len && (len == 0 || memcmp(sb->buf, want, len) == 0))
		return true;
	show("got", sb->len == 0 ? "" : sb->buf, sb->len);
	show("expected", want, len);
	return false;
}

/* ---- decoding ---- */

struct string_case {
	const char *text;
	const char *want;
	size_t len;
};

#define STRING(text, want)                                                                         \
	{                                                                                          \
		"\"" text "\"", want, sizeof(want) - 1                                             \
	}

static const struct string_case decoded[] = {
	STRING("", ""),
	STRING("abc", "abc"),
	STRING("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
	STRING("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"),
	STRING("\\u0041\\u00e9\\u20AC\\ufffd\\uFFFF",
		"A\xc3\xa9\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbf"),
	STRING("\\u0000", "\0"),
	STRING("a\\u0000b", "a\0b"),
	STRING("\\u007f\\u0080\\u07ff\\u0800", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"),
	STRING("\\ud83d\\ude00", "\xf0\x9f\x98\x80"),
	STRING("\\uD83D\\uDE00x", "\xf0\x9f\x98\x80x"),
	STRING("\\ud800\\udc00\\udbff\\udfff", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	STRING("\\ud7ff\\ue000", "\xed\x9f\xbf\xee\x80\x80"),
	STRING("\\\\u0041", "\\u0041"),
	STRING("x\\\\", "x\\"),
	STRING("\\u005cn", "\\n"),
};

/* A surrogate alone is no character; U+FFFD takes its place. */
#define GONE "\xef\xbf\xbd"
static const struct string_case lone[] = {
	STRING("\\ud800", GONE),
	STRING("\\udc00", GONE),
	STRING("\\ud83d\\u0041", GONE "A"),
	STRING("\\ud83dA", GONE "A"),
	STRING("\\ud83d\\n", GONE "\n"),
	STRING("\\ud83d\\\\ude00", GONE "\\ude00"),
	STRING("\\ude00\\ud83d", GONE GONE),
	STRING("\\ud83d\\ud83d\\ude00", GONE "\xf0\x9f\x98\x80"),
	STRING("a\\udfff", "a" GONE),
	STRING("\\udbff\\ue000", GONE "\xee\x80\x80"),
	STRING("\\udbff\\udbff", GONE GONE),
};

static void
check_decode(const struct string_case *c)
{
	struct json_span span = span_of(c->text, strlen(c->text));
	struct strbuf sb;

	strbuf_init(&sb, 1000);
	strbuf_lit(&sb, "before ");
	json_decode(&sb, &span);
	EXPECT(sb.len >= 7 && memcmp(sb.buf, "before ", 7) == 0);
	strbuf_reset(&sb);
	json_decode(&sb, &span);
	EXPECT(holds(&sb, c->want, c->len));
	strbuf_reset(&sb);
	portable_json_decode(&sb, &span);
	EXPECT(holds(&sb, c->want, c->len));
	strbuf_release(&sb);
}

static void
decodes(void)
{
	for (size_t i = 0; i < sizeof(decoded) / sizeof(decoded[0]); i++)
		check_decode(&decoded[i]);
	for (size_t i = 0; i < sizeof(lone) / sizeof(lone[0]); i++)
		check_decode(&lone[i]);
}

/* Every code point, in each way to spell it. */
static void
every_code_point(void)
{
	struct strbuf sb;

	strbuf_init(&sb, 100);
	for (uint32_t code = 0; code <= 0x10ffff; code += code < 0x11000 ? 1 : 97) {
		struct json_span span = {.type = JSON_STRING, .escaped = true};
		char text[16], want[8];
		struct json_char c;
		size_t len;
		jv one;

		if (code >= 0xd800 && code < 0xe000)
			continue;
		if (code < 0x10000)
			snprintf(text, sizeof(text), "\\u%04x", code);
		else
			snprintf(text, sizeof(text), "\\u%04X\\u%04x",
				0xd800 + ((code - 0x10000) >> 10),
				0xdc00 + ((code - 0x10000) & 0x3ff));
		span.p = text;
		span.len = strlen(text);
		c = json_char_at(text, text + span.len);
		EXPECT(c.code == code && c.len == span.len);
		one = jv_string_append_codepoint(jv_string(""), code);
		len = (size_t)jv_string_length_bytes(jv_copy(one));
		memcpy(want, jv_string_value(one), len);
		jv_free(one);
		strbuf_reset(&sb);
		json_decode(&sb, &span);
		EXPECT(holds(&sb, want, len));
		EXPECT(json_equal(&span, want, len));
		/* as it is */
		if (code >= 0x20 && code != '"' && code != '\\') {
			c = json_char_at(want, want + len);
			EXPECT(c.code == code && c.len == len);
		}
	}
	strbuf_release(&sb);
}

static void
characters(void)
{
	static const struct {
		const char *text;
		uint32_t code;
		size_t len;
	} cases[] = {
		{"a", 'a', 1},
		{"ab", 'a', 1},
		{"\\n", '\n', 2},
		{"\\b", '\b', 2},
		{"\\f", '\f', 2},
		{"\\r", '\r', 2},
		{"\\t", '\t', 2},
		{"\\/", '/', 2},
		{"\\\\", '\\', 2},
		{"\\\"x", '"', 2},
		{"\\u00e9", 0xe9, 6},
		{"\xc3\xa9", 0xe9, 2},
		{"\xf0\x9f\x98\x80", 0x1f600, 4},
		{"\\ud83d\\ude00", 0x1f600, 12},
		{"\\ud83d", 0xd83d, 6},
		{"\\ud83d\\ud83d", 0xd83d, 6},
		{"\\ud83d\\u0041", 0xd83d, 6},
		{"\\ud83dxxxxxx", 0xd83d, 6},
		{"\\ud83d\\nxxxx", 0xd83d, 6},
		{"\\ude00\\ud83d", 0xde00, 6},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		const char *p = guard_copy(cases[i].text, len);
		struct json_char c = json_char_at(p, p + len);

		EXPECT(c.code == cases[i].code && c.len == cases[i].len);
	}
}

/* ---- comparing ---- */

static void
equals(void)
{
	for (size_t i = 0; i < sizeof(decoded) / sizeof(decoded[0]); i++) {
		const struct string_case *c = &decoded[i];
		struct json_span span = span_of(c->text, strlen(c->text));
		char other[64];

		EXPECT(json_equal(&span, c->want, c->len));
		EXPECT(portable_json_equal(&span, c->want, c->len));
		memcpy(other, c->want, c->len);
		other[c->len] = '\0';
		EXPECT(!json_equal(&span, other, c->len + 1));
		if (c->len == 0)
			continue;
		EXPECT(!json_equal(&span, other, c->len - 1));
		for (size_t j = 0; j < c->len; j++) {
			other[j] ^= 1;
			EXPECT(!json_equal(&span, other, c->len));
			other[j] ^= 1;
		}
	}
}

/* What holds a surrogate alone equals nothing, not even what it decodes to. */
static void
equals_nothing(void)
{
	for (size_t i = 0; i < sizeof(lone) / sizeof(lone[0]); i++) {
		struct json_span span = span_of(lone[i].text, strlen(lone[i].text));

		EXPECT(!json_equal(&span, lone[i].want, lone[i].len));
		EXPECT(!json_equal(&span, "\xed\xa0\x80", 3));
		EXPECT(!json_equal(&span, "", 0));
	}
}

static void
only_strings_equal(void)
{
	static const char *const texts[] = {"null", "true", "false", "1", "[]", "{}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct json_span span;
		struct json js;

		json_init(&js, texts[i], strlen(texts[i]));
		EXPECT(json_value(&js, &span));
		EXPECT(!json_equal(&span, texts[i], strlen(texts[i])));
	}
	EXPECT(!json_equal(&(struct json_span){.type = JSON_NONE}, "", 0));
}

/* ---- random strings, as libjq decodes them ---- */

static void
as_libjq(void)
{
	struct strbuf sb, again;
	struct generated g;
	size_t compared = 0;

	strbuf_init(&sb, GENERATE_MAX);
	strbuf_init(&again, GENERATE_MAX);
	generate_init(&g);
	random_seed(3);
	for (int i = 0; i < 20000; i++) {
		struct json_span span;
		struct json js;
		jv value;

		strbuf_reset(&g.spaced);
		strbuf_reset(&g.compact);
		g.lone_high = false;
		generate_string(&g);
		span = span_of(g.compact.buf, g.compact.len);
		EXPECT(span.escaped == (memchr(g.compact.buf, '\\', g.compact.len) != NULL));
		strbuf_reset(&sb);
		json_decode(&sb, &span);
		value = jv_parse_sized(g.compact.buf, (int)g.compact.len);
		if (jv_is_valid(value)) {
			compared++;
			EXPECT(holds(&sb, jv_string_value(value),
				(size_t)jv_string_length_bytes(jv_copy(value))));
		}
		jv_free(value);
		/* quoted again it is the same string, in a spelling of ours */
		strbuf_reset(&again);
		json_quote_bytes(&again, sb.len == 0 ? "" : sb.buf, sb.len);
		json_init(&js, again.buf, again.len);
		EXPECT(json_value(&js, &span) && json_end(&js) && span.type == JSON_STRING);
		EXPECT(json_equal(&span, sb.len == 0 ? "" : sb.buf, sb.len));
		strbuf_reset(&g.spaced);
		portable_json_quote_bytes(&g.spaced, sb.len == 0 ? "" : sb.buf, sb.len);
		EXPECT(holds(&g.spaced, again.buf, again.len));
	}
	EXPECT(compared > 15000);
	generate_release(&g);
	strbuf_release(&sb);
	strbuf_release(&again);
}

/* ---- writing ---- */

static void
check_written(const struct strbuf *sb, const char *text, size_t len)
{
	EXPECT(holds(sb, text, len));
}

static void
escapes(void)
{
	static const struct string_case cases[] = {
		{"", "", 0},
		{"abc", "abc", 3},
		{"\"\\/", "\\\"\\\\/", 5},
		{"\b\f\n\r\t", "\\b\\f\\n\\r\\t", 10},
		{"\x01\x0b\x1f\x7f", "\\u0001\\u000b\\u001f\x7f", 19},
		{"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80", 9},
		{"0123456789012345678901234567890123456789\"",
			"0123456789012345678901234567890123456789\\\"", 42},
		{"a\"b\xc3\xa9\"", "a\\\"b\xc3\xa9\\\"", 8},
	};
	struct strbuf sb;

	strbuf_init(&sb, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct string_case *c = &cases[i];
		const char *text = guard_copy(c->text, strlen(c->text));

		strbuf_reset(&sb);
		json_escape(&sb, text, strlen(c->text));
		check_written(&sb, c->want, c->len);
		strbuf_reset(&sb);
		portable_json_escape(&sb, text, strlen(c->text));
		check_written(&sb, c->want, c->len);
	}
	strbuf_reset(&sb);
	json_escape(&sb, "a\0b", 3);
	check_written(&sb, "a\\u0000b", 8);
	strbuf_release(&sb);
}

/* Every byte that is ASCII, between others and alone, comes back. */
static void
escapes_round_trip(void)
{
	struct strbuf sb, back;

	strbuf_init(&sb, 1000);
	strbuf_init(&back, 1000);
	for (size_t before = 0; before < 20; before++) {
		for (int c = 0; c < 0x80; c++) {
			struct json_span span;
			char text[64];
			struct json js;

			memset(text, 'x', sizeof(text));
			text[before] = (char)c;
			strbuf_reset(&sb);
			strbuf_addc(&sb, '"');
			json_escape(&sb, text, before + 1 + before % 3);
			strbuf_addc(&sb, '"');
			json_init(&js, sb.buf, sb.len);
			EXPECT(json_value(&js, &span) && json_end(&js));
			strbuf_reset(&back);
			json_decode(&back, &span);
			EXPECT(holds(&back, text, before + 1 + before % 3));
		}
	}
	strbuf_release(&sb);
	strbuf_release(&back);
}

static void
quotes(void)
{
	static const struct string_case cases[] = {
		{"", "\"\"", 2},
		{"a\"b", "\"a\\\"b\"", 6},
		{"\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"", 8},
		{"\xff", "\"" GONE "\"", 5},
		{"a\xff\"b", "\"a" GONE "\\\"b\"", 9},
		{"\xff\xfe", "\"" GONE GONE "\"", 8},
		{"\xc3", "\"" GONE "\"", 5},
		{"\xc3x", "\"" GONE "x\"", 6},
		{"\xe2\x82", "\"" GONE GONE "\"", 8},
		{"\xed\xa0\x80", "\"" GONE GONE GONE "\"", 11},
		{"\xc0\x80", "\"" GONE GONE "\"", 8},
		{"\xf4\x90\x80\x80", "\"" GONE GONE GONE GONE "\"", 14},
		{"x\xe2\x82\xac\x80y", "\"x\xe2\x82\xac" GONE "y\"", 10},
	};
	struct strbuf sb;

	strbuf_init(&sb, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct string_case *c = &cases[i];
		size_t len = strlen(c->text);

		strbuf_reset(&sb);
		json_quote(&sb, c->text);
		check_written(&sb, c->want, c->len);
		strbuf_reset(&sb);
		json_quote_bytes(&sb, guard_copy(c->text, len), len);
		check_written(&sb, c->want, c->len);
		EXPECT(compare_only(sb.buf, sb.len));
	}
	strbuf_reset(&sb);
	json_quote_bytes(&sb, "a\0b", 3);
	check_written(&sb, "\"a\\u0000b\"", 10);
	strbuf_release(&sb);
}

/* Whatever the bytes, what is quoted is a JSON string. */
static void
quotes_any_bytes(void)
{
	struct strbuf sb, other;

	strbuf_init(&sb, 10000);
	strbuf_init(&other, 10000);
	random_seed(5);
	for (int i = 0; i < 20000; i++) {
		char bytes[64];
		size_t len = random_below(sizeof(bytes));

		for (size_t j = 0; j < len; j++)
			bytes[j] = (char)(random_once_in(3) ? 'a' + random_below(26)
							    : random_below(256));
		strbuf_reset(&sb);
		json_quote_bytes(&sb, bytes, len);
		strbuf_reset(&other);
		portable_json_quote_bytes(&other, bytes, len);
		EXPECT(holds(&other, sb.buf, sb.len));
		if (!rfc_accepts(sb.buf, sb.len))
			differs("quoted, but no JSON", sb.buf, sb.len);
	}
	strbuf_release(&sb);
	strbuf_release(&other);
}

static void
raw(void)
{
	static const char *const texts[] = {"null", "-1.50", "\"a\\n\\u0062\"", "\"\"", "[ 1 , 2 ]",
		"{ \"a\" : 1 }", "true"};
	struct strbuf sb;

	strbuf_init(&sb, 1000);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct json_span span;
		struct json js;

		json_init(&js, texts[i], strlen(texts[i]));
		EXPECT(json_value(&js, &span));
		strbuf_reset(&sb);
		json_raw(&sb, &span);
		check_written(&sb, texts[i], strlen(texts[i]));
	}
	strbuf_release(&sb);
}

static void
compacts(void)
{
	struct strbuf sb;
	struct generated g;

	strbuf_init(&sb, GENERATE_MAX);
	generate_init(&g);
	random_seed(7);
	for (int i = 0; i < 5000; i++) {
		const char *text;

		generate(&g);
		text = guard_copy(g.spaced.buf, g.spaced.len);
		strbuf_reset(&sb);
		json_compact(&sb, text, g.spaced.len);
		if (!holds(&sb, g.compact.buf, g.compact.len))
			differs("not compact, or something is missing", g.spaced.buf, g.spaced.len);
		strbuf_reset(&sb);
		portable_json_compact(&sb, g.compact.buf, g.compact.len);
		EXPECT(holds(&sb, g.compact.buf, g.compact.len));
	}
	strbuf_reset(&sb);
	json_compact(&sb, " \"a \\\" b\" ", 10);
	check_written(&sb, "\"a \\\" b\"", 8);
	strbuf_reset(&sb);
	json_compact(&sb, "[\"\\\\\" , \" \\\\\\\" \"]", 17);
	check_written(&sb, "[\"\\\\\",\" \\\\\\\" \"]", 15);
	strbuf_release(&sb);
	generate_release(&g);
}

/* A full buffer says so and holds no half of a character's spelling more than fits. */
static void
caps(void)
{
	static const char text[] = "abc\"def\\ghi\njkl\xc3\xa9";

	for (size_t max = 0; max < 24; max++) {
		struct strbuf sb;

		strbuf_init(&sb, max);
		json_quote(&sb, text);
		EXPECT(strbuf_failed(&sb) == (max < 22));
		EXPECT(sb.len <= max);
		strbuf_release(&sb);
	}
}

int
main(void)
{
	RUN(decodes, "decoded strings");
	RUN(every_code_point, "every code point, escaped and as it is");
	RUN(characters, "characters one by one");
	RUN(equals, "a string equals what it decodes to, and nothing else");
	RUN(equals_nothing, "a surrogate alone equals nothing");
	RUN(only_strings_equal, "other values equal no text");
	RUN(as_libjq, "random strings decode as in libjq, and come back when quoted");
	RUN(escapes, "escaped texts");
	RUN(escapes_round_trip, "escaped bytes come back");
	RUN(quotes, "quoted texts, U+FFFD for what is not UTF-8");
	RUN(quotes_any_bytes, "any bytes quoted are a JSON string");
	RUN(raw, "values as they stand in the text");
	RUN(compacts, "white space goes, and nothing else");
	RUN(caps, "a buffer with a cap");
	UNIT_DONE();
}
