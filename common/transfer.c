#include "transfer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "curl_client.h"
#include "http1.h"

#define KEPT_MAX ((size_t)64 * 1024) /* bytes of a response's buffer that is used again */

struct transfers {
	struct transfer_options options;
	struct http1 *http1;
	struct curl_client *curl; /* NULL until the first request that needs it */
	struct strbuf *told;      /* the response that was handed out last, or NULL */
};

const char *
transfer_error_name(enum transfer_error error)
{
	static const char *const names[] = {NULL, "denied", "dns", "connect", "tls", "timeout",
		"reset", "http", "secret", "rejected"};

	return names[error];
}

/* 304 says that nothing has changed, and 305 and 306 are of the past. */
static bool
is_redirect(long status)
{
	return (status >= 300 && status <= 303) || status == 307 || status == 308;
}

void
transfer_status_message(long status, char out[TRANSFER_ERROR_MAX])
{
	out[0] = '\0';
	if (status < 200 || status >= 300)
		snprintf(out, TRANSFER_ERROR_MAX, "status %ld%s", status,
			is_redirect(status) ? "; redirects are not followed" : "");
}

void
transfer_set_response(struct transfer_result *result, struct response *response)
{
	memcpy(result->retry_after, response->retry_after, sizeof(result->retry_after));
	memcpy(result->date, response->date, sizeof(result->date));
	result->response = &response->body;
	result->truncated = response_is_cut(response);
	result->has_head = response->has_head;
	if (result->error != TRANSFER_OK || !response_is_lost(response))
		return;
	result->error = TRANSFER_RESET;
	result->fault = TRANSFER_SHORTAGE;
	snprintf(result->message, sizeof(result->message), "out of memory for the response");
}

struct transfers *
transfers_new(const struct transfer_options *options)
{
	struct transfers *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	/*
	 * libcurl would write the keys of TLS sessions to a file, which opens all secrets. Here,
	 * before there are threads.
	 */
	unsetenv("SSLKEYLOGFILE");
	t->options = *options;
	if (!HTTP1_IS_BUILT || (t->http1 = http1_new(options)) != NULL)
		return t;
	free(t);
	return NULL;
}

void
transfers_free(struct transfers *t)
{
	if (t == NULL)
		return;
	http1_free(t->http1);
	curl_client_free(t->curl);
	free(t);
}

/* The response that was handed out last is not valid any more. Each place would keep a long one. */
static void
let_go(struct transfers *t)
{
	if (t->told != NULL && t->told->size > KEPT_MAX)
		strbuf_release(t->told);
	t->told = NULL;
}

int
transfer_start(struct transfers *t, const struct transfer_request *request, void *ctx)
{
	let_go(t);
	if (HTTP1_IS_BUILT && !request->where->https && t->options.proxy == NULL)
		return http1_start(t->http1, request, ctx);
	if (t->curl == NULL && (t->curl = curl_client_new(&t->options)) == NULL)
		return -1;
	return curl_client_start(t->curl, request, ctx);
}

void
transfer_cancel(struct transfers *t, const void *ctx)
{
	if (!http1_cancel(t->http1, ctx) && t->curl != NULL)
		(void)curl_client_cancel(t->curl, ctx);
}

/* The earlier of two times, of which -1 is never. */
static int
earlier_ms(int timeout_ms, int64_t at_ms)
{
	int64_t left_ms;

	if (at_ms < 0)
		return timeout_ms;
	left_ms = at_ms - clock_ms();
	left_ms = left_ms < 0 || at_ms == 0 ? 0 : left_ms > INT_MAX ? INT_MAX : left_ms;
	return timeout_ms < 0 || left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

int
transfers_wait(struct transfers *t, struct pollfd *fds, size_t nfds, int timeout_ms)
{
	struct pollfd all[TRANSFER_FDS_MAX + 1];
	int status;

	if (nfds > TRANSFER_FDS_MAX)
		return -1;
	if (nfds > 0)
		memcpy(all, fds, nfds * sizeof(*fds));
	all[nfds] = (struct pollfd){.fd = http1_fd(t->http1), .events = POLLIN};
	timeout_ms = earlier_ms(timeout_ms, http1_next_ms(t->http1));
	if (t->curl != NULL && !curl_client_is_idle(t->curl)) {
		timeout_ms = earlier_ms(timeout_ms, curl_client_next_ms(t->curl));
		status = curl_client_wait(t->curl, all, nfds + 1, timeout_ms);
	} else {
		do
			status = poll(all, nfds + 1, timeout_ms);
		while (status < 0 && errno == EINTR);
	}
	if (status < 0)
		return -1;
	if (nfds > 0)
		memcpy(fds, all, nfds * sizeof(*fds));
	return http1_run(t->http1, all[nfds].revents != 0);
}

bool
transfers_next(struct transfers *t, struct transfer_result *result)
{
	let_go(t);
	if (!http1_next(t->http1, result) &&
		(t->curl == NULL || !curl_client_next(t->curl, result)))
		return false;
	t->told = result->response;
	return true;
}
