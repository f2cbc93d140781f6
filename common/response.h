/*
 * response - what is kept of an HTTP response, bounded whatever the server sends.
 */
#ifndef WB_RESPONSE_H
#define WB_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "strbuf.h"

#define RESPONSE_HEADERS_MAX (256 * 1024) /* bytes of all headers; more end it */
#define RESPONSE_USUAL 4096               /* bytes that a body has at most, as a rule */
#define RESPONSE_FIELD_MAX 64             /* bytes of a header's value that is kept, NUL included */

struct response {
	struct strbuf body; /* what is kept of it */
	size_t read_max, head_bytes, body_bytes, frame_bytes;
	bool overfull;  /* there was more of one of them than is read */
	bool is_needed; /* by response_need */
	bool has_head;  /* that of the last status has come to its end */
	char retry_after[RESPONSE_FIELD_MAX], date[RESPONSE_FIELD_MAX]; /* headers; "": none */
};

/**
 * response_init(r), response_release(r):
 * The buffer is kept from one response to the next.
 */
void response_init(struct response *r);
void response_release(struct response *r);

/**
 * response_begin(r, keep_max, read_max):
 * Nothing has come yet. At most ${read_max} bytes of the body are to be read, and of these the
 * first ${keep_max} kept.
 */
void response_begin(struct response *r, size_t keep_max, size_t read_max);

/**
 * response_need(r):
 * What is to be kept of the body is needed, so that memory for a usual one is had now. Returns 0,
 * or -1 when there is none.
 */
int response_need(struct response *r);

/**
 * response_head(r, len), response_body(r, data, len), response_frame(r, len):
 * So many bytes of headers have come, of the body, or of what stands between and behind its parts:
 * lengths of chunks, trailers. There may be as much of the latter as of headers, and a quarter of
 * ${read_max}. False if it is too much.
 */
bool response_head(struct response *r, size_t len);
bool response_body(struct response *r, const char *data, size_t len);
bool response_frame(struct response *r, size_t len);

/**
 * response_is_cut(r):
 * Whether there is more of the body than was kept, or may be.
 */
bool response_is_cut(const struct response *r);

/**
 * response_is_lost(r):
 * Whether it is needed, and memory for it ran out.
 */
bool response_is_lost(const struct response *r);

/**
 * response_status(r), response_field(r, line, len):
 * Another head begins, and what earlier ones said is void; a header line of it has come, "Name:
 * value", its end included or not.
 */
void response_status(struct response *r);
void response_field(struct response *r, const char *line, size_t len);

#endif
