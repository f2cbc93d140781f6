/*
 * poll_head - the first line of a file of poll_state: of what registry it is, what it follows from,
 * and how many lines come after it. Pure.
 */
#ifndef WB_POLL_HEAD_H
#define WB_POLL_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "strbuf.h"

#define POLL_HEAD_VERSION 2 /* 1 is read, too: registry_line knows what it lacks */
#define POLL_HEAD_DIGEST 33 /* bytes, NUL included */
#define POLL_HEAD_FILE_MAX ((size_t)2 * 1024 * 1024 * 1024) /* bytes of a whole file */

struct poll_head {
	int64_t version, collections, events; /* -1: not there */
	int64_t floor_ms, read_ms;            /* REGISTRY_NO_TIME: not there */
	struct json_span server, scope, first, base;
	struct json_span run; /* the name of the run; of a type other than JSON_STRING: none */
};

/**
 * poll_head_read(js, head):
 * Read a head; the spans are of ${js}'s text. Returns false with an error in ${js}.
 */
bool poll_head_read(struct json *js, struct poll_head *head);

/**
 * poll_head_is_whole(head):
 * Whether a head of a version that is known has all that it must have.
 */
bool poll_head_is_whole(const struct poll_head *head);

/**
 * poll_head_digest(text, out):
 * What a FILE with ${text} is known by to those that follow from it.
 */
void poll_head_digest(const struct strbuf *text, char out[POLL_HEAD_DIGEST]);

#endif
