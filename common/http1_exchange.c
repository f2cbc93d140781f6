#include "http1_exchange.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http1_request.h"
#include "portable.h"

#define HEAD_MAX ((size_t)2 * 1024 * 1024)
#define READ_SIZE 16384

void
http1_exchange_init(struct http1_exchange *x)
{
	strbuf_init_secret(&x->head, HEAD_MAX);
	response_init(&x->response);
}

void
http1_exchange_release(struct http1_exchange *x)
{
	strbuf_release(&x->head);
	response_release(&x->response);
}

int
http1_exchange_begin(struct http1_exchange *x, const struct transfer_request *request)
{
	x->body = request->body;
	x->len = request->len;
	x->sent = 0;
	response_begin(&x->response, request->response_max,
		request->read_max != 0 ? request->read_max : TRANSFER_READ_MAX);
	http1_parser_begin(&x->parser, &x->response);
	if (request->needs_response && response_need(&x->response) != 0)
		return -1;
	return http1_request_head(&x->head, request);
}

int
http1_exchange_send(struct http1_exchange *x, int fd)
{
	const size_t total = x->head.len + x->len;

	while (x->sent < total) {
		struct iovec parts[2];
		struct msghdr message = {.msg_iov = parts};
		ssize_t n;

		if (x->sent < x->head.len)
			parts[message.msg_iovlen++] =
				(struct iovec){x->head.buf + x->sent, x->head.len - x->sent};
		if (x->len > 0) {
			const size_t from = x->sent > x->head.len ? x->sent - x->head.len : 0;

			parts[message.msg_iovlen++] =
				(struct iovec){(char *)(uintptr_t)x->body + from, x->len - from};
		}
		n = sendmsg(fd, &message, PORTABLE_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		x->sent += (size_t)n;
	}
	return 0;
}

int
http1_exchange_receive(struct http1_exchange *x, int fd, bool is_closing)
{
	char data[READ_SIZE];

	while (!http1_exchange_has_ended(x)) {
		ssize_t n = recv(fd, data, sizeof(data), 0);

		if (n > 0)
			http1_parser_feed(&x->parser, data, (size_t)n);
		else if (n == 0)
			http1_parser_end(&x->parser);
		else if (errno != EINTR)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		/* Less than there was room for is all there was, unless the end comes too. */
		if (n > 0 && (size_t)n < sizeof(data) && !is_closing)
			break;
	}
	return 0;
}

bool
http1_exchange_is_answered(const struct http1_exchange *x)
{
	return x->parser.state == HTTP1_STATUS ? x->parser.len > 0 : x->parser.status >= 200;
}

bool
http1_exchange_has_ended(const struct http1_exchange *x)
{
	return x->parser.state == HTTP1_DONE || x->parser.state == HTTP1_FAILED;
}

bool
http1_exchange_is_whole(const struct http1_exchange *x)
{
	return x->parser.state == HTTP1_DONE && x->parser.keep_alive &&
	       x->sent == x->head.len + x->len;
}

enum transfer_error
http1_exchange_outcome(const struct http1_exchange *x, char message[TRANSFER_ERROR_MAX])
{
	const long status = x->parser.status;

	if (x->parser.state == HTTP1_DONE) {
		transfer_status_message(status, message);
		return status >= 200 && status < 300 ? TRANSFER_OK : TRANSFER_HTTP;
	}
	if (x->parser.error != NULL)
		snprintf(message, TRANSFER_ERROR_MAX, "%s", x->parser.error);
	else
		snprintf(message, TRANSFER_ERROR_MAX,
			"the response has more than %d bytes of headers", RESPONSE_HEADERS_MAX);
	return TRANSFER_RESET;
}
