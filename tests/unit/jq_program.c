/* jq_program, jq_programs - what a response is judged by: truth, errors in one line with the right
 * number, and nothing in reach of a program but its input. */
#include "unit.h"
#include "jq_program.h"
#include "jq_programs.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char error[JQ_PROGRAM_ERROR_MAX];

/* What ${text} says of ${json}: "true", "false", or the error; "compile: " before one of that. */
static const char *
run(const char *text, const char *json)
{
	static char out[JQ_PROGRAM_ERROR_MAX + 16];
	struct jq_program *program = jq_program_new(text, strlen(text), error);
	int result;

	snprintf(out, sizeof(out), "compile: %s", error);
	if (program == NULL)
		return out;
	snprintf(error, sizeof(error), "unset");
	result = jq_program_test(program, json, strlen(json), error);
	jq_program_free(program);
	return result > 0 ? "true" : result == 0 ? "false" : error;
}

struct triple {
	const char *text, *json,
		*want; /* a pattern where it has a star: versions differ in words */
};

static void
check(const struct triple *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = run(list[i].text, list[i].json), *want = list[i].want;

		if (strchr(want, '*') != NULL && fnmatch(want, got, 0) == 0)
			continue;
		if (strcmp(got, want) != 0)
			printf("# for %s\n", list[i].text);
		EXPECT_STR(got, want);
	}
}

static void
test_truth(void)
{
	static const struct triple list[] = {
		{".ok", "{\"ok\":true}", "true"},
		{".ok", " {\"ok\" : false}\r\n", "false"},
		{".ok", "{\"ok\":null}", "false"},
		{".ok", "{}", "false"},
		{".ok", "{\"ok\":0}", "true"},
		{".ok", "{\"ok\":\"\"}", "true"},
		{".errors == null", "{\"data\":{}}", "true"},
		{".errors == null", "{\"errors\":[{\"message\":\"no\"}]}", "false"},
		{"empty", "{}", "false"},
		{"true, false", "1", "true"},
		{"false, true", "1", "false"},
		{"true, error(\"never reached\")", "1", "true"},
		{"repeat(true)", "1", "true"},
		{"# a comment\n.ok # another", "{\"ok\":true}", "true"},
		{"def f: .ok; f", "{\"ok\":true}", "true"},
		{".a as [$x, $y] | $x < $y", "{\"a\":[1,2]}", "true"},
		{"try error(\"x\") catch . == \"x\"", "1", "true"},
		{".name == \"\xc3\xa9\"", "{\"name\":\"\\u00e9\"}", "true"},
		{"test(\"^ok\"; \"i\")", "\"OKAY\"", "true"},
	};

	check(list, COUNT(list));
}

static void
test_run_errors(void)
{
	static const struct triple list[] = {
		{".ok", "\"text\"", "Cannot index string with *\"ok\"*"},
		{"error(\"a\\nb\\u001b[31m\\u009b\")", "1", "a b [31m  "},
		{"error({\"a\":1})", "1", "{\"a\":1}"},
		/* after which some versions of libjq compile nothing any more */
		{"tonumber", "\"a20\"", "*a20*"},
		{"fromjson", "\"a20\"", "*a20*"},
		{".ok", "", "not JSON: unexpected end of JSON text at byte 1"},
		{".ok", "<html>", "not JSON: not a JSON value at byte 1"},
		{".ok", "{\"ok\":true} {\"ok\":true}",
			"not JSON: more after the JSON value at byte 13"},
		{".ok", "{'ok':true}", "not JSON: expected a member name in quotes at byte 2"},
		{".", "nan", "not JSON: not a JSON value at byte 1"},
		{".", "\"\xff\"", "not JSON: not UTF-8 at byte 2"},
	};

	check(list, COUNT(list));
}

/* A program is as good as new after one that failed. */
static void
test_again(void)
{
	struct jq_program *program = jq_program_new(".ok", 3, error);

	for (int i = 0; i < 3; i++) {
		EXPECT(jq_program_test(program, "{\"ok\":true}", 11, error) == 1);
		EXPECT(jq_program_test(program, "[]", 2, error) == -1);
		EXPECT(jq_program_test(program, "{", 1, error) == -1);
		EXPECT(jq_program_test(program, "{}", 2, error) == 0);
	}
	jq_program_free(program);
	jq_program_free(NULL);
}

static void
test_deep(void)
{
	static char deep[2 * 400 + 1];
	struct jq_program *program = jq_program_new("true", 4, error);

	for (size_t n = 1; n <= 400; n++) {
		int result;

		memset(deep, '[', n);
		memset(deep + n, ']', n);
		result = jq_program_test(program, deep, 2 * n, error);
		EXPECT(result == 1 || (n > 200 && result == -1));
		if (result == -1)
			EXPECT_STR(error, "nested too deep or too long for jq");
	}
	memset(deep, '[', 800);
	EXPECT(jq_program_test(program, deep, 800, error) == -1);
	jq_program_free(program);
}

/* Compare all outputs of ${text} with ${want}; what is longer than ${max} bytes does not fit. */
static void
check_outputs(const char *text, const char *json, size_t max, int want_result, const char *want)
{
	struct jq_program *program = jq_program_new(text, strlen(text), error);
	struct strbuf out;

	strbuf_init(&out, max);
	EXPECT(program != NULL);
	EXPECT(jq_program_run(program, json, strlen(json), &out, error) == want_result);
	if (want_result >= 0)
		EXPECT_STR(strbuf_str(&out), want);
	else
		EXPECT_STR(error, want);
	strbuf_release(&out);
	jq_program_free(program);
}

static void
test_outputs(void)
{
	check_outputs(".", " {\"b\" : [1.10, \"\\u00e9\\n\"], \"a\":null}", 999, 1,
		"{\"b\":[1.1,\"\xc3\xa9\\n\"],\"a\":null}\n");
	check_outputs(".[]", "[1,false,\"x\"]", 999, 3, "1\nfalse\n\"x\"\n");
	check_outputs("empty", "1", 999, 0, "");
	check_outputs("1, error(\"so\")", "1", 999, -1, "so");
	check_outputs(".", "[1", 999, -1, "not JSON: unexpected end of JSON text at byte 3");
	check_outputs("repeat(1)", "1", 999, -1, "its outputs are too long");
}

static void
test_compile_errors(void)
{
	static const struct triple list[] = {
		{".a b", "1", "compile: syntax error, unexpected *, line 1 of the program"},
		{".a |\n.b c", "1", "compile: syntax error, unexpected *, line 2 of the program"},
		{"nosuch", "1", "compile: nosuch/0 is not defined, line 1 of the program"},
		{".a |\n\n f(1;2)", "1", "compile: f/2 is not defined, line 3 of the program"},
		{"$x", "1", "compile: $x is not defined, line 1 of the program"},
		{"", "1", "compile: syntax error, unexpected *, line 1 of the program"},
		{"# only a comment", "1",
			"compile: syntax error, unexpected *, line 1 of the program"},
		{"def f: .;", "1", "compile: syntax error, unexpected *, line 1 of the program"},
		{"| $ENV", "1", "compile: syntax error, unexpected *, line 1 of the program"},
		{"; env", "1", "compile: syntax error, unexpected *, line 1 of the program"},
		{") | env", "1", "compile: syntax error, unexpected *, line 1 of the program"},
	};
	static char many[JQ_PROGRAM_MAX + 1];

	check(list, COUNT(list));
	EXPECT(jq_program_new("1\0002", 3, error) == NULL);
	EXPECT_STR(error, "holds a NUL character");
	memset(many, ' ', sizeof(many));
	many[0] = '1';
	EXPECT(jq_program_new(many, sizeof(many), error) == NULL);
	EXPECT_STR(error, "longer than 65536 bytes");
	memset(many, 'x', JQ_PROGRAM_MAX);
	EXPECT(jq_program_new(many, JQ_PROGRAM_MAX, error) == NULL);
	EXPECT(strlen(error) == JQ_PROGRAM_ERROR_MAX - 1);
	many[0] = '"';
	for (size_t i = 1; i + 1 < JQ_PROGRAM_MAX; i += 2)
		memcpy(many + i, "\xc3\xa9", 2);
	memcpy(many + JQ_PROGRAM_MAX - 7, "\"|error", 7);
	many[JQ_PROGRAM_MAX - 8] = ' ';
	many[JQ_PROGRAM_MAX - 9] = ' ';
	many[JQ_PROGRAM_MAX] = '\0';
	/* whole characters only */
	EXPECT(strlen(run(many, "1")) == JQ_PROGRAM_ERROR_MAX - 1);
	EXPECT_STR(run(many, "1") + JQ_PROGRAM_ERROR_MAX - 6, "\xc3\xa9...");
}

static void
test_environment(void)
{
	static const struct triple list[] = {
		{"$ENV == {} and env == {}", "1", "true"},
		{"$ENV.SECRET_OF_TEST // env.SECRET_OF_TEST | error", "1", "false"},
		{"def f: $ENV; f | error(tojson)", "1", "{}"},
		{"[$ENV, env] | error(tojson)", "1", "[{},{}]"},
		{"{a: $ENV} | error(tojson)", "1", "{\"a\":{}}"},
		{". as {a: $ENV} | $ENV", "{\"a\":true}", "true"},
		{"$__prog_args", "1",
			"compile: $__prog_args is not defined, line 1 of the program"},
		{"$ARGS", "1", "compile: $ARGS is not defined, line 1 of the program"},
	};

	setenv("SECRET_OF_TEST", "value-of-secret", 1);
	check(list, COUNT(list));
	EXPECT_STR(getenv("SECRET_OF_TEST"), "value-of-secret");
}

/* ~/.jq defines what no program may then find; HOME is as it was. */
static void
test_home(void)
{
	char home[] = "/tmp/wb-jq-program.XXXXXX", path[64];
	FILE *f;

	if (mkdtemp(home) == NULL) {
		EXPECT(!"no directory");
		return;
	}
	snprintf(path, sizeof(path), "%s/.jq", home);
	EXPECT((f = fopen(path, "w")) != NULL && fputs("def from_home: true;", f) >= 0 &&
		fclose(f) == 0);
	setenv("HOME", home, 1);
	EXPECT_STR(run("from_home", "1"),
		"compile: from_home/0 is not defined, line 1 of the program");
	EXPECT_STR(getenv("HOME"), home);
	EXPECT_STR(run("true", "1"), "true");
	unsetenv("HOME");
	EXPECT_STR(run("true", "1"), "true");
	EXPECT(getenv("HOME") == NULL);
	unlink(path);
	rmdir(home);
}

/* Run ${text} with standard output and error in a file; how many bytes were printed. */
static long
printed(const char *text)
{
	FILE *f = tmpfile();
	int out = dup(1), err = dup(2);
	struct stat st = {.st_size = -1};

	fflush(stdout);
	if (f == NULL || out < 0 || err < 0 || dup2(fileno(f), 1) < 0 || dup2(fileno(f), 2) < 0)
		return -1;
	run(text, "{\"a\":1}");
	fflush(stdout);
	fflush(stderr);
	fstat(fileno(f), &st);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
	fclose(f);
	return (long)st.st_size;
}

static void
test_reach(void)
{
	static const char *const names[] = {"input", "inputs", "input_filename",
		"input_line_number", "debug", "stderr", "halt", "halt_error", "modulemeta",
		"get_search_list", "get_jq_origin", "get_prog_origin"};
	static const struct triple list[] = {
		{"debug(1)", "1", "compile: debug is not allowed here"},
		{"halt_error(1)", "1", "compile: halt_error is not allowed here"},
		{"\"/etc/passwd\" | modulemeta", "1", "compile: modulemeta is not allowed here"},
		{"def f: input; f", "1", "compile: input is not allowed here"},
		{"def input: true; input", "1", "true"},
		{"import \"a\" as a; 1", "1",
			"compile: syntax error, unexpected *, line 1 of the program"},
		{"import \"a\" as $a; 1", "1",
			"compile: syntax error, unexpected *, line 1 of the program"},
		{"include \"a\"; 1", "1",
			"compile: syntax error, unexpected *, line 1 of the program"},
		{"1 | include \"a\"; 1", "1",
			"compile: syntax error, unexpected *, line 1 of the program"},
		{"module {}; 1", "1", "compile: syntax error, unexpected *, line 1 of the program"},
	};
	static const char *const quiet[] = {"stderr", ".a | debug", "halt", "\"x\" | halt_error",
		"error(\"x\")", "nosuch", "| |", ".", "error", "error(null)"};
	char want[64];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(want, sizeof(want), "compile: %s is not allowed here", names[i]);
		EXPECT_STR(run(names[i], "1"), want);
	}
	check(list, COUNT(list));
	for (size_t i = 0; i < COUNT(quiet); i++) {
		if (printed(quiet[i]) != 0)
			printf("# for %s\n", quiet[i]);
		EXPECT(printed(quiet[i]) == 0);
	}
}

/* What the program of ${len} bytes at ${text} kept by ${programs} says of ${json}. */
static int
test_kept(struct jq_programs *programs, const char *text, size_t len, const char *json)
{
	struct jq_program *program = jq_programs_get(programs, text, len, error);

	return program == NULL ? -1 : jq_program_test(program, json, strlen(json), error);
}

static void
test_cache(void)
{
	struct jq_programs *programs = jq_programs_new();
	char text[32];

	EXPECT(test_kept(programs, ".ok", 3, "{\"ok\":1}") == 1);
	EXPECT(test_kept(programs, ".ok", 3, "{\"ok\":null}") == 0);
	EXPECT(test_kept(programs, ".oks", 3, "{\"ok\":1}") == 1);
	for (int i = 0; i < 2; i++) {
		error[0] = '\0';
		EXPECT(test_kept(programs, "nosuch", 6, "1") == -1);
		EXPECT_STR(error, "nosuch/0 is not defined, line 1 of the program");
	}
	/* more than are kept, and the first ones again */
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < JQ_PROGRAMS_MAX + 2; i++) {
			snprintf(text, sizeof(text), ". == %d", i);
			EXPECT(test_kept(programs, text, strlen(text), "7") == (i == 7));
		}
	jq_programs_free(programs);
	jq_programs_free(NULL);
}

int
main(void)
{
	RUN(test_truth, "jq_program: the first output counts");
	RUN(test_run_errors, "jq_program: what fails, in one line; strict JSON");
	RUN(test_again, "jq_program: run again after errors");
	RUN(test_deep, "jq_program: deep JSON is an error");
	RUN(test_outputs, "jq_program: all outputs, a line each");
	RUN(test_compile_errors, "jq_program: what jq says, with the right line");
	RUN(test_environment, "jq_program: no environment");
	RUN(test_home, "jq_program: no ~/.jq");
	RUN(test_reach, "jq_program: no files, no input, no output, no end of the process");
	RUN(test_cache, "jq_programs: kept by their texts, a bounded number");
	UNIT_DONE();
}
