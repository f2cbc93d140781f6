/*
 * response - what is kept of an HTTP response, bounded whatever the server sends.
 */
#ifndef WB_RESPONSE_H
#define WB_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "strbuf.h"

#define RESPONSE_HEADERS_MAX (256 * 1024) /* bytes of all headers; more end it */
#define RESPONSE_READ_MAX (1024 * 1024)   /* bytes of a body that are read at all */
#define RESPONSE_FIELD_MAX 64             /* bytes of a header's value that is kept, NUL included */

struct response {
	struct strbuf body; /* what is kept of it */
	size_t header_bytes, body_bytes;
	bool overfull; /* there was more of either than is read */
	char retry_after[RESPONSE_FIELD_MAX];
};

/**
 * response_init(r), response_release(r):
 * The buffer is kept from one response to the next.
 */
void response_init(struct response *r);
void response_release(struct response *r);

/**
 * response_begin(r, max):
 * Nothing has come yet; ${max} bytes of the body are to be kept.
 */
void response_begin(struct response *r, size_t max);

/**
 * response_head(r, len), response_body(r, data, len):
 * So many bytes of headers, or of the body, have come. False if it is too much.
 */
bool response_head(struct response *r, size_t len);
bool response_body(struct response *r, const char *data, size_t len);

/**
 * response_field(r, line, len):
 * A header line has come, "Name: value", its end included or not.
 */
void response_field(struct response *r, const char *line, size_t len);

#endif
