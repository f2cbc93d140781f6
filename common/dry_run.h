/*
 * dry_run - a request shown as it would be sent, with the names of secrets where
 * their values would be.
 */
#ifndef WB_DRY_RUN_H
#define WB_DRY_RUN_H

#include "record.h"
#include "strbuf.h"

/**
 * dry_run_add(sb, rec, denied):
 * Append ${rec} as text for people: a comment line, the request line, headers, body. No secret is
 * looked up. ${denied}, if not NULL, says why it would not be sent.
 */
void dry_run_add(struct strbuf *sb, const struct record *rec, const char *denied);

#endif
