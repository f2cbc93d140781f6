#include "journal_load.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "diag.h"
#include "json.h"
#include "journal_line.h"
#include "lines.h"

/* The line at hand. One that is too long comes in pieces, and only the first one is looked at. */
struct line {
	const char *text;
	size_t len;
	off_t start, size; /* in the file, its newline included */
	bool too_long, newline, may_be_ours;
	uint64_t number;
};

static bool
is_blank(const struct line *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->text[i] != ' ' && line->text[i] != '\t' && line->text[i] != '\r')
			return false;
	return true;
}

/*
 * Go to the next line. Returns LINES_LINE, LINES_END or LINES_ERROR.
 */
static enum lines_status
next_line(struct lines *in, struct line *line)
{
	enum lines_status status;

	line->start += line->size;
	line->size = 0;
	do {
		status = lines_next(in, true);
		if (status != LINES_LINE && status != LINES_OVERSIZE)
			return status;
		line->text = in->line;
		line->len = in->len;
		if (line->size == 0)
			line->may_be_ours = journal_line_may_begin(in->line, in->len);
		line->size += (off_t)in->len + in->newline;
	} while (status == LINES_OVERSIZE && !in->last);
	line->too_long = status == LINES_OVERSIZE;
	line->newline = in->newline;
	line->number = in->number;
	return LINES_LINE;
}

static int
cut_off(const struct journal_load *load, const struct line *line, int fd)
{
	diag("journal '%s': the last line was torn: its %jd bytes are cut off", load->name,
		(intmax_t)line->size);
	if (ftruncate(fd, line->start) == 0)
		return EXIT_DONE;
	diag("cannot cut journal '%s': %s", load->name, strerror(errno));
	return EXIT_IO;
}

static int
add_newline(const struct journal_load *load, int fd)
{
	ssize_t n;

	do
		n = write(fd, "\n", 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return EXIT_DONE;
	diag("cannot write journal '%s': %s", load->name, strerror(n < 0 ? errno : ENOSPC));
	return EXIT_IO;
}

/*
 * Whether the line was being written when the power went. What is whole JSON never was: it is
 * somebody's, and not ours to cut off. What is too long is not looked at whole.
 */
static bool
is_torn(const struct journal_load *load, const struct line *line)
{
	const char *why;
	size_t at;

	if (line->newline || (load->lines == 0 && !line->may_be_ours))
		return false;
	return line->too_long ? line->may_be_ours
			      : !json_validate(line->text, line->len, &why, &at);
}

/* A line that is no good. */
static int
refuse(const struct journal_load *load, const struct line *line, int fd, const char *why, size_t at)
{
	if (is_torn(load, line))
		return cut_off(load, line, fd);
	diag("%s:%" PRIu64 ": byte %zu: %s; nothing was sent: repair the line, or delete it",
		load->name, line->number, at + 1, why);
	return EXIT_USAGE;
}

static int
no_memory(const struct journal_load *load)
{
	diag("cannot load journal '%s': %s", load->name, strerror(errno));
	return EXIT_IO;
}

/* Returns 0, or -1 when memory runs out. */
static int
add(struct journal_load *load, const struct journal_line *entry)
{
	if (entry->finished || (entry->failed && load->with_failed))
		return idset_add_later(load->ids, entry->id, entry->id_len);
	return entry->attempted ? idset_add_later(load->tried, entry->id, entry->id_len) : 0;
}

/* Take the line at hand. */
static int
take(struct journal_load *load, const struct line *line, int fd)
{
	struct journal_line entry;
	const char *why;
	size_t at;

	if (line->too_long)
		return refuse(load, line, fd, "longer than 65536 bytes", JOURNAL_LOAD_LINE_MAX);
	if (!is_blank(line)) {
		if (!journal_line_read(&entry, line->text, line->len, &why, &at))
			return refuse(load, line, fd, why, at);
		load->lines++;
		if (journal_line_is_old(&entry, load->keep_from_ms))
			load->old++;
		else if (add(load, &entry) != 0)
			return no_memory(load);
	}
	return line->newline ? EXIT_DONE : add_newline(load, fd);
}

int
journal_load(struct journal_load *load, int fd)
{
	struct line line = {0};
	enum lines_status got = LINES_ERROR;
	struct lines in;
	int status = EXIT_DONE;

	load->lines = load->old = 0;
	lines_init(&in, JOURNAL_LOAD_LINE_MAX);
	lines_open(&in, fd);
	if (lseek(fd, 0, SEEK_SET) == 0)
		while (status == EXIT_DONE && (got = next_line(&in, &line)) == LINES_LINE)
			status = take(load, &line, fd);
	if (got == LINES_ERROR) {
		diag("cannot read journal '%s': %s", load->name, strerror(errno));
		status = EXIT_IO;
	}
	if ((idset_settle(load->ids) != 0 || idset_settle(load->tried) != 0) && status == EXIT_DONE)
		status = no_memory(load);
	lines_release(&in);
	return status;
}
