/*
 * findings - errors and warnings, each with its place, as people, GitHub and programs read them.
 */
#ifndef WB_FINDINGS_H
#define WB_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "output.h"

enum findings_format {
	FINDINGS_TEXT,   /* FILE:LINE:COLUMN: error: MESSAGE */
	FINDINGS_GITHUB, /* workflow commands, which become annotations of a change */
	FINDINGS_JSON /* lines: {"file":…,"line":…,"column":…,"severity":"error","message":…} */
};

struct findings {
	struct output *out;
	enum findings_format format;
	size_t nerrors, nwarnings;
};

/**
 * findings_take_format(option, value, format):
 * The format called "text", "github" or "json" into *${format}. Returns 0, or -1 after a message
 * that names the option.
 */
int findings_take_format(const char *option, const char *value, enum findings_format *format);

/**
 * findings_error(findings, place, message), findings_warning(findings, place, message):
 * Write one, with what would move a terminal shown as \xNN; config_report_fn, where the context is
 * a struct findings.
 */
void findings_error(void *findings, const struct config_place *place, const char *message);
void findings_warning(void *findings, const struct config_place *place, const char *message);

/**
 * findings_end(findings, strict):
 * Say how many there were, if any. Returns the exit status: EXIT_USAGE after errors, EXIT_REJECTED
 * after warnings that were to be taken ${strict}.
 */
int findings_end(struct findings *findings, bool strict);

#endif
