/*
 * http1_parser - responses of HTTP/1.1 and 1.0, byte by byte as they come [RFC 9112]. Pure.
 */
#ifndef WB_HTTP1_PARSER_H
#define WB_HTTP1_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "response.h"

#define HTTP1_LINE_MAX 4096 /* bytes of a line that are looked at; headers may be longer */

enum http1_state {
	HTTP1_STATUS,      /* in the status line */
	HTTP1_HEADERS,     /* in the headers */
	HTTP1_LENGTH,      /* in a body of known length */
	HTTP1_CHUNK_SIZE,  /* in the line before a chunk */
	HTTP1_CHUNK,       /* in a chunk */
	HTTP1_CHUNK_END,   /* behind it */
	HTTP1_TRAILERS,    /* behind the last one */
	HTTP1_UNTIL_CLOSE, /* in a body that ends with the connection */
	HTTP1_DONE,
	HTTP1_FAILED
};

struct http1_parser {
	enum http1_state state;
	struct response *response;
	long status;       /* 0: none yet */
	bool keep_alive;   /* the connection may be used again */
	const char *error; /* static, when it failed */
	bool is_http10, chunked, has_length;
	uint64_t left; /* bytes of a body or chunk */
	size_t len;    /* of line */
	char line[HTTP1_LINE_MAX];
};

/**
 * http1_parser_begin(p, response):
 * A response comes, to be kept in ${response}.
 */
void http1_parser_begin(struct http1_parser *p, struct response *response);

/**
 * http1_parser_feed(p, data, len):
 * ${len} bytes have come. Look at the state afterwards. Bytes behind the end of the response
 * mean that the connection is not to be used again. Interim responses are passed over. A body
 * that is longer than is read ends the response as it is, and the connection with it.
 */
void http1_parser_feed(struct http1_parser *p, const char *data, size_t len);

/**
 * http1_parser_end(p):
 * The connection has ended.
 */
void http1_parser_end(struct http1_parser *p);

#endif
