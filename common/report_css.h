/*
 * report_css - the style sheet of a report: report.css, which the Makefile makes C of.
 */
#ifndef WB_REPORT_CSS_H
#define WB_REPORT_CSS_H

#include <stddef.h>

extern const unsigned char report_css[];
extern const size_t report_css_len;

#endif
