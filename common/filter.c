#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

static void
raise_status(struct filter *f, int status)
{
	if (f->status < status)
		f->status = status;
}

int
filter_option(struct filter_args *args, int id, const char *value)
{
	uint64_t n;

	if (id == FILTER_REJECTS) {
		args->rejects = value;
		return 0;
	}
	if (options_size("max-line", value, 2, LINES_MAX_LIMIT, &n) != 0)
		return -1;
	args->max_line = (size_t)n;
	return 0;
}

void
filter_operand(struct filter_args *args, char **argv, const char *file)
{
	/*
	 * There are never more operands than words read, so this overwrites only what is done with.
	 */
	args->files = argv + 1;
	args->files[args->nfiles++] = (char *)(uintptr_t)file;
}

/* What is known of input ${i} before it is read. */
static bool
stat_input(const struct filter *f, size_t i, struct stat *st)
{
	const char *path = f->args.nfiles != 0 ? f->args.files[i] : "-";

	return (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, st) : stat(path, st)) == 0;
}

static size_t
count_inputs(const struct filter *f)
{
	return f->args.nfiles == 0 ? 1 : f->args.nfiles;
}

static bool
is_input(const struct filter *f, const struct stat *out)
{
	struct stat in;

	for (size_t i = 0; i < count_inputs(f); i++)
		if (stat_input(f, i, &in) && file_is_same(&in, out))
			return true;
	return false;
}

int
filter_guard(const struct filter *f, const char *path, const char *option)
{
	struct stat st;

	if (stat(path, &st) != 0 || !is_input(f, &st))
		return 0;
	diag("%s '%s' is an input as well; it would be read for ever", option, path);
	return -1;
}

/* How long all inputs are together, if that can be known. */
static uint64_t
size_inputs(const struct filter *f)
{
	uint64_t total = 0;
	struct stat st;

	for (size_t i = 0; i < count_inputs(f); i++) {
		if (!stat_input(f, i, &st) || !S_ISREG(st.st_mode))
			return 0;
		total += (uint64_t)st.st_size;
	}
	return total;
}

uint64_t
filter_position(const struct filter *f, uint64_t *total)
{
	*total = f->bytes_total;
	return f->bytes_done + f->in.taken;
}

/* Open the rejects file. Returns 0, or -1 after a message. */
static int
open_rejects(struct filter *f, const char *path)
{
	struct stat rejects, out;

	if (filter_guard(f, path, "--rejects") != 0)
		return -1;
	if (output_open(&f->rejects, path) != 0) {
		diag("cannot open '%s': %s", path, strerror(errno));
		return -1;
	}
	f->has_rejects = true;
	if (fstat(f->rejects.fd, &rejects) != 0 || fstat(f->out.fd, &out) != 0 ||
		!file_is_same(&rejects, &out))
		return 0;
	diag("--rejects '%s' is standard output as well; what is refused would be mixed with "
	     "what is not",
		path);
	return -1;
}

int
filter_init(struct filter *f, const struct filter_args *args)
{
	struct stat out;

	*f = (struct filter){.args = *args};
	/* A failed write is told by its errno. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	lines_init(&f->in, args->max_line != 0 ? args->max_line : LINES_MAX_DEFAULT);
	output_init(&f->out, STDOUT_FILENO, "standard output");
	f->bytes_total = size_inputs(f);
	/* A socket may be both. */
	if (fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(out.st_mode) && is_input(f, &out)) {
		diag("standard output is an input as well; it would be read for ever");
		return -1;
	}
	return args->rejects == NULL ? 0 : open_rejects(f, args->rejects);
}

/*
 * To open a FIFO would wait for its first writer, and hold up all else. So poll(2) waits for that
 * one, too: it does not tell of an end before a writer was there, as read(2) would.
 */
static int
open_file(const char *path)
{
	struct stat st;
	const bool is_fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);

	return open(path, O_RDONLY | O_CLOEXEC | (is_fifo ? O_NONBLOCK : 0));
}

/* Open the next input. False when there is none, or after a message. */
static bool
open_input(struct filter *f)
{
	int fd = STDIN_FILENO;

	if (f->next_file >= count_inputs(f))
		return false;
	f->source = "standard input";
	if (f->args.nfiles != 0 && strcmp(f->args.files[f->next_file], "-") != 0) {
		f->source = f->args.files[f->next_file];
		if ((fd = open_file(f->source)) < 0) {
			filter_fail(f, "cannot open '%s': %s", f->source, strerror(errno));
			return false;
		}
	}
	f->next_file++;
	f->input_open = true;
	lines_open(&f->in, fd);
	return true;
}

static void
close_input(struct filter *f)
{
	if (f->input_open && f->in.fd != STDIN_FILENO)
		close(f->in.fd);
	if (f->input_open)
		f->bytes_done += f->in.taken;
	f->in.taken = 0;
	f->input_open = false;
}

static bool
is_blank(const struct lines *in)
{
	for (size_t i = 0; i < in->len; i++)
		if (in->line[i] != ' ' && in->line[i] != '\t' && in->line[i] != '\r')
			return false;
	return true;
}

/* Keep the line, or the piece of one, that is refused; ${last}: of this line nothing follows. */
static void
keep_rejected(struct filter *f, bool last)
{
	if (!f->has_rejects)
		return;
	if (f->rejects_within)
		output_addc(&f->rejects, '\n');
	output_add(&f->rejects, f->in.line, f->in.len);
	if (f->in.newline)
		output_addc(&f->rejects, '\n');
	f->rejects_within = last && !f->in.newline;
}

/* A piece of a line beyond the cap: said once, at the first piece, and kept whole. */
static void
reject_piece(struct filter *f)
{
	if (!f->in_pieces)
		diag("%s:%llu: line longer than %zu bytes (--max-line)", f->source,
			(unsigned long long)f->in.number, f->in.max);
	f->in_pieces = !f->in.last;
	keep_rejected(f, f->in.last);
	raise_status(f, EXIT_REJECTED);
	f->nrefused += f->in.last;
}

enum filter_status
filter_poll(struct filter *f)
{
	if (f->status >= EXIT_IO || f->out.error != 0 || f->rejects.error != 0)
		return FILTER_END;
	if (!f->input_open && !open_input(f))
		return FILTER_END;
	switch (lines_next(&f->in, false)) {
	case LINES_LINE:
		return is_blank(&f->in) ? FILTER_SKIPPED : FILTER_LINE;
	case LINES_OVERSIZE:
		reject_piece(f);
		return FILTER_SKIPPED;
	case LINES_AGAIN:
		return FILTER_AGAIN;
	case LINES_END:
		close_input(f);
		return FILTER_SKIPPED;
	case LINES_ERROR:
		break;
	}
	filter_fail(f, "cannot read %s: %s", f->source, strerror(errno));
	return FILTER_END;
}

int
filter_flush(struct filter *f)
{
	int status = output_flush(&f->out);

	if (f->has_rejects && output_flush(&f->rejects) != 0)
		status = -1;
	return status;
}

bool
filter_next(struct filter *f)
{
	enum filter_status status;

	while ((status = filter_poll(f)) == FILTER_AGAIN || status == FILTER_SKIPPED) {
		struct pollfd wait = {.fd = f->in.fd, .events = POLLIN};

		if (status == FILTER_SKIPPED)
			continue;
		filter_flush(f); /* a failure is found by filter_poll */
		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			filter_fail(f, "cannot wait for %s: %s", f->source, strerror(errno));
	}
	return status == FILTER_LINE;
}

void
filter_keep(struct filter *f)
{
	keep_rejected(f, true);
}

void
filter_reject(struct filter *f, size_t at, const char *fmt, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (at == FILTER_NOWHERE)
		diag("%s:%llu: %s", f->source, (unsigned long long)f->in.number, message);
	else
		diag("%s:%llu: byte %zu: %s", f->source, (unsigned long long)f->in.number, at + 1,
			message);
	keep_rejected(f, true);
	f->nrefused++;
	raise_status(f, EXIT_REJECTED);
}

void
filter_reject_json(struct filter *f, const struct json *js)
{
	filter_reject(f, js->error_at, "%s", js->error);
}

bool
filter_fits(struct filter *f, size_t len)
{
	const size_t max = f->in.max > LINES_MAX_DEFAULT ? f->in.max : LINES_MAX_DEFAULT;

	if (len <= max)
		return true;
	filter_reject(f, FILTER_NOWHERE, "its record would be longer than %zu bytes (--max-line)",
		max);
	return false;
}

void
filter_fail(struct filter *f, const char *fmt, ...)
{
	char message[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	diag("%s", message);
	raise_status(f, EXIT_IO);
}

static void
close_output(struct filter *f, struct output *out)
{
	if (output_close(out) == 0 || (out->error == EPIPE))
		return;
	filter_fail(f, "cannot write to %s: %s", out->name, strerror(out->error));
}

int
filter_finish(struct filter *f)
{
	close_input(f);
	close_output(f, &f->out);
	if (f->has_rejects)
		close_output(f, &f->rejects);
	lines_release(&f->in);
	return f->status;
}
