/*
 * report_text - a report for terminals: lines that are aligned, and sparklines.
 */
#ifndef WB_REPORT_TEXT_H
#define WB_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "report.h"

struct report_text {
	int64_t now_ms;
	bool is_utf8; /* sparklines are made of blocks, else of digits: 0 is nothing, 9 the most */
};

/**
 * report_text_steps(width):
 * How many steps of time a sparkline can have on a terminal of ${width} columns.
 */
size_t report_text_steps(size_t width);

/**
 * report_text_write(r, how, out):
 * Write ${r}, which has ended. Returns 0, or -1 if memory ran out.
 */
int report_text_write(const struct report *r, const struct report_text *how, struct output *out);

#endif
