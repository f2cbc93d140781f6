/* options - command lines, numbers, sizes and durations; and diag, which tells what is wrong with
 * them. */
#include <unistd.h>

#include "diag.h"
#include "options.h"
#include "unit.h"

/* ---- what goes to a descriptor, as text ---- */

static int real_fd;
static FILE *caught;

static void
catch_output(int fd)
{
	fflush(stdout);
	caught = tmpfile();
	real_fd = dup(fd);
	if (caught == NULL || real_fd < 0 || dup2(fileno(caught), fd) < 0) {
		perror("options");
		exit(1);
	}
}

/* Valid until the next call. */
static const char *
caught_output(int fd)
{
	static char text[16384];
	ssize_t n;

	fflush(stdout);
	n = pread(fileno(caught), text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	if (dup2(real_fd, fd) < 0)
		exit(1);
	close(real_fd);
	fclose(caught);
	return text;
}

/* ---- command lines ---- */

enum { CONFIG = 1, EXPLAIN, VERBOSE, COUNT, SHOW };

static const struct option table[] = {
	{CONFIG, 'c', "config", "PATH", "read PATH"},
	{EXPLAIN, 0, "explain", NULL, "say why"},
	{VERBOSE, 'v', "verbose", NULL, "say more"},
	{COUNT, 'n', "a-rather-long-name-of-an-option", "COUNT", "how many"},
	{SHOW, 's', "show", "[=FORMAT]", "show it"},
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {"wb-test [OPTION]... [FILE...]", "Do nothing.", table};

/*
 * What is read of a command line of words with one space between them ('' is an empty one): a word
 * for each option and operand, and how it ends.
 */
static const char *
read_line(const char *line)
{
	static char got[1024];
	static const char *const names[] = {"", "config", "explain", "verbose", "count", "show"};
	char words[512], *argv[64] = {"wb-test"}, *next = words;
	const char *value;
	struct options o;
	size_t used = 0;
	int argc = 1, id;

	snprintf(words, sizeof(words), "%s", line);
	for (char *word; line[0] != '\0' && (word = next) != NULL;) {
		if ((next = strchr(word, ' ')) != NULL)
			*next++ = '\0';
		argv[argc++] = strcmp(word, "''") == 0 ? "" : word;
	}
	options_init(&o, &spec, argc, argv);
	got[0] = '\0';
	while ((id = options_next(&o, &value)) > 0 || id == OPTIONS_OPERAND)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%s%s ",
			id == OPTIONS_OPERAND ? "operand" : names[id], value != NULL ? ":" : "",
			value != NULL ? value : "");
	snprintf(got + used, sizeof(got) - used, "%s",
		id == OPTIONS_END     ? "end"
		: id == OPTIONS_ERROR ? "error"
				      : "done");
	return got;
}

static void
check_line(const char *line, const char *want, const char *message)
{
	const char *got;

	catch_output(STDERR_FILENO);
	got = read_line(line);
	EXPECT_STR(caught_output(STDERR_FILENO), message);
	EXPECT_STR(got, want);
}

static void
command_lines(void)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{"", "end"},
		{"a b", "operand:a operand:b end"},
		{"--config p", "config:p end"},
		{"--config=p", "config:p end"},
		{"--config=", "config: end"},
		{"--config ''", "config: end"},
		{"--config=a=b", "config:a=b end"},
		{"--config --", "config:-- end"},
		{"--config --explain", "config:--explain end"},
		{"-c p", "config:p end"},
		{"-cp", "config:p end"},
		{"-c=p", "config:=p end"},
		{"-c -v", "config:-v end"},
		{"-v", "verbose end"},
		{"-vv", "verbose verbose end"},
		{"-vvc p", "verbose verbose config:p end"},
		{"-vcp -v", "verbose config:p verbose end"},
		{"-vcv", "verbose config:v end"},
		{"--explain --verbose", "explain verbose end"},
		{"a --explain b -v c", "operand:a explain operand:b verbose operand:c end"},
		{"a -- --explain -v -- b",
			"operand:a operand:--explain operand:-v operand:-- operand:b end"},
		{"--", "end"},
		{"-- --", "operand:-- end"},
		{"- -v -", "operand:- verbose operand:- end"},
		{"''", "operand: end"},
		{"-n 5", "count:5 end"},
		{"--a-rather-long-name-of-an-option=5", "count:5 end"},
		{"--show", "show end"},
		{"--show=curl", "show:curl end"},
		{"--show=", "show: end"},
		{"--show curl", "show operand:curl end"},
		{"--show -v", "show verbose end"},
		{"-s curl", "show operand:curl end"},
		{"-vsv", "verbose show verbose end"},
		{"-sc p", "show config:p end"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_line(cases[i].line, cases[i].want, "");
}

static void
bad_command_lines(void)
{
	check_line("--config", "error", "wb-test: option '--config' needs an argument: PATH\n");
	check_line("a -c", "operand:a error", "wb-test: option '-c' needs an argument: PATH\n");
	check_line("-vc", "verbose error", "wb-test: option '-c' needs an argument: PATH\n");
	check_line("--explain=yes", "error", "wb-test: option '--explain' takes no argument\n");
	check_line("--explain=", "error", "wb-test: option '--explain' takes no argument\n");
	check_line("--help=x", "error", "wb-test: option '--help' takes no argument\n");
	check_line("--confg p", "error",
		"wb-test: unknown option '--confg'; did you mean '--config'?\n");
	check_line("--conf=p", "error",
		"wb-test: unknown option '--conf'; did you mean '--config'?\n");
	check_line("--Explain", "error",
		"wb-test: unknown option '--Explain'; did you mean '--explain'?\n");
	check_line("--versoin", "error",
		"wb-test: unknown option '--versoin'; did you mean '--version'?\n");
	check_line("--hepl", "error", "wb-test: unknown option '--hepl'; did you mean '--help'?\n");
	check_line("--frobnicate", "error",
		"wb-test: unknown option '--frobnicate'; 'wb-test --help' lists the options\n");
	check_line("--=x", "error",
		"wb-test: unknown option '--'; 'wb-test --help' lists the options\n");
	check_line("-x", "error",
		"wb-test: unknown option '-x'; 'wb-test --help' lists the options\n");
	check_line("-vx", "verbose error",
		"wb-test: unknown option '-x'; 'wb-test --help' lists the options\n");
	check_line("-s=curl", "error",
		"wb-test: option '-s' takes no argument; did you mean '--show=curl'?\n");
	check_line("--show:curl", "error",
		"wb-test: unknown option '--show:curl'; 'wb-test --help' lists the options\n");
	check_line("-v=1", "error", "wb-test: option '-v' takes no argument\n");
	check_line("-=", "error",
		"wb-test: unknown option '-='; 'wb-test --help' lists the options\n");
	check_line("-v-", "verbose error",
		"wb-test: unknown option '--'; 'wb-test --help' lists the options\n");
	check_line("---", "error",
		"wb-test: unknown option '---'; 'wb-test --help' lists the options\n");
	check_line("--\x1b[2J", "error",
		"wb-test: unknown option '--\\x1b[2J'; 'wb-test --help' lists the options\n");
}

static void
help(void)
{
	static const char *const lines[] = {"--help", "-h", "-vh", "a --help --frobnicate"};
	static const char *const wants[] = {"done", "done", "verbose done", "operand:a done"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *got;

		catch_output(STDOUT_FILENO);
		got = read_line(lines[i]);
		EXPECT_STR(caught_output(STDOUT_FILENO),
			"usage: wb-test [OPTION]... [FILE...]\n"
			"\n"
			"Do nothing.\n"
			"\n"
			"options:\n"
			"  -c, --config PATH              read PATH\n"
			"      --explain                  say why\n"
			"  -v, --verbose                  say more\n"
			"  -n, --a-rather-long-name-of-an-option COUNT how many\n"
			"  -s, --show[=FORMAT]            show it\n"
			"  -h, --help                     print this help and exit\n"
			"  -V, --version                  print the version and exit\n"
			"\n"
			"The manual page wb-test(1) tells more.\n");
		EXPECT_STR(got, wants[i]);
	}
}

static void
version(void)
{
	static const char *const lines[] = {"--version", "-V"};

	for (size_t i = 0; i < 2; i++) {
		const char *got;

		catch_output(STDOUT_FILENO);
		got = read_line(lines[i]);
		EXPECT_STR(caught_output(STDOUT_FILENO), "wb-test (wb-tools) " WB_VERSION "\n");
		EXPECT_STR(got, "done");
	}
}

/* ---- values ---- */

typedef int reader(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out);

static int
duration(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	(void)min;
	return options_duration(name, text, max, out);
}

struct value_case {
	const char *text;
	uint64_t min, max, want; /* of a value that is accepted */
	bool accepted;
};

static void
check_values(reader *read, const struct value_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct value_case *c = &cases[i];
		uint64_t got = 77;
		const char *message;
		int status;

		catch_output(STDERR_FILENO);
		status = read("opt", c->text, c->min, c->max, &got);
		message = caught_output(STDERR_FILENO);
		if (status != (c->accepted ? 0 : -1) || (c->accepted && got != c->want)) {
			printf("# '%s': %d, %llu\n", c->text, status, (unsigned long long)got);
			unit_case_failures++;
		}
		EXPECT(c->accepted == (message[0] == '\0'));
		EXPECT(c->accepted || strncmp(message, "wb-test: --opt takes ", 21) == 0);
		EXPECT(c->accepted || strstr(message, ", not '") != NULL);
	}
}

#define CHECK_VALUES(read, cases) check_values(read, cases, sizeof(cases) / sizeof((cases)[0]))

static void
numbers(void)
{
	static const struct value_case cases[] = {
		{"0", 0, 10, 0, true},
		{"10", 0, 10, 10, true},
		{"007", 0, 10, 7, true},
		{"18446744073709551615", 0, UINT64_MAX, UINT64_MAX, true},
		{"11", 0, 10, 0, false},
		{"4", 5, 10, 0, false},
		{"18446744073709551616", 0, UINT64_MAX, 0, false},
		{"99999999999999999999999", 0, UINT64_MAX, 0, false},
		{"", 0, 10, 0, false},
		{"-1", 0, 10, 0, false},
		{"+1", 0, 10, 0, false},
		{" 1", 0, 10, 0, false},
		{"1 ", 0, 10, 0, false},
		{"1.0", 0, 10, 0, false},
		{"0x1", 0, 10, 0, false},
		{"1e1", 0, 10, 0, false},
		{"one", 0, 10, 0, false},
	};

	CHECK_VALUES(options_number, cases);
}

static void
sizes(void)
{
	static const struct value_case cases[] = {
		{"0", 0, 10, 0, true},
		{"10", 1, 10, 10, true},
		{"1K", 1, 1024, 1024, true},
		{"1k", 1, 1024, 1024, true},
		{"3M", 1, 1 << 30, 3 << 20, true},
		{"1G", 1, 1 << 30, 1 << 30, true},
		{"17179869183G", 1, UINT64_MAX, UINT64_C(17179869183) << 30, true},
		{"2K", 1, 2047, 0, false},
		{"11", 1, 10, 0, false},
		{"0", 1, 10, 0, false},
		{"0K", 1, 1024, 0, false},
		{"1K", 1025, 4096, 0, false},
		{"2G", 1, 1 << 30, 0, false},
		{"17179869184G", 1, UINT64_MAX, 0, false},
		{"18014398509481985K", 1, UINT64_MAX, 0, false},
		{"K", 1, 1024, 0, false},
		{"", 1, 1024, 0, false},
		{"1KB", 1, 4096, 0, false},
		{"1KK", 1, UINT64_MAX, 0, false},
		{"1T", 1, UINT64_MAX, 0, false},
		{"1.5K", 1, 4096, 0, false},
		{"1 K", 1, 4096, 0, false},
		{"-1", 0, 4096, 0, false},
	};

	CHECK_VALUES(options_size, cases);
}

static void
durations(void)
{
	static const struct value_case cases[] = {
		{"250ms", 0, 86400000, 250, true},
		{"1ms", 0, 86400000, 1, true},
		{"30s", 0, 86400000, 30000, true},
		{"10m", 0, 86400000, 600000, true},
		{"2h", 0, 86400000, 7200000, true},
		{"1d", 0, 86400000, 86400000, true},
		{"5", 0, 86400000, 5000, true},
		{"1.5", 0, 86400000, 1500, true},
		{"0.5s", 0, 86400000, 500, true},
		{"0.001", 0, 86400000, 1, true},
		{"1.25m", 0, 86400000, 75000, true},
		{"0.5h", 0, 86400000, 1800000, true},
		{"0.5d", 0, 86400000, 43200000, true},
		{"1.0000009s", 0, 86400000, 1000, true},
		{"60", 0, 60000, 60000, true},
		{"1m", 0, 60000, 60000, true},
		{"0", 0, 60000, 0, false},
		{"0ms", 0, 60000, 0, false},
		{"0.0001", 0, 60000, 0, false},
		{"60.001", 0, 60000, 0, false},
		{"61", 0, 60000, 0, false},
		{"60001ms", 0, 60000, 0, false},
		{"2m", 0, 60000, 0, false},
		{"1d", 0, 60000, 0, false},
		{"18446744073709551615", 0, UINT64_MAX, 0, false},
		{"18446744073709551616ms", 0, UINT64_MAX, 0, false},
		{"213503982335d", 0, UINT64_MAX, 0, false},
		{"", 0, 60000, 0, false},
		{"s", 0, 60000, 0, false},
		{".5s", 0, 60000, 0, false},
		{"-1s", 0, 60000, 0, false},
		{"+1s", 0, 60000, 0, false},
		{"1 s", 0, 60000, 0, false},
		{"1S", 0, 60000, 0, false},
		{"1w", 0, UINT64_MAX, 0, false},
		{"1mss", 0, 60000, 0, false},
		{"1.5.5s", 0, 60000, 0, false},
		{"1e3ms", 0, 60000, 0, false},
		{"1h30m", 0, UINT64_MAX, 0, false},
	};

	CHECK_VALUES(duration, cases);
}

static void
messages_of_values(void)
{
	uint64_t n;

	catch_output(STDERR_FILENO);
	options_number("retries", "x", 1, 10, &n);
	options_size("max-line", "5T", 2, 1 << 30, &n);
	options_duration("timeout", "soon", 60000, &n);
	EXPECT_STR(caught_output(STDERR_FILENO),
		"wb-test: --retries takes a whole number from 1 to 10, not 'x'\n"
		"wb-test: --max-line takes bytes from 2 to 1073741824, with K, M or G behind it if "
		"you like, not '5T'\n"
		"wb-test: --timeout takes a time such as 250ms, 30s, 10m, 2h or 1d, at most 60 s, "
		"not 'soon'\n");
}

/* ---- diag ---- */

static void
scrubbed(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
			"plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\x1b[2J\a\t\n\r\x7f", "\\x1b[2J\\x07\\x09\\x0a\\x0d\\x7f"},
		{"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0",
			"\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0"}, /* C1 controls */
		{"a\xff\xc3(\xe2\x82 \xed\xa0\x80", "a\\xff\\xc3(\\xe2\\x82 \\xed\\xa0\\x80"},
		{"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
		/* what is not seen: overrides, marks, joiners, a byte order mark, tags */
		{"a\xe2\x80\xae"
		 "b\xd8\x9c",
			"a\\xe2\\x80\\xaeb\\xd8\\x9c"},
		{"\xe2\x80\x8b\xe2\x81\xa9", "\\xe2\\x80\\x8b\\xe2\\x81\\xa9"},
		{"\xef\xbb\xbf\xf3\xa0\x81\xa1", "\\xef\\xbb\\xbf\\xf3\\xa0\\x81\\xa1"},
		{"\xe2\x80\x90\xe2\x81\xb0", "\xe2\x80\x90\xe2\x81\xb0"},
	};
	char out[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		EXPECT_STR(diag_scrub(out, sizeof(out), cases[i].text, strlen(cases[i].text)),
			cases[i].want);
	EXPECT_STR(diag_scrub(out, sizeof(out), "a\0b", 3), "a\\x00b");
}

/* Whatever the room, the text ends in it, and a cut shows. */
static void
cut(void)
{
	static const char text[] = "\xf0\x9f\x98\x80 plain \x1b\x1b \xc3\xa9\xe2\x82\xac";
	char whole[200], out[200];
	size_t len;

	diag_scrub(whole, sizeof(whole), text, sizeof(text) - 1);
	len = strlen(whole);
	for (size_t size = 1; size < 60; size++) {
		size_t got;

		memset(out, 'x', sizeof(out));
		diag_scrub(out, size, text, sizeof(text) - 1);
		EXPECT(out[size] == 'x' && memchr(out, '\0', size) != NULL);
		got = strlen(out);
		if (strcmp(out, whole) == 0)
			continue;
		EXPECT(size < len + 8);
		EXPECT(size < 4 || (got >= 3 && strcmp(out + got - 3, "...") == 0 &&
					   memcmp(out, whole, got - 3) == 0));
	}
}

static void
one_line_each(void)
{
	char text[2 * DIAG_MAX];
	const char *got;
	size_t len;

	catch_output(STDERR_FILENO);
	diag("%s: %d", "two\nlines", 2);
	EXPECT_STR(caught_output(STDERR_FILENO), "wb-test: two\\x0alines: 2\n");
	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	catch_output(STDERR_FILENO);
	diag("%s", text);
	got = caught_output(STDERR_FILENO);
	len = strlen(got);
	EXPECT(len > DIAG_MAX - 20 && len < DIAG_MAX + 128);
	EXPECT(strchr(got, '\n') == got + len - 1 && strcmp(got + len - 4, "...\n") == 0);
	EXPECT_STR(diag_tool(), "wb-test");
}

int
main(void)
{
	diag_init("wb-test");
	RUN(command_lines, "command lines");
	RUN(bad_command_lines, "command lines that are wrong, and what is said of them");
	RUN(help, "--help is the table");
	RUN(version, "--version");
	RUN(numbers, "numbers");
	RUN(sizes, "sizes");
	RUN(durations, "durations");
	RUN(messages_of_values, "messages name the option and its limits");
	RUN(scrubbed, "messages hold no controls and no broken UTF-8");
	RUN(cut, "long texts are cut, and it shows");
	RUN(one_line_each, "a message is one line");
	UNIT_DONE();
}
