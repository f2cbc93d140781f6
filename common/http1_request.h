/*
 * http1_request - the head of a request of HTTP/1.1 [RFC 9112]. Pure.
 */
#ifndef WB_HTTP1_REQUEST_H
#define WB_HTTP1_REQUEST_H

#include "strbuf.h"
#include "transfer.h"

/**
 * http1_request_head(head, request):
 * Write into ${head}, emptied first, all that stands before the body: path and query as they are in
 * the URL, Host, the request's own headers, Accept unless it is one of them, the body's length.
 * Returns 0, or -1 when memory runs out or it is too long for ${head}.
 */
int http1_request_head(struct strbuf *head, const struct transfer_request *request);

#endif
