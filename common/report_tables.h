/*
 * report_tables - the tables of a report, and the list of what has failed, in HTML.
 */
#ifndef WB_REPORT_TABLES_H
#define WB_REPORT_TABLES_H

#include "output.h"
#include "report.h"

/**
 * report_tables_series(s, out):
 * What the chart shows, in numbers.
 */
void report_tables_series(const struct series *s, struct output *out);

/**
 * report_tables_groups(groups, name, out):
 * Endpoints or automations, one of which is called ${name}, "Endpoint", in a row each.
 */
void report_tables_groups(const struct report_groups *groups, const char *name, struct output *out);

/**
 * report_tables_causes(causes, out):
 * Why deliveries have failed or wait, how many, and what to do.
 */
void report_tables_causes(const struct report_groups *causes, struct output *out);

/**
 * report_tables_failing(r, out):
 * Those that have failed, the newest first, with the command that shows more. Returns 0, or -1 if
 * memory ran out.
 */
int report_tables_failing(const struct report *r, struct output *out);

#endif
