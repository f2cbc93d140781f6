#include "curl_client.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "response.h"
#include "sha256.h"
#include "tls_check.h"
#include "wipe.h"

#define UPLOAD_BUFFER (16 * 1024L)

/* One place for a transfer; its handle and buffers are used again. */
struct slot {
	struct curl_client *client;
	CURL *easy;
	bool busy, refused;
	bool asked;    /* libcurl has come to send the request */
	bool repeated; /* it came to do so again, and was not let */
	long bytes_before;
	bool head_ended; /* the blank line behind the last head has come */
	void *ctx;
	const struct url *where;
	const struct transfer_tls *tls; /* the request's, or NULL */
	struct curl_slist *headers;     /* an array; its strings are the request's */
	struct curl_slist *resolve;     /* owned */
	struct response response;
	const char *body; /* the request's */
	size_t len, sent;
	char curl_error[CURL_ERROR_SIZE];
	char refusal[POLICY_ERROR_MAX];
};

struct curl_client {
	struct transfer_options options;
	CURLM *multi;
	CURLSH *share;       /* of TLS sessions */
	const char *ca_path; /* built into libcurl, or NULL */
	struct slot *slots;
	int busy; /* slots in use */
};

static size_t
on_upload(char *to, size_t size, size_t n, void *ctx)
{
	struct slot *s = ctx;
	size_t len = size * n < s->len - s->sent ? size * n : s->len - s->sent;

	memcpy(to, s->body + s->sent, len);
	s->sent += len;
	return len;
}

/* Bytes of requests that have gone out for this transfer, those to a proxy for a tunnel included. */
static long
bytes_out(const struct slot *s)
{
	long n = 0;

	return curl_easy_getinfo(s->easy, CURLINFO_REQUEST_SIZE, &n) == CURLE_OK ? n : LONG_MAX;
}

/* Whether a part of the request has gone out already, be it of its head alone. */
static bool
has_gone_out(const struct slot *s)
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
	struct slot *s = ctx;

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
	struct slot *s = ctx;

	if (offset != 0 || origin != SEEK_SET || has_gone_out(s))
		return CURL_SEEKFUNC_FAIL;
	s->sent = 0;
	return CURL_SEEKFUNC_OK;
}

static size_t
on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct slot *s = ctx;

	return response_body(&s->response, data, size * n) ? size * n : 0;
}

static size_t
on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct slot *s = ctx;
	const size_t len = size * n;

	/* Heads follow each other: interim answers, a proxy's. Trailers come here, too. */
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		s->head_ended = false;
		s->response.retry_after[0] = '\0';
	} else if (s->head_ended) {
		return response_frame(&s->response, len) ? len : 0;
	} else {
		response_field(&s->response, data, len);
	}
	if (!response_head(&s->response, len))
		return 0;
	s->head_ended = len <= 2;
	return len;
}

/*
 * The last word on where a connection goes, after every look-up: the address that is
 * about to be connected to.
 */
static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct slot *s = ctx;
	int fd;

	(void)purpose;
	if (s->client->options.proxy == NULL && !policy_check_address(s->client->options.policy,
							s->where, &address->addr, s->refusal)) {
		s->refused = true;
		return CURL_SOCKET_BAD;
	}
	if ((fd = socket(address->family, address->socktype, address->protocol)) < 0)
		return CURL_SOCKET_BAD;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* Options that are the same for all transfers. Returns whether every one was taken. */
static bool
set_up(struct slot *s)
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

struct curl_client *
curl_client_new(const struct transfer_options *options)
{
	struct curl_client *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->options = *options;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(t);
		return NULL;
	}
	t->slots = calloc(options->jobs, sizeof(*t->slots));
	t->multi = curl_multi_init();
	t->share = curl_share_init();
	if (t->slots == NULL || t->multi == NULL || t->share == NULL ||
		curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) !=
			CURLSHE_OK) {
		curl_client_free(t);
		return NULL;
	}
	t->ca_path = curl_version_info(CURLVERSION_NOW)->capath;
	curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)options->jobs);
	for (size_t i = 0; i < options->jobs; i++) {
		t->slots[i].client = t;
		response_init(&t->slots[i].response);
	}
	return t;
}

static void
end_slot(struct slot *s)
{
	if (s->busy) {
		curl_multi_remove_handle(s->client->multi, s->easy);
		s->client->busy--;
	}
	curl_slist_free_all(s->resolve);
	free(s->headers);
	s->resolve = s->headers = NULL;
	s->busy = false;
}

void
curl_client_free(struct curl_client *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; t->slots != NULL && i < t->options.jobs; i++) {
		end_slot(&t->slots[i]);
		curl_easy_cleanup(t->slots[i].easy);
		response_release(&t->slots[i].response);
	}
	if (t->multi != NULL)
		curl_multi_cleanup(t->multi);
	curl_share_cleanup(t->share);
	free(t->slots);
	free(t);
	curl_global_cleanup();
}

/*
 * libcurl's header list over the request's own strings, so that nothing secret is
 * copied without need.
 */
static int
set_headers(struct slot *s, const struct transfer_request *request)
{
	static char no_expect[] = "Expect:";
	size_t n = request->nheaders;

	if ((s->headers = calloc(n + 1, sizeof(*s->headers))) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		s->headers[i] = (struct curl_slist){request->headers[i], &s->headers[i + 1]};
	s->headers[n] = (struct curl_slist){no_expect, NULL};
	return curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers) == CURLE_OK ? 0 : -1;
}

/* Tell libcurl the addresses that were checked, so that it looks up nothing itself. */
static int
set_addresses(struct slot *s, const struct transfer_request *request)
{
	struct strbuf entry;
	const char *text;

	if (request->naddresses == 0)
		return curl_easy_setopt(s->easy, CURLOPT_RESOLVE, NULL) == CURLE_OK ? 0 : -1;
	strbuf_init(&entry, 16384);
	/* libcurl knows "host." and "host" as two. */
	strbuf_printf(&entry, "+%s%s:%u:", request->where->host, request->where->dot ? "." : "",
		request->where->port);
	for (size_t i = 0; i < request->naddresses; i++) {
		char address[ADDRESS_TEXT_MAX];

		strbuf_printf(&entry, "%s%s", i == 0 ? "" : ",",
			address_format((const struct sockaddr *)&request->addresses[i], address));
	}
	if ((text = strbuf_str(&entry)) != NULL)
		s->resolve = curl_slist_append(NULL, text);
	strbuf_release(&entry);
	return s->resolve != NULL &&
			       curl_easy_setopt(s->easy, CURLOPT_RESOLVE, s->resolve) == CURLE_OK
		       ? 0
		       : -1;
}

static CURLcode
set_blob(CURL *e, CURLoption option, const struct secret *pem)
{
	struct curl_blob blob = {.data = (void *)(uintptr_t)pem->value,
		.len = pem->len,
		.flags = CURL_BLOB_NOCOPY};

	return curl_easy_setopt(e, option, pem->value != NULL ? &blob : NULL);
}

/*
 * libcurl tells connections apart by certificates, which anyone may have, but not by keys. It also
 * does by the name of a certificate's file, which it does not use where it has the certificate.
 */
static CURLcode
set_key_name(CURL *e, const struct secret *key)
{
	static const char start[] = "key ";
	unsigned char digest[SHA256_SIZE];
	char name[sizeof(start) + 32];
	struct sha256 ctx;
	CURLcode code;

	if (key->value == NULL)
		return curl_easy_setopt(e, CURLOPT_SSLCERT, NULL);
	sha256_init(&ctx);
	sha256_update(&ctx, key->value, key->len);
	sha256_final(&ctx, digest);
	memcpy(name, start, sizeof(start));
	sha256_hex16(digest, name + sizeof(start) - 1);
	code = curl_easy_setopt(e, CURLOPT_SSLCERT, name);
	wipe(&ctx, sizeof(ctx));
	return code;
}

/* Whom to trust, and who we are. What is trusted stands in place of all that is built in. */
static int
set_tls(struct slot *s, const struct transfer_tls *tls)
{
	static const struct transfer_tls none;
	const char *ca_file = s->client->options.ca_file;
	unsigned failed = 0;

	if (tls == NULL)
		tls = &none;
	failed |= set_blob(s->easy, CURLOPT_CAINFO_BLOB, &tls->ca);
	failed |= set_blob(s->easy, CURLOPT_SSLCERT_BLOB, &tls->cert);
	failed |= set_blob(s->easy, CURLOPT_SSLKEY_BLOB, &tls->key);
	failed |= set_key_name(s->easy, &tls->key);
	if (ca_file != NULL)
		failed |= curl_easy_setopt(s->easy, CURLOPT_CAINFO, ca_file);
	if (ca_file != NULL || tls->ca.value != NULL)
		failed |= curl_easy_setopt(s->easy, CURLOPT_CAPATH, NULL);
	else if (s->client->ca_path != NULL)
		failed |= curl_easy_setopt(s->easy, CURLOPT_CAPATH, s->client->ca_path);
	return failed == CURLE_OK ? 0 : -1;
}

int
curl_client_start(struct curl_client *t, const struct transfer_request *request, void *ctx)
{
	struct slot *s = t->slots;

	while (s < t->slots + t->options.jobs && s->busy)
		s++;
	if (s == t->slots + t->options.jobs)
		return -1;
	if (s->easy == NULL && ((s->easy = curl_easy_init()) == NULL || !set_up(s))) {
		/* Half set up, it might go where it must not. */
		curl_easy_cleanup(s->easy);
		s->easy = NULL;
		return -1;
	}
	end_slot(s);
	response_begin(&s->response, request->response_max,
		request->read_max != 0 ? request->read_max : TRANSFER_READ_MAX);
	s->ctx = ctx;
	s->where = request->where;
	s->tls = request->tls;
	s->refused = s->asked = s->repeated = s->head_ended = false;
	s->body = request->body;
	s->len = request->len;
	s->sent = 0;
	s->curl_error[0] = '\0';
	if (set_headers(s, request) != 0 || set_tls(s, request->tls) != 0 ||
		set_addresses(s, request) != 0 ||
		curl_easy_setopt(s->easy, CURLOPT_URL, request->url) != CURLE_OK ||
		curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) !=
			CURLE_OK ||
		curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len) !=
			CURLE_OK)
		return -1;
	if (curl_multi_add_handle(t->multi, s->easy) != CURLM_OK)
		return -1;
	s->busy = true;
	t->busy++;
	return 0;
}

bool
curl_client_cancel(struct curl_client *t, const void *ctx)
{
	for (size_t i = 0; i < t->options.jobs; i++) {
		if (t->slots[i].busy && t->slots[i].ctx == ctx) {
			end_slot(&t->slots[i]);
			return true;
		}
	}
	return false;
}

bool
curl_client_is_idle(const struct curl_client *t)
{
	return t->busy == 0;
}

int
curl_client_wait(struct curl_client *t, struct pollfd *fds, size_t nfds, int timeout_ms)
{
	struct curl_waitfd waits[CURL_CLIENT_FDS_MAX];
	int running;

	if (curl_multi_perform(t->multi, &running) != CURLM_OK)
		return -1;
	for (size_t i = 0; i < nfds && i < CURL_CLIENT_FDS_MAX; i++)
		waits[i] = (struct curl_waitfd){fds[i].fd,
			(short)(fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : CURL_WAIT_POLLIN), 0};
	/*
	 * What has ended already will wake nobody. Otherwise libcurl shortens the
	 * wait to its own timers.
	 */
	if (running < t->busy)
		timeout_ms = 0;
	else if (timeout_ms < 0)
		timeout_ms = 60000;
	if (curl_multi_poll(t->multi, waits, (unsigned)nfds, timeout_ms, NULL) != CURLM_OK)
		return -1;
	for (size_t i = 0; i < nfds && i < CURL_CLIENT_FDS_MAX; i++)
		fds[i].revents = waits[i].revents;
	return curl_multi_perform(t->multi, &running) == CURLM_OK ? 0 : -1;
}

static enum transfer_error
classify(const struct slot *s, CURLcode code, long http_status)
{
	if (s->refused)
		return TRANSFER_DENIED;
	switch (code) {
	case CURLE_OK:
		/* libcurl takes a head that breaks off for a whole one. */
		if (!s->head_ended)
			return TRANSFER_RESET;
		return http_status >= 200 && http_status < 300 ? TRANSFER_OK : TRANSFER_HTTP;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return TRANSFER_DNS;
	case CURLE_COULDNT_CONNECT:
		return TRANSFER_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return TRANSFER_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_ENGINE_INITFAILED:
		return TRANSFER_TLS;
	case CURLE_WRITE_ERROR:
		/* We stopped reading a body that had gone on for too long: its status stands. */
		if (s->response.overfull && s->head_ended)
			return http_status >= 200 && http_status < 300 ? TRANSFER_OK
								       : TRANSFER_HTTP;
		return TRANSFER_RESET;
	default:
		return TRANSFER_RESET;
	}
}

/*
 * Whether TLS failed for what was configured: it will fail as often as it is tried. Fills in the
 * message then.
 */
static bool
is_mistake(const struct slot *s, CURLcode code, struct transfer_result *r)
{
	const char *why = s->curl_error[0] != '\0' ? s->curl_error : curl_easy_strerror(code);
	const char *found;

	if (r->error != TRANSFER_TLS)
		return false;
	found = s->tls != NULL ? tls_check(s->tls) : NULL;
	if (found != NULL)
		snprintf(r->message, sizeof(r->message), "%s", found);
	else if (code == CURLE_SSL_CERTPROBLEM)
		snprintf(r->message, sizeof(r->message), "tls.cert and tls.key cannot be used: %s",
			why);
	else if (code == CURLE_SSL_CACERT_BADFILE && s->client->options.ca_file != NULL)
		snprintf(r->message, sizeof(r->message),
			"no certificates can be read from %s, given with --cacert: %s",
			s->client->options.ca_file, why);
	else
		return false;
	return true;
}

static void
explain(const struct slot *s, CURLcode code, struct transfer_result *r)
{
	if (is_mistake(s, code, r))
		r->fault = TRANSFER_MISTAKE;
	else if (r->error == TRANSFER_DENIED)
		snprintf(r->message, sizeof(r->message), "%s", s->refusal);
	else if (r->error == TRANSFER_HTTP)
		transfer_status_message(r->http_status, r->message);
	else if (s->response.overfull && r->error == TRANSFER_RESET)
		snprintf(r->message, sizeof(r->message),
			"the response has more than %d bytes of headers", RESPONSE_HEADERS_MAX);
	else if (code == CURLE_OK && r->error == TRANSFER_RESET)
		snprintf(r->message, sizeof(r->message),
			"the connection ended within the response's headers");
	else if (s->repeated || code == CURLE_SEND_FAIL_REWIND)
		snprintf(r->message, sizeof(r->message),
			"the connection was closed without an answer; whether the request arrived is not known");
	else if (r->error != TRANSFER_OK)
		snprintf(r->message, sizeof(r->message), "%s",
			s->curl_error[0] != '\0' ? s->curl_error : curl_easy_strerror(code));
}

bool
curl_client_next(struct curl_client *t, struct transfer_result *r)
{
	struct slot *s = NULL;
	CURLMsg *message;
	CURLcode code;
	int left;

	do
		if ((message = curl_multi_info_read(t->multi, &left)) == NULL)
			return false;
	while (message->msg != CURLMSG_DONE);
	code = message->data.result;
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)(void *)&s);
	*r = (struct transfer_result){.ctx = s->ctx, .response = &s->response.body};
	memcpy(r->retry_after, s->response.retry_after, sizeof(r->retry_after));
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &r->http_status);
	r->truncated = response_is_cut(&s->response);
	r->error = classify(s, code, r->http_status);
	explain(s, code, r);
	end_slot(s);
	return true;
}
