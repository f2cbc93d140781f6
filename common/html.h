/*
 * html - text in HTML and SVG, so that it means itself.
 */
#ifndef WB_HTML_H
#define WB_HTML_H

#include "output.h"

/**
 * html_text(out, text):
 * Write the NUL-terminated ${text} as it may stand between tags and in a quoted attribute: control
 * characters, invisible ones and malformed UTF-8 as \xNN (see diag_scrub), and what is markup as
 * references. What is longer than HTML_TEXT_MAX bytes ends in "...".
 */
#define HTML_TEXT_MAX 8192
void html_text(struct output *out, const char *text);

/**
 * html_path(out, text):
 * The same between tags, where a line may be broken behind a slash.
 */
void html_path(struct output *out, const char *text);

#endif
