/*
 * launch_request - a launch action as an HTTP request to W&B's API: what stands before and behind
 * the run spec in a request record. Pure.
 */
#ifndef WB_LAUNCH_REQUEST_H
#define WB_LAUNCH_REQUEST_H

#include "launch.h"
#include "strbuf.h"

#define LAUNCH_QUEUE_PROJECT "model-registry" /* of every queue */

/**
 * launch_request_head(sb, l), launch_request_tail(sb, l):
 * Append a record's request from its opening brace to the run spec, a JSON string in a string; and
 * from there to its closing brace. ${l} is one that launch_check found good.
 */
void launch_request_head(struct strbuf *sb, const struct launch *l);
void launch_request_tail(struct strbuf *sb, const struct launch *l);

/**
 * launch_request_spec(sb, spec, len, run_id):
 * Append what goes between: the run spec of ${len} bytes at ${spec}, a JSON object that is not
 * empty, with the run's id, by which it can be found again.
 */
void launch_request_spec(struct strbuf *sb, const char *spec, size_t len, const char *run_id);

#endif
