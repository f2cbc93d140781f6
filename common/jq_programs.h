/*
 * jq_programs - jq programs kept compiled, by their texts. A run has few different ones, and to
 * compile one takes longer than to run it ten thousand times.
 */
#ifndef WB_JQ_PROGRAMS_H
#define WB_JQ_PROGRAMS_H

#include <stddef.h>

#include "jq_program.h"

#define JQ_PROGRAMS_MAX 32 /* that are kept; the one whose last use is longest ago goes */

struct jq_programs;

/**
 * jq_programs_new():
 * None yet. NULL when memory runs out.
 */
struct jq_programs *jq_programs_new(void);

/**
 * jq_programs_free(programs):
 * Free them; NULL is fine.
 */
void jq_programs_free(struct jq_programs *programs);

/**
 * jq_programs_get(programs, text, len, error):
 * The program of ${len} bytes at ${text}, compiled if that was not done yet, and valid until the
 * next call. NULL with the reason, which is kept like a program, if it cannot be compiled.
 */
struct jq_program *jq_programs_get(struct jq_programs *programs, const char *text, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX]);

#endif
