/* report_format, html - numbers as people read them, and text that means itself. */
#include "report_format.h"
#include "html.h"
#include "unit.h"

#include <unistd.h>

static char text[REPORT_FORMAT_MAX];

static void
numbers(void)
{
	EXPECT_STR(report_format_count(0, text), "0");
	EXPECT_STR(report_format_count(999, text), "999");
	EXPECT_STR(report_format_count(1000, text), "1,000");
	EXPECT_STR(report_format_count(1234567, text), "1,234,567");
	EXPECT_STR(report_format_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
	/* all is only all, and nothing only nothing */
	EXPECT_STR(report_format_share(0, 0, text), "-");
	EXPECT_STR(report_format_share(0, 7, text), "0%");
	EXPECT_STR(report_format_share(7, 7, text), "100%");
	EXPECT_STR(report_format_share(99999, 100000, text), "99.9%");
	EXPECT_STR(report_format_share(1, 100000, text), "<0.1%");
	EXPECT_STR(report_format_share(1, 3, text), "33.3%");
	EXPECT_STR(report_format_share(UINT64_MAX / 4 * 3, UINT64_MAX, text), "74.9%");
}

static void
durations(void)
{
	static const struct {
		uint64_t ms;
		const char *want;
	} cases[] = {{0, "0 ms"}, {999, "999 ms"}, {1000, "1.00 s"}, {1234, "1.23 s"},
		{9994, "9.99 s"}, {9995, "10.0 s"}, {59949, "59.9 s"}, {59950, "1.0 min"},
		{3596999, "59.9 min"}, {3597000, "1.0 h"}, {86219999, "23.9 h"},
		{86220000, "1.0 d"}, {(uint64_t)2592000 * 1000, "30.0 d"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		EXPECT_STR(report_format_ms(cases[i].ms, text), cases[i].want);
}

static void
times(void)
{
	EXPECT_STR(report_format_time(1795519028123, text), "2026-11-24 11:17");
	EXPECT_STR(report_format_time(-1, text), "1970-01-01 00:00");
	EXPECT_STR(report_format_time(INT64_MAX, text), "9999-12-31 23:59");
	EXPECT_STR(report_format_exact(1795519028123, text), "2026-11-24T11:17:08.123Z");
}

static void
commands(void)
{
	const struct report_failing f = {.id = "a-_1", .journal = "it's; rm"};
	struct strbuf sb;

	strbuf_init(&sb, 1024);
	report_format_command(&sb, &f);
	EXPECT_STR(strbuf_str(&sb), "wb-automation history --json --journal 'it'\\''s; rm' | jq "
				    "'select(.delivery_id == \"a-_1\")'");
	strbuf_release(&sb);
}

/* What ${write} makes of ${from}, a string until the next call. */
static const char *
written(void (*write)(struct output *out, const char *from), const char *from)
{
	static char got[4096];
	struct output out;
	ssize_t n;
	int fds[2];

	EXPECT(pipe(fds) == 0);
	output_init(&out, fds[1], "pipe");
	write(&out, from);
	EXPECT(output_close(&out) == 0);
	n = read(fds[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	return got;
}

static void
html(void)
{
	EXPECT_STR(written(html_text, "a<b>&amp;\"'/x/"), "a&lt;b&gt;&amp;amp;&quot;&#39;/x/");
	EXPECT_STR(written(html_text, "\x01\n\xff\xe2\x80\xae"), "\\x01\\x0a\\xff\\xe2\\x80\\xae");
	EXPECT_STR(written(html_path, "https://a/b/<c>/"), "https://a/<wbr>b/<wbr>&lt;c&gt;/");
	EXPECT_STR(written(html_path, "//"), "//");
}

int
main(void)
{
	RUN(numbers, "report_format: numbers and shares");
	RUN(durations, "report_format: durations in the unit that fits");
	RUN(times, "report_format: times");
	RUN(commands, "report_format: a command for the shell");
	RUN(html, "html: text means itself");
	UNIT_DONE();
}
