#include "curl_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "curl_slot.h"
#include "curl_tls.h"
#include "response.h"
#include "shortage.h"

#define LIMIT_MS 1000 /* after which more connections are tried than there was room for */

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
end_slot(struct curl_slot *s)
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
set_headers(struct curl_slot *s, const struct transfer_request *request)
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
set_addresses(struct curl_slot *s, const struct transfer_request *request)
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

static void
limit_connections(struct curl_client *t, long limit)
{
	curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit);
	t->limit = limit;
	t->limited_ms = clock_ms();
}

/* There may be room again. Not all at once: what finds none is put off. */
static void
lift_limit(struct curl_client *t)
{
	if (t->limit == 0 || clock_ms() - t->limited_ms < LIMIT_MS)
		return;
	limit_connections(t, (size_t)t->limit < t->options.jobs ? t->limit * 2 : 0);
}

int
curl_client_start(struct curl_client *t, const struct transfer_request *request, void *ctx)
{
	struct curl_slot *s = t->slots;

	lift_limit(t);
	while (s < t->slots + t->options.jobs && s->busy)
		s++;
	if (s == t->slots + t->options.jobs)
		return -1;
	if (s->easy == NULL && ((s->easy = curl_easy_init()) == NULL || !curl_slot_set_up(s))) {
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
	s->refused = s->asked = s->repeated = s->opened = false;
	s->shortage = 0;
	s->starve_until_ms =
		request->starve_ms != 0 ? clock_ms() + (int64_t)request->starve_ms : INT64_MAX;
	s->body = request->body;
	s->len = request->len;
	s->sent = 0;
	s->curl_error[0] = '\0';
	if ((request->needs_response && response_need(&s->response) != 0) ||
		set_headers(s, request) != 0 ||
		!curl_tls_set(s->easy, request->tls, t->options.ca_file, t->ca_path) ||
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

/* The one that waits for a descriptor and whose time for that ends first, or NULL. */
static struct curl_slot *
first_starved(const struct curl_client *t)
{
	struct curl_slot *first = NULL;

	for (size_t i = 0; t->limit != 0 && i < t->options.jobs; i++) {
		struct curl_slot *s = &t->slots[i];

		if (s->busy && !s->opened && !s->asked && s->starve_until_ms != INT64_MAX &&
			(first == NULL || s->starve_until_ms < first->starve_until_ms))
			first = s;
	}
	return first;
}

int64_t
curl_client_next_ms(const struct curl_client *t)
{
	const struct curl_slot *s = first_starved(t);

	return s != NULL ? s->starve_until_ms : -1;
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

/* The status by which the proxy refuses to connect; 0: it does not. */
static long
refused_by_proxy(const struct curl_slot *s)
{
	long status = 0;

	if (s->client->options.proxy == NULL ||
		curl_easy_getinfo(s->easy, CURLINFO_HTTP_CONNECTCODE, &status) != CURLE_OK)
		return 0;
	return status >= 200 && status < 300 ? 0 : status;
}

static enum transfer_error
classify(const struct curl_slot *s, CURLcode code, long http_status)
{
	if (s->refused)
		return TRANSFER_DENIED;
	if (refused_by_proxy(s) != 0)
		return TRANSFER_CONNECT;
	switch (code) {
	case CURLE_OK:
		/* libcurl takes a head that breaks off for a whole one. */
		if (!s->response.has_head)
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
		if (s->response.overfull && s->response.has_head)
			return http_status >= 200 && http_status < 300 ? TRANSFER_OK
								       : TRANSFER_HTTP;
		return TRANSFER_RESET;
	default:
		return TRANSFER_RESET;
	}
}

static void
tell_shortage(const struct curl_slot *s, struct transfer_result *r)
{
	r->error = TRANSFER_CONNECT;
	snprintf(r->message, sizeof(r->message), "cannot connect to %s port %u: %s; %s",
		s->where->host, s->where->port, strerror(s->shortage != 0 ? s->shortage : EMFILE),
		SHORTAGE_ADVICE);
}

/*
 * Whether there was no descriptor or memory for a connection. For a while then libcurl has no more
 * of them than there was room for, and lets others wait for those.
 */
static bool
is_shortage(const struct curl_slot *s, CURLcode code, struct transfer_result *r)
{
	struct curl_client *t = s->client;

	if (code == CURLE_COULDNT_CONNECT && s->shortage != 0) {
		limit_connections(t, t->sockets > 0 ? (long)t->sockets : 1L);
	} else if (code != CURLE_OPERATION_TIMEDOUT || t->limit == 0 || s->opened || s->asked) {
		return false;
	}
	tell_shortage(s, r);
	return true;
}

/* Time was over within an answer, not before it. */
static bool
is_unended(CURLcode code, const struct transfer_result *r)
{
	return code == CURLE_OPERATION_TIMEDOUT && r->http_status >= 200;
}

/* How long the transfer took, in milliseconds. */
static long long
took_ms(const struct curl_slot *s)
{
	curl_off_t us = 0;

	curl_easy_getinfo(s->easy, CURLINFO_TOTAL_TIME_T, &us);
	return (long long)us / 1000;
}

static void
explain_connect(const struct curl_slot *s, const char *why, struct transfer_result *r)
{
	const bool is_proxy = s->client->options.proxy != NULL;
	const long status = refused_by_proxy(s);
	long error = 0;

	curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &error);
	if (status != 0)
		snprintf(r->message, sizeof(r->message), "the proxy does not connect: status %ld",
			status);
	else if (error == 0 || is_proxy)
		snprintf(r->message, sizeof(r->message), "%s%s", is_proxy ? "the proxy: " : "",
			error == 0 ? why : strerror((int)error));
	else
		snprintf(r->message, sizeof(r->message), "cannot connect to %s port %u: %s",
			s->where->host, s->where->port, strerror((int)error));
}

static void
explain_tls(const char *why, struct transfer_result *r)
{
	/* OpenSSL's words for an answer that is no TLS. */
	if (strstr(why, "wrong version number") != NULL)
		why = "no TLS is spoken there: is the port that of http?";
	snprintf(r->message, sizeof(r->message), "%s", why);
}

static void
explain(const struct curl_slot *s, CURLcode code, struct transfer_result *r)
{
	const char *why = s->curl_error[0] != '\0' ? s->curl_error : curl_easy_strerror(code);

	if (r->error == TRANSFER_TLS &&
		curl_tls_is_mistake(s->tls, s->client->options.ca_file, code, why, r->message))
		r->fault = TRANSFER_MISTAKE;
	else if (is_shortage(s, code, r))
		r->fault = TRANSFER_SHORTAGE;
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
	else if (is_unended(code, r))
		snprintf(r->message, sizeof(r->message), TRANSFER_UNENDED " within %lld ms",
			took_ms(s));
	else if (r->error == TRANSFER_CONNECT)
		explain_connect(s, why, r);
	else if (r->error == TRANSFER_TLS)
		explain_tls(why, r);
	else if (r->error != TRANSFER_OK)
		snprintf(r->message, sizeof(r->message), "%s", why);
}

/* Take one that has waited for a descriptor for as long as it may. Returns whether there is one. */
static bool
take_starved(struct curl_client *t, struct transfer_result *r)
{
	struct curl_slot *s = first_starved(t);

	if (s == NULL || s->starve_until_ms > clock_ms())
		return false;
	*r = (struct transfer_result){.ctx = s->ctx, .fault = TRANSFER_SHORTAGE};
	tell_shortage(s, r);
	transfer_set_response(r, &s->response);
	end_slot(s);
	return true;
}

bool
curl_client_next(struct curl_client *t, struct transfer_result *r)
{
	struct curl_slot *s = NULL;
	CURLMsg *message;
	CURLcode code;
	int left;

	do
		if ((message = curl_multi_info_read(t->multi, &left)) == NULL)
			return take_starved(t, r);
	while (message->msg != CURLMSG_DONE);
	code = message->data.result;
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)(void *)&s);
	*r = (struct transfer_result){.ctx = s->ctx};
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &r->http_status);
	r->error = classify(s, code, r->http_status);
	explain(s, code, r);
	transfer_set_response(r, &s->response);
	end_slot(s);
	return true;
}
