/*
 * report_chart - what became of deliveries over time, as a picture in SVG for an HTML page.
 *
 * Sizes are those of the page's style sheet, report.css. Positions are shares of the width, so that
 * nothing is distorted, whatever the width of the screen.
 */
#ifndef WB_REPORT_CHART_H
#define WB_REPORT_CHART_H

#include "output.h"
#include "report.h"

/**
 * report_chart_legend(r, out):
 * Write a list of what the colours and patterns of the statuses mean that there are.
 */
void report_chart_legend(const struct report *r, struct output *out);

/**
 * report_chart_write(r, out):
 * Write the picture: a bar for each step of time. There is at least one.
 */
void report_chart_write(const struct report *r, struct output *out);

#endif
