/*
 * jq_program - jq programs over one JSON text. The only module that knows libjq (1.6 to 1.8).
 *
 * Programs may come out of lines that strangers have written. So a program sees its input and
 * nothing else: $ENV and env are empty; import, include and ~/.jq are not there; input, inputs,
 * debug, stderr, halt, halt_error and whatever tells of files are refused when it is compiled.
 * Nothing is printed.
 *
 * What cannot be prevented, since libjq has no limit of steps, of memory or of depth: a program can
 * run for ever, fill the memory, or overflow the stack (with values that are nested a million
 * times). So what is not the user's own runs in a process of its own: jq_worker.h.
 *
 * Where memory runs out, a message is written and the process ends with EXIT_IO, without what its
 * buffers hold: libjq would abort. Where libjq does not look, as when it copies a name, it crashes.
 * Not for several threads at a time.
 */
#ifndef WB_JQ_PROGRAM_H
#define WB_JQ_PROGRAM_H

#include <stddef.h>

#include "strbuf.h"

#define JQ_PROGRAM_MAX 65536     /* bytes of a program */
#define JQ_PROGRAM_ERROR_MAX 320 /* bytes of a message, NUL included; what is longer is cut */

struct jq_program;

/**
 * jq_program_new(text, len, error):
 * Compile ${len} bytes of UTF-8 at ${text}, which are not needed afterwards. Takes milliseconds,
 * whatever the program: libjq compiles its own library anew. Returns NULL with what jq says in
 * ${error}, one line of UTF-8 without control characters, which ends in "line N of the program"
 * where jq knows that.
 */
struct jq_program *jq_program_new(const char *text, size_t len, char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_program_free(program):
 * Free it; NULL is fine.
 */
void jq_program_free(struct jq_program *program);

/**
 * jq_program_test(program, json, len, error):
 * Run it over ${len} bytes at ${json}. Returns 1 if its first output is neither false nor null; 0
 * if it is, or if there is none; -1 with the reason in ${error}, as above, if the program fails or
 * ${json} is not exactly one JSON value or is nested too deep for libjq (256 levels in 1.6). What
 * the program says of its input, such as a value that it could not use, stands in ${error}.
 */
int jq_program_test(struct jq_program *program, const char *json, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_program_first(program, json, len, out, error):
 * The same for what the first output is: append it to ${out}, as jq_program_run does, without a
 * newline. Returns 1, 0 if there is none, or -1; it fails, too, when ${out} is full.
 */
int jq_program_first(struct jq_program *program, const char *json, size_t len, struct strbuf *out,
	char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_program_run(program, json, len, out, error):
 * The same for all outputs: append each one to ${out}, as compact JSON in a line of its own,
 * spelled as libjq spells it: 1.10 has become 1.1, and what a double cannot hold is rounded.
 * Returns how many, or -1; it fails, too, when ${out} is full. What was appended until then stays.
 */
int jq_program_run(struct jq_program *program, const char *json, size_t len, struct strbuf *out,
	char error[JQ_PROGRAM_ERROR_MAX]);

#endif
