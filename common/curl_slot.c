#include "curl_slot.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "portable.h"
#include "shortage.h"

#define UPLOAD_BUFFER (16 * 1024L)

static size_t
on_upload(char *to, size_t size, size_t n, void *ctx)
{
	struct curl_slot *s = ctx;
	size_t len = size * n < s->len - s->sent ? size * n : s->len - s->sent;

	memcpy(to, s->body + s->sent, len);
	s->sent += len;
	return len;
}

/* Bytes of requests that have gone out for this transfer, those to a proxy included. */
static long
bytes_out(const struct curl_slot *s)
{
	long n = 0;

	return curl_easy_getinfo(s->easy, CURLINFO_REQUEST_SIZE, &n) == CURLE_OK ? n : LONG_MAX;
}

/* Whether a part of the request has gone out already, be it of its head alone. */
static bool
has_gone_out(const struct curl_slot *s)
{
	return s->asked && bytes_out(s) > s->bytes_before;
}

/*
 * libcurl asks for this before it sends a request, also when a kept connection closed without an
 * answer and it would quietly send the request once more. Whether it arrived is not known then; to
 * send again is for others to decide.
 */
static int
on_request(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct curl_slot *s = ctx;

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	s->repeated = has_gone_out(s);
	if (!s->asked)
		s->bytes_before = bytes_out(s);
	s->asked = true;
	return s->repeated ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* And for this, to read the body once more, should it have been read but not sent. */
static int
on_rewind(void *ctx, curl_off_t offset, int origin)
{
	struct curl_slot *s = ctx;

	if (offset != 0 || origin != SEEK_SET || has_gone_out(s))
		return CURL_SEEKFUNC_FAIL;
	s->sent = 0;
	return CURL_SEEKFUNC_OK;
}

static size_t
on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct curl_slot *s = ctx;

	return response_body(&s->response, data, size * n) ? size * n : 0;
}

static size_t
on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct curl_slot *s = ctx;
	const size_t len = size * n;

	/* Heads follow each other: interim answers, a proxy's. Trailers come here, too. */
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		response_status(&s->response);
	} else if (s->response.has_head) {
		return response_frame(&s->response, len) ? len : 0;
	} else {
		response_field(&s->response, data, len);
	}
	if (!response_head(&s->response, len))
		return 0;
	s->response.has_head = len <= 2;
	return len;
}

/*
 * The last word on where a connection goes, after every look-up: the address that is
 * about to be connected to.
 */
static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct curl_slot *s = ctx;
	int fd;

	(void)purpose;
	if (s->client->options.proxy == NULL && !policy_check_address(s->client->options.policy,
							s->where, &address->addr, s->refusal)) {
		s->refused = true;
		return CURL_SOCKET_BAD;
	}
	s->opened = true;
	fd = portable_socket(address->family, address->socktype, address->protocol);
	/* The first one may be the last but one: certificates are files. */
	if (fd >= 0 && (s->client->sockets > 0 ? shortage_is_near(fd) : shortage_is_here())) {
		close(fd);
		fd = -1;
		errno = EMFILE;
	}
	if (fd < 0 && shortage_is(errno))
		s->shortage = errno;
	s->client->sockets += fd >= 0;
	return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

static int
on_close(void *ctx, curl_socket_t fd)
{
	struct curl_client *t = ctx;

	t->sockets--;
	return close(fd);
}

bool
curl_slot_set_up(struct curl_slot *s)
{
	const struct transfer_options *o = &s->client->options;
	CURL *e = s->easy;
	unsigned failed = 0;

	failed |= curl_easy_setopt(e, CURLOPT_PRIVATE, s);
	failed |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	failed |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	failed |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	failed |= curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	failed |= curl_easy_setopt(e, CURLOPT_PROXY, o->proxy != NULL ? o->proxy : "");
	failed |= curl_easy_setopt(e, CURLOPT_NOPROXY, "");
	failed |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	failed |= curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	failed |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
	failed |= curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER);
	failed |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->curl_error);
	failed |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	failed |= curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	failed |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	failed |= curl_easy_setopt(e, CURLOPT_HEADERDATA, s);
	failed |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	failed |= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, s);
	failed |= curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	failed |= curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, s->client);
	failed |= curl_easy_setopt(e, CURLOPT_POST, 1L);
	failed |= curl_easy_setopt(e, CURLOPT_READFUNCTION, on_upload);
	failed |= curl_easy_setopt(e, CURLOPT_READDATA, s);
	failed |= curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_rewind);
	failed |= curl_easy_setopt(e, CURLOPT_SEEKDATA, s);
	failed |= curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request);
	failed |= curl_easy_setopt(e, CURLOPT_PREREQDATA, s);
	/* libcurl reads one for a key that has one, and what is not there lets it crash. */
	failed |= curl_easy_setopt(e, CURLOPT_KEYPASSWD, "");
	/* The first of many learns whether they can share its connection. */
	failed |= curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	failed |= curl_easy_setopt(e, CURLOPT_SHARE, s->client->share);
	return failed == CURLE_OK;
}
