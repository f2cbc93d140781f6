/*
 * report_markdown - a report for what shows GitHub Flavored Markdown, such as the summary of a job.
 *
 * What strangers have named stands in code spans, where nothing has a meaning: no markup, no HTML,
 * no link and nobody who is mentioned.
 */
#ifndef WB_REPORT_MARKDOWN_H
#define WB_REPORT_MARKDOWN_H

#include <stdint.h>

#include "output.h"
#include "report.h"

#define REPORT_MARKDOWN_STEPS 16 /* of time, a row each */

/**
 * report_markdown_write(r, now_ms, out):
 * Write ${r}, which has ended.
 */
void report_markdown_write(const struct report *r, int64_t now_ms, struct output *out);

#endif
