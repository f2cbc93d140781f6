/*
 * report_html - a report as one HTML page, which needs nothing else: style and pictures stand in
 * it, and its policy lets a browser load and run nothing.
 */
#ifndef WB_REPORT_HTML_H
#define WB_REPORT_HTML_H

#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "report.h"

struct report_html {
	int64_t now_ms;
	const char *const *journals; /* names of the files it is about */
	size_t njournals;
};

/**
 * report_html_write(r, how, out):
 * Write ${r}, which has ended. Returns 0, or -1 if memory ran out.
 */
int report_html_write(const struct report *r, const struct report_html *how, struct output *out);

#endif
