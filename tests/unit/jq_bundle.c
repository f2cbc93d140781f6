/* jq_bundle, jq_runner - programs that are compiled together do what each does alone, errors are
 * those of each, and none reaches out of its place. */
#include "unit.h"
#include "jq_bundle.h"
#include "jq_runner.h"
#include "jq_server.h"

#include <fnmatch.h>
#include <stdbool.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char error[JQ_PROGRAM_ERROR_MAX];

static void
test_joins(void)
{
	static const char *const can[] = {".", "", "(.)", "[.[]]", "{a:(1)}", "\"(\"", "\"\\\")\"",
		"\"\\(.a)\"", "\"\\(\"\\(1)\")\"", "\"\\\\(\"", "\"#\"", ". # (", ". # \" )\n| .",
		"@base64 \"\\([.])x\"", "if . then 1 else 2 end", "def f: 1; f"};
	static const char *const cannot[] = {"(", ")", "1) | (2", "[)", "(]", "{", "}{", "\"",
		"\"\\(\"", "\"\\(1\"", "\"\\(1]\"", "\"\\", "\"\\\"", ". # \\\n )", ". # \r )",
		"$wb_bundle_number", "wb_bundle_run(.)"};
	char deep[2000];

	for (size_t i = 0; i < COUNT(can); i++)
		if (!jq_bundle_joins(can[i], strlen(can[i])))
			EXPECT_STR(can[i], "to be joined");
	for (size_t i = 0; i < COUNT(cannot); i++)
		if (jq_bundle_joins(cannot[i], strlen(cannot[i])))
			EXPECT_STR(cannot[i], "not to be joined");
	memset(deep, '[', 1000);
	memset(deep + 1000, ']', 1000);
	EXPECT(!jq_bundle_joins(deep, 2000));
	EXPECT(jq_bundle_joins(deep + 900, 200));
}

/* What program ${number} of ${r} says first of ${json}. */
static const char *
first(struct jq_runner *r, int64_t number, const char *json, struct strbuf *out)
{
	int result;

	strbuf_reset(out);
	result = jq_runner_first(r, number, json, strlen(json), out, error);
	return result < 0 ? error : result == 0 ? "nothing" : strbuf_str(out);
}

/* Nothing of one program is seen by another, and all have their own input. */
static void
test_same_as_alone(void)
{
	static const char *const pairs[][2] = {
		{".a", "1"},
		{"def f: 2; f", "2"},
		{"try f catch 0", "f/0 is not defined, line 1 of the program"},
		{". as $x | $x.a", "1"},
		{"$x", "$x is not defined, line 1 of the program"},
		{"empty", "nothing"},
		{"1, 2", "1"},
		{"error(\"so\")", "so"},
		{".a | .b", "Cannot index number with*"},
		{"label $out | 1, break $out", "1"},
		{". # a comment", "{\"a\":1}"},
		{"3 # a comment \\", "3"},
		{"1 end | if . then 2", "syntax error, unexpected end*line 1 of the program"},
		{"1) | (2", "syntax error, unexpected *line 1 of the program"},
		{".\n|\nnosuch", "nosuch/0 is not defined, line 3 of the program"},
		{"halt", "halt is not allowed here"},
		{"import \"a\" as a; 1", "syntax error, unexpected import*line 1 of the program"},
		{"", "syntax error, unexpected $end, line 1 of the program"},
		{"$ENV, 1", "{}"},
		{"path(.a)", "[\"a\"]"},
		{"\"\\(.a))(\"", "\"1)(\""},
		{".a", "1"},
	};
	struct jq_bundle *b = jq_bundle_new();
	int64_t numbers[COUNT(pairs)] = {0};
	struct jq_runner *r;
	struct strbuf out;

	strbuf_init(&out, 10000);
	for (size_t i = 0; i < COUNT(pairs); i++)
		numbers[i] = jq_bundle_add(b, pairs[i][0], strlen(pairs[i][0]));
	EXPECT(numbers[COUNT(pairs) - 1] == 0 && jq_bundle_count(b) == COUNT(pairs) - 1);
	EXPECT(jq_bundle_compile(b) == 0);
	r = jq_runner_new(b);
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const char *wrong = jq_bundle_error(b, numbers[i]);
		const size_t len = strlen(pairs[i][0]);
		struct jq_program *alone = jq_program_new(pairs[i][0], len, error);

		EXPECT((alone == NULL) == (wrong != NULL));
		if (alone == NULL && wrong != NULL)
			EXPECT_STR(wrong, error);
		jq_program_free(alone);
		if (wrong == NULL)
			wrong = first(r, numbers[i], "{\"a\":1}", &out);
		/* versions of jq differ in words */
		if (strchr(pairs[i][1], '*') == NULL || fnmatch(pairs[i][1], wrong, 0) != 0)
			EXPECT_STR(wrong, pairs[i][1]);
	}
	jq_runner_free(r);
	jq_bundle_free(b);
	strbuf_release(&out);
}

/* More than a group, each with its own answer, all but a few right. */
static void
test_many(void)
{
	enum { MANY = 450, WRONG_1 = 3, WRONG_2 = 333 };
	static char texts[MANY][32];
	struct jq_bundle *b = jq_bundle_new();
	struct jq_runner *r;
	struct strbuf out;
	char want[16];

	strbuf_init(&out, 10000);
	for (int i = 0; i < MANY; i++) {
		const bool is_wrong = i == WRONG_1 || i == WRONG_2;

		snprintf(texts[i], sizeof(texts[i]), is_wrong ? "wrong%d" : ".+%d", i);
		EXPECT(jq_bundle_add(b, texts[i], strlen(texts[i])) == i);
	}
	EXPECT(jq_bundle_compile(b) == 0);
	EXPECT_STR(jq_bundle_error(b, WRONG_1), "wrong3/0 is not defined, line 1 of the program");
	EXPECT_STR(jq_bundle_error(b, WRONG_2), "wrong333/0 is not defined, line 1 of the program");
	r = jq_runner_new(b);
	for (int i = 0; i < MANY; i++) {
		if (i == WRONG_1 || i == WRONG_2)
			continue;
		EXPECT(jq_bundle_error(b, i) == NULL);
		snprintf(want, sizeof(want), "%d", 1000 + i);
		EXPECT_STR(first(r, i, "1000", &out), want);
	}
	jq_runner_free(r);
	jq_bundle_free(b);
	strbuf_release(&out);
}

/* One that ends the process again and again is not run any more; those it is joined with are. */
static void
test_ends(void)
{
	static const char *const texts[] = {"1", "last(repeat(1))", "2"};
	static const char late[] = "took longer than 1 s",
			  last[] = "took longer than 1 s, and is not run again";
	struct jq_bundle *b = jq_bundle_new();
	struct jq_runner *r;
	struct strbuf out;

	strbuf_init(&out, 10000);
	for (size_t i = 0; i < COUNT(texts); i++)
		jq_bundle_add(b, texts[i], strlen(texts[i]));
	EXPECT(jq_bundle_compile(b) == 0);
	EXPECT(jq_bundle_get(b, 0).text == jq_bundle_get(b, 1).text);
	r = jq_runner_new(b);
	for (int i = 1; i <= JQ_RUNNER_STRIKES + 1; i++) {
		EXPECT_STR(first(r, 0, "0", &out), "1");
		EXPECT_STR(first(r, 1, "0", &out), i < JQ_RUNNER_STRIKES ? late : last);
		EXPECT_STR(first(r, 2, "0", &out), "2");
	}
	jq_runner_free(r);
	jq_runner_free(NULL);
	jq_bundle_free(b);
	jq_bundle_free(NULL);
	strbuf_release(&out);
}

int
main(int argc, char **argv)
{
	jq_server_main(argc, argv);
	RUN(test_joins, "jq_bundle: which programs can stand in parentheses");
	RUN(test_same_as_alone, "jq_bundle: joined programs do what they do alone");
	RUN(test_many, "jq_bundle: many programs, and which of them are wrong");
	RUN(test_ends, "jq_runner: a program that ends its process is not run again, others are");
	UNIT_DONE();
}
