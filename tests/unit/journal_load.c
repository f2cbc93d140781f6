/* journal_load - lines of every form, corrupt ones, and every way in which a file can end. */
#include "guard.h"
#include "journal_files.h"
#include "journal_line.h"

#define LINE                                                                                       \
	"{\"delivery_id\":\"0123456789abcdef0123456789abcdef\",\"status\":\"finished\",\"at\":"    \
	"\"2026-11-24T11:17:08.123Z\"}\n"
#define OTHER "{\"delivery_id\":\"other\",\"status\":\"finished\"}\n"
#define FOREIGN                                                                                    \
	" {\"x\":[1,{\"delivery_id\":5}],\"status\":\"fini\\u0073hed\", \"delivery_id\":\"f\" }\r\n"

/* What is read must not depend on how the line is spelled. */
static void
lines(void)
{
	static const struct {
		const char *text;
		bool finished, has_at;
		int64_t at_ms;
	} cases[] = {
		{"{\"delivery_id\":\"id\",\"status\":\"finished\",\"at\":\"2026-11-24T11:17:08.123Z\"}",
			true, true, FILES_NOW},
		{"{\"delivery_id\":\"id\",\"status\":\"finished\",\"at\":\"2026-11-24T12:17:08+01:00\"}",
			true, true, FILES_NOW - 123},
		{"{\"delivery_id\":\"id\",\"status\":\"finished\",\"at\":\"2026-11-24T11:17:08.1230Z\"}",
			true, true, FILES_NOW},
		{"{\"delivery_id\":\"id\",\"status\":\"failed\",\"at\":\"2026-11-24T11:17:08.123Z\"}",
			false, true, FILES_NOW},
		{"{\"delivery_id\":\"id\",\"status\":\"finished\",\"att\":\"2026-11-24T11:17:08.123Z\"}",
			true, false, 0},
		{"{\"delivery_id\":\"id\",\"status\":\"deferred\"}", false, false, 0},
		{"{\"at\":\"1970-01-01T00:00:00Z\",\"status\":\"finished\",\"delivery_id\":\"id\"}",
			true, true, 0},
		{"\t{ \"delivery_id\" : \"a\" , \"delivery_id\":\"id\",\"status\":\"x\",\"status\":\"finished\"} ",
			true, false, 0},
		{"{\"delivery\\u005fid\":\"id\",\"status\":\"finished\",\"more\":{\"status\":0}}",
			true, false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text), at = 0;
		struct journal_line line;
		const char *why = NULL;
		bool ok = journal_line_read(&line, guard_copy(cases[i].text, len), len, &why, &at);

		EXPECT(ok && line.id_len == 2 && memcmp(line.id, "id", 2) == 0);
		EXPECT(line.finished == cases[i].finished && line.has_at == cases[i].has_at);
		EXPECT(!line.has_at || line.at_ms == cases[i].at_ms);
		EXPECT(journal_line_is_old(&line, FILES_NOW + 1) == cases[i].has_at);
		EXPECT(!journal_line_is_old(&line, cases[i].at_ms));
	}
}

/* Every byte of our own line changed: the quick look and the scanner must agree about what is still
 * a line, which the scanner alone says of the same line with a space before it. */
static void
as_the_scanner(void)
{
	char text[] = " " LINE;
	size_t len = strlen(LINE) - 1, at;
	const char *why;

	for (size_t i = 1; i <= len; i++) {
		char was = text[i];

		for (int c = 0; c < 256; c++) {
			struct journal_line quick, slow;
			bool ok;

			text[i] = (char)c;
			ok = journal_line_read(&quick, guard_copy(text + 1, len), len, &why, &at);
			EXPECT(ok == journal_line_read(&slow, text, len + 1, &why, &at));
			EXPECT(!ok ||
				(quick.finished == slow.finished && quick.has_at == slow.has_at &&
					quick.id_len == slow.id_len &&
					memcmp(quick.id, slow.id, slow.id_len) == 0 &&
					(!slow.has_at || quick.at_ms == slow.at_ms)));
		}
		text[i] = was;
	}
}

/* Load ${text} and expect so many ids, no message, and the file as it was. */
static void
loads(const char *text, size_t count)
{
	struct journal *j;
	size_t len;
	int status;

	files_text("j", text);
	j = files_open("j", &status);
	EXPECT(j != NULL && journal_count(j) == count);
	EXPECT_STR(files_message, "");
	EXPECT(journal_close(j) == 0);
	EXPECT_STR(files_get("j", &len), text);
}

static void
whole_files(void)
{
	loads("", 0);
	loads("\n", 0);
	loads("\n \t\r\n\r\n", 0);
	loads(LINE, 1);
	loads(LINE LINE OTHER FOREIGN, 3);
	loads("\n" OTHER "\n  \n" LINE "\n", 2);
	loads("{\"delivery_id\":\"a\",\"status\":\"failed\"}\n", 0);
	loads("{\"delivery_id\":\"a\",\"status\":\"failed\"}\n{\"delivery_id\":\"a\",\"status\":"
	      "\"finished\"}\n{\"delivery_id\":\"a\",\"status\":\"failed\"}\n",
		1);
}

/* ${text} is refused with ${message}, and stays as it is. */
static void
refused(const char *text, size_t text_len, const char *message)
{
	const char *got;
	size_t len;
	int status;

	files_put("j", text, text_len);
	EXPECT(files_open("j", &status) == NULL && status == EXIT_USAGE);
	EXPECT_STR(files_message, message);
	got = files_get("j", &len);
	EXPECT(len == text_len && memcmp(got, text, len) == 0);
}

#define WHAT_TO_DO "; nothing was sent: repair the line, or delete it\n"

static void
corrupt(void)
{
	static const struct {
		const char *line, *place;
	} cases[] = {
		{"x", "2: byte 1: not a JSON value"},
		{"[]", "2: byte 1: not a JSON object"},
		{"{\"status\":\"finished\"}", "2: byte 22: there is no \"delivery_id\""},
		{"{\"delivery_id\":\"a\"}", "2: byte 20: there is no \"status\""},
		{"{\"delivery_id\":\"a\",\"status\":\"Finished\"}",
			"2: byte 30: \"status\" is none that wb-send writes"},
		{"{\"delivery_id\":1,\"status\":\"\"}",
			"2: byte 16: \"delivery_id\" is not a string"},
		{"{\"delivery_id\":\"\",\"status\":\"\"}",
			"2: byte 17: \"delivery_id\" is not 1 to 64 of [A-Za-z0-9_-]"},
		{"{\"delivery_id\":\"a b\",\"status\":\"\"}",
			"2: byte 17: \"delivery_id\" is not 1 to 64 of [A-Za-z0-9_-]"},
		{"{\"delivery_id\":\"a\",\"status\":null}",
			"2: byte 29: \"status\" is not a string"},
		{"{\"delivery_id\":\"a\",\"status\":\"\",\"at\":5}",
			"2: byte 37: \"at\" is not a string"},
		{"{\"delivery_id\":\"a\",\"status\":\"\",\"at\":\"now\"}",
			"2: byte 38: \"at\" is no RFC 3339 time"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024], message[1024];

		snprintf(text, sizeof(text), "%s%s\n%s", OTHER, cases[i].line, LINE);
		snprintf(message, sizeof(message), "wb-send: j:%s" WHAT_TO_DO, cases[i].place);
		refused(text, strlen(text), message);
	}
	refused(LINE LINE "\n" OTHER "{\n", strlen(LINE LINE "\n" OTHER "{\n"),
		"wb-send: j:5: byte 2: unexpected end of JSON text" WHAT_TO_DO);
}

/* Every byte of a line in the middle, cut out. */
static void
cut_in_the_middle(void)
{
	for (size_t n = 1; n + 1 < strlen(LINE); n++) {
		char text[1024];
		int status;

		snprintf(text, sizeof(text), "%s%.*s\n%s", LINE, (int)n, LINE, OTHER);
		files_text("j", text);
		EXPECT(files_open("j", &status) == NULL && status == EXIT_USAGE);
		EXPECT(strncmp(files_message, "wb-send: j:2: byte ", 19) == 0);
	}
}

/* Load and expect the file ${want} and so many ids, after a message or not; and again. */
static void
mended(const char *text, size_t text_len, const char *want, size_t count, bool said)
{
	struct journal *j;
	const char *got;
	size_t len;
	int status;

	files_put("j", text, text_len);
	for (int i = 0; i < 2; i++) {
		j = files_open("j", &status);
		EXPECT(j != NULL && journal_count(j) == count);
		EXPECT((files_message[0] != '\0') == (said && i == 0));
		EXPECT(i == 1 || !said ||
			strncmp(files_message, "wb-send: journal 'j': the last line was torn: its ",
				50) == 0);
		EXPECT(journal_close(j) == 0);
		got = files_get("j", &len);
		EXPECT(len == strlen(want) && memcmp(got, want, len) == 0);
	}
}

/* A last line that ends after any of its bytes, alone and behind others, and NULs after it. */
static void
torn(void)
{
	static char text[70000];
	size_t whole = strlen(LINE) - 1;

	for (size_t n = 0; n <= whole; n++) {
		size_t len = (size_t)snprintf(text, sizeof(text), "%s%.*s", OTHER, (int)n, LINE);

		mended(text, len, n == whole ? OTHER LINE : OTHER, 1 + (n == whole),
			n != 0 && n != whole);
		mended(LINE, n, n == whole ? LINE : "", n == whole, n != 0 && n != whole);
		memset(text + len, 0, 300);
		mended(text, len + 300, OTHER, 1, true);
		snprintf(text, sizeof(text), "%.*s", (int)n, LINE);
		memset(text + n, 0, 300);
		mended(text, n + 300, "", 0, true);
	}
	snprintf(text, sizeof(text), "%s", OTHER);
	memset(text + strlen(OTHER), 0, 69000);
	mended(text, strlen(OTHER) + 69000, OTHER, 1, true);
	mended(OTHER "  ", strlen(OTHER) + 2, OTHER "  \n", 1, false);
	mended(OTHER "{\"x\"", strlen(OTHER) + 4, OTHER, 1, true);
}

/* A file that nothing shows to be a journal is not touched. */
static void
no_journal(void)
{
	refused("precious", 8, "wb-send: j:1: byte 1: not a JSON value" WHAT_TO_DO);
	refused("{\"webhooks\":{}}", 15,
		"wb-send: j:1: byte 16: there is no \"delivery_id\"" WHAT_TO_DO);
	refused("\n\n{\"delivery_ids\":\0", 20,
		"wb-send: j:3: byte 17: not a JSON value" WHAT_TO_DO);
}

static void
too_long(void)
{
	static char text[2 * 65536 + 100];
	size_t head = (size_t)snprintf(text, sizeof(text),
		"%s{\"delivery_id\":\"a\",\"status\":\"failed\"", OTHER);

	memset(text + head, ' ', sizeof(text) - head);
	/* as long as it may be, newline not counted */
	text[strlen(OTHER) + 65535] = '}';
	text[strlen(OTHER) + 65536] = '\n';
	mended(text, strlen(OTHER) + 65537, (text[strlen(OTHER) + 65537] = '\0', text), 1, false);
	text[strlen(OTHER) + 65535] = ' ';
	text[strlen(OTHER) + 65536] = '}';
	text[strlen(OTHER) + 65537] = '\n';
	refused(text, strlen(OTHER) + 65538,
		"wb-send: j:2: byte 65537: longer than 65536 bytes" WHAT_TO_DO);
	text[strlen(OTHER) + 65537] = ' ';
	mended(text, sizeof(text), OTHER, 1, true);
}

/* Lines across the pieces in which the file is read. */
static void
big(void)
{
	const size_t n = 20000;
	struct journal *j;
	int status;
	FILE *f = fopen("j", "w");

	files_must(f != NULL, "j");
	for (size_t i = 0; i < n; i++)
		fprintf(f,
			i % 3 == 0 ? "{\"delivery_id\":\"n%zu\",\"status\":\"finished\"}\n"
				   : "{\"status\":\"finished\",\"delivery_id\":\"n%zu\"}\n",
			i);
	fclose(f);
	j = files_open("j", &status);
	EXPECT(j != NULL && journal_count(j) == n);
	for (size_t i = 0; j != NULL && i < n + 10; i++) {
		char id[32];

		snprintf(id, sizeof(id), "n%zu", i);
		EXPECT(files_has(j, id) == (i < n));
	}
	journal_close(j);
}

int
main(void)
{
	files_start();
	RUN(lines, "lines as others spell them");
	RUN(as_the_scanner, "a changed byte of our own line");
	RUN(whole_files, "whole files");
	RUN(corrupt, "a corrupt line is named and nothing is changed");
	RUN(cut_in_the_middle, "a line in the middle that is cut short");
	RUN(torn, "a last line torn after any byte");
	RUN(no_journal, "what is no journal is left alone");
	RUN(too_long, "lines that are too long");
	RUN(big, "lines across pieces");
	files_done();
	UNIT_DONE();
}
