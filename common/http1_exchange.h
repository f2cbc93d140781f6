/*
 * http1_exchange - one request sent over a connection, and its response read.
 */
#ifndef WB_HTTP1_EXCHANGE_H
#define WB_HTTP1_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "http1_parser.h"
#include "response.h"
#include "strbuf.h"
#include "transfer.h"

struct http1_exchange {
	struct strbuf head; /* holds secrets */
	const char *body;   /* the request's */
	size_t len, sent;   /* of the body; of head and body together */
	struct http1_parser parser;
	struct response response;
};

/**
 * http1_exchange_init(x), http1_exchange_release(x):
 * Buffers are kept from one to the next.
 */
void http1_exchange_init(struct http1_exchange *x);
void http1_exchange_release(struct http1_exchange *x);

/**
 * http1_exchange_begin(x, request):
 * ${request} is to be sent. Returns 0, or -1 when memory runs out.
 */
int http1_exchange_begin(struct http1_exchange *x, const struct transfer_request *request);

/**
 * http1_exchange_send(x, fd), http1_exchange_receive(x, fd, is_closing):
 * Write what ${fd} takes, or read what is there; ${is_closing}: its end comes as well. Edges tell
 * of more. Return 0, or -1 with errno set if the connection is broken.
 */
int http1_exchange_send(struct http1_exchange *x, int fd);
int http1_exchange_receive(struct http1_exchange *x, int fd, bool is_closing);

/**
 * http1_exchange_is_answered(x):
 * Whether a response has begun, other than an interim one.
 */
bool http1_exchange_is_answered(const struct http1_exchange *x);

/**
 * http1_exchange_has_ended(x), http1_exchange_is_whole(x):
 * Whether the response has ended, one way or the other; whether it and the request are whole, so
 * that the connection can be used again.
 */
bool http1_exchange_has_ended(const struct http1_exchange *x);
bool http1_exchange_is_whole(const struct http1_exchange *x);

/**
 * http1_exchange_outcome(x, message):
 * What has become of it, once it has ended, with the reason in ${message}, or "".
 */
enum transfer_error http1_exchange_outcome(const struct http1_exchange *x,
	char message[TRANSFER_ERROR_MAX]);

#endif
