/*
 * wb-automation-report - deliveries in numbers and pictures: `wb-automation report`
 *
 * stdout: a page in HTML, or Markdown, or text, made of the journals of wb-send
 *
 * A program of its own, which needs no configuration, and has neither network nor secrets.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "diag.h"
#include "journals.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "report_html.h"
#include "report_markdown.h"
#include "report_text.h"
#include "timestamp.h"

#define FAILING 20       /* that are listed unless told otherwise */
#define FAILING_MAX 1000 /* at most */
#define WIDTH_DEFAULT 80 /* columns, where there is no terminal */
#define AGO_MAX_MS ((uint64_t)36500 * 24 * 3600 * 1000)

enum format { HTML, MARKDOWN, TEXT };

struct args {
	const char **journals; /* borrowed from the command line */
	size_t njournals;
	enum format format;
	bool has_since, has_until;
	int64_t now_ms, since_ms, until_ms;
	uint64_t failing;
};

enum { OPT_JOURNAL = 1, OPT_SINCE, OPT_UNTIL, OPT_LIMIT, OPT_HTML, OPT_MARKDOWN, OPT_TEXT };

static const struct option options[] = {
	{OPT_JOURNAL, 0, "journal", "FILE", "the journal of wb-send; may be given several times"},
	{OPT_SINCE, 0, "since", "TIME", "report: only from then on, as 7d or 2026-11-24T00:00:00Z"},
	{OPT_UNTIL, 0, "until", "TIME", "report: only before then"},
	{OPT_LIMIT, 'n', "limit", "N", "report: list the last N that have failed (default 20)"},
	{OPT_HTML, 0, "html", NULL, "report: write a page for a browser (default)"},
	{OPT_MARKDOWN, 0, "markdown", NULL, "report: write Markdown, as for the summary of a job"},
	{OPT_TEXT, 0, "text", NULL, "report: write text for a terminal"},
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-automation report --journal FILE... [--since TIME] [--until TIME] [--markdown|--text]\n"
	"                            [OPTION...]",
	"Show what became of deliveries: how many, when, how fast, and what has failed.",
	options,
};

/* ---- what was asked ---- */

/* A time, or how long ago it was. Returns 0, or -1 after a message. */
static int
take_time(const struct args *args, const char *name, const char *value, int64_t *ms)
{
	uint64_t ago_ms;

	if (timestamp_parse(value, strlen(value), ms) == 0)
		return 0;
	if (strchr(value, '-') != NULL) {
		diag("--%s takes a time such as 7d or 2026-11-24T02:25:00Z, not '%s'", name, value);
		return -1;
	}
	if (options_duration(name, value, AGO_MAX_MS, &ago_ms) != 0)
		return -1;
	*ms = args->now_ms - (int64_t)ago_ms;
	*ms = *ms < 0 ? 0 : *ms;
	return 0;
}

/* Returns 0, or -1 after a message. */
static int
take_option(struct args *args, int id, const char *value)
{
	switch (id) {
	case OPTIONS_OPERAND:
		diag("too many operands: '%s'", value);
		return -1;
	case OPT_JOURNAL:
		args->journals[args->njournals++] = value;
		return 0;
	case OPT_SINCE:
		args->has_since = true;
		return take_time(args, "since", value, &args->since_ms);
	case OPT_UNTIL:
		args->has_until = true;
		return take_time(args, "until", value, &args->until_ms);
	case OPT_LIMIT:
		return options_number("limit", value, 0, FAILING_MAX, &args->failing);
	default:
		args->format = id == OPT_HTML ? HTML : id == OPT_MARKDOWN ? MARKDOWN : TEXT;
		return 0;
	}
}

/* Whether all is there that is needed, and fits together; else after a message. */
static bool
is_complete(const struct args *args)
{
	if (args->njournals == 0) {
		diag("report needs --journal FILE, the journal of wb-send");
		return false;
	}
	if (!args->has_since || !args->has_until || args->since_ms < args->until_ms)
		return true;
	diag("--since is not before --until: nothing could be shown");
	return false;
}

/* Returns 0, or -1 after a message; to be released either way. */
static int
args_init(struct args *args, int argc)
{
	*args = (struct args){.now_ms = timestamp_now_ms(),
		.failing = FAILING,
		.journals = calloc((size_t)argc + 1, sizeof(*args->journals))};
	if (args->journals != NULL)
		return 0;
	diag("out of memory");
	return -1;
}

static void
args_release(struct args *args)
{
	free(args->journals);
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_ERROR || take_option(args, id, value) != 0)
			return EXIT_USAGE;
	}
	return is_complete(args) ? -1 : EXIT_USAGE;
}

/* ---- the report ---- */

/* How many steps of time there is room for. */
static size_t
find_steps(enum format format)
{
	struct winsize size;

	if (format == HTML)
		return SERIES_MAX;
	if (format == MARKDOWN)
		return REPORT_MARKDOWN_STEPS;
	return report_text_steps(ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
					 ? size.ws_col
					 : WIDTH_DEFAULT);
}

/* Returns the exit status. */
static int
gather(const struct args *args, struct report *r)
{
	const struct journals_part *part;
	struct journals journals;
	int status;

	r->has_since = args->has_since;
	r->has_until = args->has_until;
	r->since_ms = args->since_ms;
	r->until_ms = args->until_ms;
	/* what was asked for is shown, even where nothing happened */
	if (args->has_since && args->since_ms <= args->now_ms) {
		report_cover(r, args->since_ms);
		report_cover(r, args->has_until && args->until_ms < args->now_ms
					? args->until_ms - 1
					: args->now_ms);
	}
	journals_open(&journals, args->journals, args->njournals);
	while (!r->failed && (part = journals_next(&journals)) != NULL)
		report_add(r, &part->in.at_hand, part->has_time ? &part->at_ms : NULL,
			part->in.name);
	status = journals_status(&journals);
	journals_close(&journals);
	return status;
}

static int
write_report(const struct args *args, const struct report *r, struct output *out)
{
	const struct report_html html = {args->now_ms, args->journals, args->njournals};
	const struct report_text text = {args->now_ms, strcmp(nl_langinfo(CODESET), "UTF-8") == 0};

	if (args->format == TEXT)
		return report_text_write(r, &text, out);
	if (args->format == HTML)
		return report_html_write(r, &html, out);
	report_markdown_write(r, args->now_ms, out);
	return 0;
}

static int
run(const struct args *args)
{
	struct report report;
	struct output out;
	int status;

	output_init(&out, STDOUT_FILENO, "standard output");
	report_init(&report, find_steps(args->format), (size_t)args->failing);
	/* of a journal that could not be read to its end, nothing true can be said */
	if ((status = gather(args, &report)) != EXIT_IO &&
		(report_end(&report) != 0 || write_report(args, &report, &out) != 0)) {
		diag("out of memory");
		status = EXIT_IO;
	}
	/* a reader that has seen enough is no failure */
	if (output_close(&out) != 0 && out.error != EPIPE) {
		diag("cannot write to standard output: %s", strerror(out.error));
		status = EXIT_IO;
	}
	report_release(&report);
	return status;
}

int
main(int argc, char **argv)
{
	struct args args;
	int status;

	diag_init("wb-automation");
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	if (args_init(&args, argc) != 0)
		status = EXIT_IO;
	else if ((status = parse_args(&args, argc, argv)) < 0)
		status = run(&args);
	args_release(&args);
	return status;
}
