/*
 * config_program - the jq programs of a configuration: compiled together when all are read, since
 * one at a time takes too long, with errors at the place of each.
 */
#ifndef WB_CONFIG_PROGRAM_H
#define WB_CONFIG_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config_file.h"
#include "jq_bundle.h"

struct config_program_use;

struct config_programs {
	struct jq_bundle *conditions, *others;
	struct config_program_use *uses; /* owned */
	size_t n, size;
};

/**
 * config_programs_init(p), config_programs_release(p):
 * Init returns false when memory runs out; to be released either way.
 */
bool config_programs_init(struct config_programs *p);
void config_programs_release(struct config_programs *p);

/**
 * config_program_read(r, bundle, what, span, number):
 * Read the program, a string, that comes next, and add it to ${bundle}, one of r->programs. It goes
 * as written into ${span}, and its number into *${number}; either may be NULL. Otherwise report and
 * return false.
 */
bool config_program_read(struct config_reader *r, struct jq_bundle *bundle, const char *what,
	struct json_span *span, int64_t *number);

/**
 * config_programs_check(p):
 * Compile all, and report what cannot be, in the order in which they were read.
 */
void config_programs_check(struct config_programs *p);

#endif
