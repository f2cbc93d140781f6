/*
 * findings - errors and warnings, each with its place, as people and GitHub read them.
 */
#ifndef WB_FINDINGS_H
#define WB_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "output.h"

enum findings_format {
	FINDINGS_TEXT,  /* FILE:LINE:COLUMN: error: MESSAGE */
	FINDINGS_GITHUB /* workflow commands, which become annotations of a change */
};

struct findings {
	struct output *out;
	enum findings_format format;
	size_t nerrors, nwarnings;
};

/**
 * findings_format_find(name, format):
 * The format called "text" or "github" in *${format}; false if there is none.
 */
bool findings_format_find(const char *name, enum findings_format *format);

/**
 * findings_error(findings, place, message), findings_warning(findings, place, message):
 * Write one, with what would move a terminal shown as \xNN; config_report_fn, where the context is a
 * struct findings.
 */
void findings_error(void *findings, const struct config_place *place, const char *message);
void findings_warning(void *findings, const struct config_place *place, const char *message);

#endif
