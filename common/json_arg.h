/*
 * json_arg - JSON on a command line: the text itself, or @FILE.
 */
#ifndef WB_JSON_ARG_H
#define WB_JSON_ARG_H

#include "json.h"
#include "strbuf.h"

#define JSON_ARG_MAX ((size_t)16 * 1024 * 1024) /* bytes */

/**
 * json_arg_read(option, value, type, sb):
 * Put the JSON that ${value} is, or names the file of, into ${sb}, which is initialised here, with
 * a NUL behind it. It must be of ${type}; JSON_NONE: of any. Returns 0, or -1 after a message that
 * names the option.
 */
int json_arg_read(const char *option, const char *value, enum json_type type, struct strbuf *sb);

#endif
