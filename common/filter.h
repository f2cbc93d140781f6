/*
 * filter - what all filters have in common: inputs one after another, lines in, lines out, bad
 * lines told and kept, and the exit status at the end.
 */
#ifndef WB_FILTER_H
#define WB_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "json.h"
#include "lines.h"
#include "options.h"
#include "output.h"

/* Ids that tools' option tables must not use, and the options that they include. */
enum { FILTER_MAX_LINE = 9000, FILTER_REJECTS };
/* clang-format off */
#define FILTER_OPTIONS                                                                             \
	{FILTER_MAX_LINE, 0, "max-line", "BYTES", "refuse longer lines (default 16M)"},            \
	{FILTER_REJECTS, 0, "rejects", "FILE", "append lines that are refused to FILE, unchanged"}
/* clang-format on */

struct filter_args {
	size_t max_line;     /* 0: the default */
	const char *rejects; /* or NULL */
	char **files;        /* borrowed; standard input if there are none */
	size_t nfiles;
};

struct filter {
	struct filter_args args;
	struct lines in;
	struct output out;
	struct output rejects;
	const char *source; /* of the lines being read, for messages */
	size_t next_file;
	uint64_t bytes_total,
		bytes_done; /* of all inputs (0: unknown), and of those before this one */
	bool input_open, has_rejects;
	bool in_pieces;      /* a line that is too long was told of, and goes on */
	bool rejects_within; /* the last refused line ended with its file, without a newline */
	uint64_t nrefused;   /* lines */
	int status;          /* exit status so far */
};

/**
 * filter_option(args, id, value):
 * Take one of FILTER_OPTIONS. Returns 0, or -1 after a message.
 */
int filter_option(struct filter_args *args, int id, const char *value);

/**
 * filter_operand(args, argv, file):
 * Add an input file; ${argv} is main's, whose first entries are overwritten to keep the list.
 */
void filter_operand(struct filter_args *args, char **argv, const char *file);

/**
 * filter_init(f, args):
 * Ready standard output and the rejects file, and see that they are two files, none of which is an
 * input; SIGPIPE is ignored from now on. Returns 0, or -1 after a message: nothing was read then,
 * and the exit status is EXIT_USAGE.
 */
int filter_init(struct filter *f, const struct filter_args *args);

/**
 * filter_guard(f, path, option):
 * See that the file ${path}, to which the tool is going to append by ${option}, is none of
 * the inputs: it would be read for ever. Returns 0, or -1 after a message.
 */
int filter_guard(const struct filter *f, const char *path, const char *option);

/**
 * filter_next(f):
 * Read the next line that is not blank into f->in.line, f->in.len. Output is flushed before
 * input blocks. False at the end of all inputs, and when input or output failed or the
 * reader of the output has left.
 */
bool filter_next(struct filter *f);

enum filter_status {
	FILTER_END,     /* for every reason that ends filter_next */
	FILTER_LINE,    /* as from filter_next */
	FILTER_SKIPPED, /* a blank line, a piece of one that is too long, or the end of an input */
	FILTER_AGAIN    /* nothing whole is here: f->in.fd is what to wait for */
};

/**
 * filter_poll(f):
 * One step of filter_next, which never blocks, for tools that also have something else to do.
 */
enum filter_status filter_poll(struct filter *f);

/**
 * filter_flush(f):
 * Write out what is buffered, to be called before waiting for anything. Returns 0,
 * or -1 if a write failed.
 */
int filter_flush(struct filter *f);

/**
 * filter_reject(f, at, fmt, ...):
 * Refuse the line at hand: say source, line, byte offset ${at} (from 0, shown from 1;
 * FILTER_NOWHERE for none) and the message, keep the line in the rejects file, and make the exit
 * status EXIT_REJECTED at least.
 */
void filter_reject(struct filter *f, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define FILTER_NOWHERE ((size_t)-1)

/**
 * filter_keep(f):
 * Keep the line at hand in the rejects file, without a word: it belongs to one that was refused.
 */
void filter_keep(struct filter *f);

/**
 * filter_reject_json(f, js):
 * The same with what the scanner ${js} found wrong.
 */
void filter_reject_json(struct filter *f, const struct json *js);

/**
 * filter_fits(f, len):
 * Whether what is to be written for the line at hand, ${len} bytes without newlines, is no longer
 * than what the next tool takes: as many as it does by default, or as --max-line says, if that is
 * more. If not, the line is refused.
 */
bool filter_fits(struct filter *f, size_t len);

/**
 * filter_fail(f, fmt, ...):
 * Say the message and make the exit status EXIT_IO: the tool should stop.
 */
void filter_fail(struct filter *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * filter_position(f, total):
 * How many bytes of all inputs were read, and in *${total} how many there are, or 0 if not all of
 * them are regular files.
 */
uint64_t filter_position(const struct filter *f, uint64_t *total);

/**
 * filter_finish(f):
 * Write what is buffered, close everything, and return the exit status, after a message if a
 * write failed. A reader that closed the pipe is no failure: it had what it wanted, and its
 * own status tells if not.
 */
int filter_finish(struct filter *f);

#endif
