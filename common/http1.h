/*
 * http1 - POSTs over HTTP/1.1 without TLS, side by side, over connections that are kept.
 *
 * Beside libcurl, because plain HTTP within a machine or cluster is where the sender itself is
 * what limits: libcurl takes twice the time for each request (`make bench`). What has to do with
 * TLS, HTTP/2 and proxies stays with libcurl.
 */
#ifndef WB_HTTP1_H
#define WB_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "portable.h"
#include "transfer.h"

struct http1;

/* It stands on epoll(7); where there is none, libcurl does all. */
#define HTTP1_IS_BUILT PORTABLE_LINUX
#if HTTP1_IS_BUILT

/**
 * http1_new(options):
 * Borrows what ${options} points to. NULL with errno set when memory or descriptors run out.
 */
struct http1 *http1_new(const struct transfer_options *options);

/**
 * http1_free(h):
 * Break off what is under way and close all connections; NULL is fine.
 */
void http1_free(struct http1 *h);

/**
 * http1_start(h, request, ctx):
 * Start one; there must be fewer than ${options}.jobs under way. Returns 0, or -1 when
 * memory runs out. How it fails otherwise, http1_next says.
 */
int http1_start(struct http1 *h, const struct transfer_request *request, void *ctx);

/**
 * http1_cancel(h, ctx):
 * Break off the transfer that was started with ${ctx}. Returns whether there was one.
 */
bool http1_cancel(struct http1 *h, const void *ctx);

/**
 * http1_fd(h):
 * A descriptor, for poll(2) only, that is readable when http1_run has something to do.
 */
int http1_fd(const struct http1 *h);

/**
 * http1_next_ms(h):
 * When http1_run has something to do in any case, by clock_ms(); -1: never, 0: at once.
 */
int64_t http1_next_ms(const struct http1 *h);

/**
 * http1_run(h, is_readable):
 * Move data, if http1_fd ${is_readable}, and end what takes too long. Never blocks. Returns 0, or
 * -1 with errno set.
 */
int http1_run(struct http1 *h, bool is_readable);

/**
 * http1_next(h, result):
 * As transfers_next.
 */
bool http1_next(struct http1 *h, struct transfer_result *result);

#else

/* Of none: nothing comes, and nothing is to be done. */
static inline struct http1 *
http1_new(const struct transfer_options *options)
{
	(void)options;
	return NULL;
}

static inline void
http1_free(struct http1 *h)
{
	(void)h;
}

static inline int
http1_start(struct http1 *h, const struct transfer_request *request, void *ctx)
{
	(void)h, (void)request, (void)ctx;
	return -1;
}

static inline bool
http1_cancel(struct http1 *h, const void *ctx)
{
	(void)h, (void)ctx;
	return false;
}

static inline int
http1_fd(const struct http1 *h)
{
	(void)h;
	return -1;
}

static inline int64_t
http1_next_ms(const struct http1 *h)
{
	(void)h;
	return -1;
}

static inline int
http1_run(struct http1 *h, bool is_readable)
{
	(void)h, (void)is_readable;
	return 0;
}

static inline bool
http1_next(struct http1 *h, struct transfer_result *result)
{
	(void)h, (void)result;
	return false;
}

#endif
#endif
