/*
 * rendering - what an automation makes of an event: the request, without anything
 * that only later stages know.
 *
 * The automation's part of a record is compiled once and kept, since a run has few different ones.
 */
#ifndef WB_RENDERING_H
#define WB_RENDERING_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"
#include "jq_worker.h"
#include "json.h"
#include "strbuf.h"

#define RENDERING_ERROR_MAX 400 /* bytes of a message, NUL included */

struct rendering;

/**
 * rendering_new(automation, error, at):
 * Compile the automation of a match record: wb-record(5). ${automation} spans the object, which is
 * copied. Returns NULL with the reason in ${error} and *${at}, a byte offset into the object.
 */
struct rendering *rendering_new(const struct json_span *automation, char error[RENDERING_ERROR_MAX],
	size_t *at);

/**
 * rendering_free(r):
 * Free it; NULL is fine.
 */
void rendering_free(struct rendering *r);

/**
 * rendering_is_of(r, automation):
 * Whether ${r} was compiled from the same bytes.
 */
bool rendering_is_of(const struct rendering *r, const struct json_span *automation);

/**
 * rendering_is_request(r):
 * False for an action of type "none", which makes no request.
 */
bool rendering_is_request(const struct rendering *r);

/**
 * rendering_write(r, event, programs, body, line, error):
 * Append the request record for ${event} to ${line}, up to but without its last closing brace.
 * ${programs} runs payload_jq; ${body} is scratch space. Returns 0; with the reason in ${error} -1
 * if the target would refuse it, it is nested too deep, or the program makes no payload, or
 * JQ_WORKER_UNABLE if that could not be run, by no fault of its own; memory errors are ${line}'s.
 */
int rendering_write(const struct rendering *r, const struct event *event,
	struct jq_worker *programs, struct strbuf *body, struct strbuf *line,
	char error[RENDERING_ERROR_MAX]);

#endif
