/* json_pretty - laid out as jq does it, and nothing else changed. */
#include "json_pretty.h"
#include "guard.h"
#include "scrub.h"
#include "unit.h"

static const char *
pretty(const char *text)
{
	static struct strbuf sb;
	const size_t len = strlen(text);

	strbuf_release(&sb);
	strbuf_init(&sb, 4096);
	json_pretty(&sb, guard_copy(text, len), len);
	return strbuf_str(&sb);
}

static void
layout(void)
{
	EXPECT_STR(pretty("{}"), "{}\n");
	EXPECT_STR(pretty(" [ ] "), "[]\n");
	EXPECT_STR(pretty("1.10"), "1.10\n");
	EXPECT_STR(pretty("\"a\\u0062\""), "\"a\\u0062\"\n");
	EXPECT_STR(pretty("{\"a\":1,\"a\" : [true,{ }],\"b\":{\"c\":null}}"),
		"{\n  \"a\": 1,\n  \"a\": [\n    true,\n    {}\n  ],\n  \"b\": {\n    \"c\": null\n  }\n}\n");
}

static const char *
scrubbed(const char *text, size_t len)
{
	static struct strbuf sb;

	strbuf_release(&sb);
	strbuf_init(&sb, 65536);
	scrub_add(&sb, guard_copy(text, len), len);
	return strbuf_str(&sb);
}

static void
scrubs(void)
{
	static char text[5000];
	const char *got;

	EXPECT_STR(scrubbed("", 0), "");
	EXPECT_STR(scrubbed("a\tb\n\nc\r\n\x1b[m\0\xc2\x9b\xff", 15),
		"a\tb\n\nc\\x0d\n\\x1b[m\\x00\\xc2\\x9b\\xff");
	/* characters that lie across the pieces in which it is done */
	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'x', sizeof(text));
		for (size_t i = shift; i + 3 <= sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		got = scrubbed(text, shift + (sizeof(text) - shift) / 3 * 3);
		EXPECT(strstr(got, "\\x") == NULL && strstr(got, "...") == NULL);
		EXPECT(strlen(got) == shift + (sizeof(text) - shift) / 3 * 3);
	}
}

int
main(void)
{
	RUN(layout, "layout of values");
	RUN(scrubs, "text that is harmless to a terminal");
	UNIT_DONE();
}
