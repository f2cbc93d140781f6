/*
 * options - command lines: long and short options from one table, which is also the help text.
 *
 * Options may stand before, between and after operands; "--" ends them. Every table gets
 * --help and --version. tests/docs.test.sh holds the tables, the help texts and the manual
 * pages to the same options.
 */
#ifndef WB_OPTIONS_H
#define WB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_MAX 96 /* in a table, with what ends it */

struct option {
	int id;           /* greater than 0 */
	char letter;      /* short form, or 0 */
	const char *name; /* long form without "--" */
	/*
	 * name of its argument, "FILE"; "[=FORMAT]" where it may be left out, which is then given as
	 * --name=VALUE only; NULL for a flag
	 */
	const char *arg;
	const char *help; /* one line */
};

struct options_spec {
	const char *usage;          /* what follows "usage: ", a line each form */
	const char *about;          /* a sentence or two */
	const struct option *table; /* ends with an entry whose id is 0 */
};

struct options {
	const struct options_spec *spec;
	char **argv; /* borrowed */
	int argc, at;
	const char *cluster; /* rest of "-abc" */
	bool operands_only;
	const char *command; /* that --help tells of; NULL: of all */
	bool (*goes_with)(int id, int command_id);
	int command_id;
};

/* What options_next returns beside an id. */
enum {
	OPTIONS_END = 0,
	OPTIONS_OPERAND = -1,
	OPTIONS_ERROR = -2,
	OPTIONS_DONE = -3,
	OPTIONS_FAILED = -4
};

/**
 * options_init(o, spec, argc, argv):
 * Start behind argv[0]. Borrows all.
 */
void options_init(struct options *o, const struct options_spec *spec, int argc, char **argv);

/**
 * options_command(o, name, goes_with, id):
 * The command ${name}, an operand that has come, is what was asked for: from now on --help tells
 * only of the forms that begin with it, and of options for which ${goes_with}(option's id, ${id}).
 * Borrows ${name}.
 */
void options_command(struct options *o, const char *name, bool (*goes_with)(int id, int command_id),
	int id);

/**
 * options_next(o, value):
 * The id of the next option, its argument in *${value} (NULL for a flag or one left out);
 * OPTIONS_OPERAND with the operand in *${value}; OPTIONS_END; OPTIONS_ERROR after a message that
 * names the nearest option; OPTIONS_DONE after --help or --version was answered on standard output,
 * OPTIONS_FAILED after a message if that could not be written.
 */
int options_next(struct options *o, const char **value);

/**
 * options_number(name, text, min, max, out):
 * Read a decimal integer. Returns 0, or -1 after a message that names the option
 * ${name} and the limits.
 */
int options_number(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out);

/**
 * options_size(name, text, min, max, out):
 * The same in bytes; K, M and G (1,024 and its powers) may follow.
 */
int options_size(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out);

/**
 * options_duration(name, text, max_ms, out):
 * The same for a time in milliseconds: "250ms", "30s", "10m", "2h", "30d", or seconds with or
 * without a fraction, more than 0.
 */
int options_duration(const char *name, const char *text, uint64_t max_ms, uint64_t *out);

#endif
