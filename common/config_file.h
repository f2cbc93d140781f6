/*
 * config_file - one configuration file in memory, read member by member with errors at their place.
 *
 * Below config.c: the shape of webhooks and automations is told by their readers, config_webhook.c
 * and config_automation.c.
 */
#ifndef WB_CONFIG_FILE_H
#define WB_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "config.h"
#include "json.h"
#include "strbuf.h"

#define CONFIG_FILE_MAX ((size_t)256 * 1024 * 1024) /* bytes of a file */

/* Where errors go, and whether there were any. */
struct config_errors {
	config_report_fn *report;
	void *ctx;
	size_t n;
};

struct config_file {
	char *path; /* owned */
	struct strbuf content;
	const char *text; /* its bytes */
	size_t len;
	struct config_errors *errors;
	struct config_file *next;
};

struct config_programs;

/* A file being read. */
struct config_reader {
	struct json js;
	const struct config_file *file;
	struct arena *arena;
	struct config_programs *programs;
};

/**
 * config_file_read(path, errors):
 * Read ${path} whole. NULL after a report.
 */
struct config_file *config_file_read(const char *path, struct config_errors *errors);

/**
 * config_file_of(path, text, len, errors):
 * The same of ${len} bytes at ${text}, which are borrowed, as if they stood there.
 */
struct config_file *config_file_of(const char *path, const char *text, size_t len,
	struct config_errors *errors);

/**
 * config_file_free(file):
 * Free it; NULL is fine.
 */
void config_file_free(struct config_file *file);

/**
 * config_place_of(file, at):
 * Line and column of ${at}, which points into the file's text or to its end.
 */
struct config_place config_place_of(const struct config_file *file, const char *at);

/**
 * config_error(file, at, fmt, ...):
 * Report a message at ${at}; NULL for the file as a whole.
 */
void config_error(const struct config_file *file, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * config_syntax(r):
 * Report the scanner's error, if it has one.
 */
void config_syntax(const struct config_reader *r);

/**
 * config_member(r, kind, names, n, seen, at):
 * Go to the next member of the open object whose name is one of ${n} ${names}, and return its
 * index; its value comes next. *${seen} keeps which were there, a bit each. *${at} is where the
 * name stands. Returns -1 at the end of the object. Unknown and repeated members are reported and
 * passed over; ${kind} says whose they are: "a webhook".
 */
int config_member(struct config_reader *r, const char *kind, const char *const *names, size_t n,
	unsigned *seen, const char **at);

/**
 * config_open_object(r, what), config_open_array(r, what):
 * Enter the container that comes next; if it is something else, report, pass over it
 * and return false.
 */
bool config_open_object(struct config_reader *r, const char *what);
bool config_open_array(struct config_reader *r, const char *what);

/**
 * config_string(r, what, span, text):
 * Read a string that is not empty and holds no NUL: as written into ${span}, decoded into ${text};
 * either may be NULL. Otherwise report and return false.
 */
bool config_string(struct config_reader *r, const char *what, struct json_span *span,
	struct text *text);

/**
 * config_strings(r, what, spans, list, n):
 * Read a string, or an array of at least one, into arena memory. ${spans} may be NULL.
 */
bool config_strings(struct config_reader *r, const char *what, struct json_span **spans,
	struct text **list, size_t *n);

/**
 * config_bool(r, what, value):
 * Read true or false.
 */
bool config_bool(struct config_reader *r, const char *what, bool *value);

/**
 * config_out_of_memory(file):
 * Report just that. Returns false.
 */
bool config_out_of_memory(const struct config_file *file);

#endif
