/* shell - bytes quoted for a POSIX shell. That shells read them so is tested by
 * wb-send-dry-run.test.sh. */
#include "shell.h"
#include "unit.h"

static const char *
quoted(const char *text, size_t len)
{
	static struct strbuf sb;

	strbuf_release(&sb);
	strbuf_init(&sb, 4096);
	shell_quote(&sb, text, len);
	return strbuf_str(&sb);
}

static const char *
printed(const char *text, size_t len)
{
	static struct strbuf sb;

	strbuf_release(&sb);
	strbuf_init(&sb, 4096);
	shell_print(&sb, text, len);
	return strbuf_str(&sb);
}

static void
quotes(void)
{
	EXPECT_STR(quoted("", 0), "''");
	EXPECT_STR(quoted(NULL, 0), "''");
	EXPECT_STR(quoted("a b$`\\\"!", 8), "'a b$`\\\"!'");
	EXPECT_STR(quoted("'a''b'", 6), "''\\''a'\\'''\\''b'\\'''");
}

static void
prints(void)
{
	EXPECT_STR(printed("", 0), "");
	EXPECT_STR(printed("%s \\n 'q' \xc3\xa9\xf0\x9f\x98\x80", 16),
		"printf '%s' '%s \\n '\\''q'\\'' \xc3\xa9\xf0\x9f\x98\x80'\n");
	EXPECT_STR(printed("a\0\n\x1b\x7f"
			   "b",
			   6),
		"printf '%s' 'a'\nprintf '\\000\\012\\033\\177'\nprintf '%s' 'b'\n");
	/* malformed, a C1 control, right-to-left override, a space of no width */
	EXPECT_STR(printed("\xff\xc3", 2), "printf '\\377\\303'\n");
	EXPECT_STR(printed("\xc2\x9b", 2), "printf '\\302\\233'\n");
	EXPECT_STR(printed("\xe2\x80\xae", 3), "printf '\\342\\200\\256'\n");
	EXPECT_STR(printed("\xef\xbb\xbfx", 4), "printf '\\357\\273\\277'\nprintf '%s' 'x'\n");
}

int
main(void)
{
	RUN(quotes, "a word in quotes");
	RUN(prints, "commands that print bytes");
	UNIT_DONE();
}
