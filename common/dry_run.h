/*
 * dry_run - a request shown as it would be sent, with the names of secrets where
 * their values would be.
 */
#ifndef WB_DRY_RUN_H
#define WB_DRY_RUN_H

#include "curl_script.h"
#include "policy.h"
#include "record.h"
#include "strbuf.h"

enum dry_run_format { DRY_RUN_NONE, DRY_RUN_TEXT, DRY_RUN_CURL };

struct dry_run {
	enum dry_run_format format;
	const struct policy *policy;
	struct curl_script_options script;
};

/**
 * dry_run_option(value, format):
 * Read a format: "text" or "curl"; NULL is text. Returns 0, or -1 after a message.
 */
int dry_run_option(const char *value, enum dry_run_format *format);

/**
 * dry_run_add(d, sb, rec):
 * Append ${rec} as text for people (a comment line, the request line, headers, body) or as a
 * script. No secret and no host is looked up. Returns whether the policy would let it be sent.
 */
bool dry_run_add(const struct dry_run *d, struct strbuf *sb, const struct record *rec);

#endif
