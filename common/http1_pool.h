/*
 * http1_pool - connections over TCP, kept for the next request, with one epoll for all of them.
 *
 * Whoever uses a connection owns it between http1_pool_open or _take and http1_pool_keep or _close.
 * Memory of closed ones is freed by http1_pool_events alone, since events that were fetched already
 * may still name them.
 */
#ifndef WB_HTTP1_POOL_H
#define WB_HTTP1_POOL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "list.h"
#include "url.h"

/* Where to connect to. */
union http1_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/**
 * http1_address_set(to, address, port):
 * Make ${to} ${port} of ${address}, which is of IPv4 or IPv6.
 */
void http1_address_set(union http1_address *to, const struct sockaddr_storage *address,
	unsigned port);

struct http1_connection {
	struct link link; /* in idle or closed */
	void *owner;      /* the user's; NULL while it is idle */
	int fd;           /* -1: closed */
	uint64_t key;     /* of host and port, to look at first */
	char host[URL_HOST_MAX + 1];
	unsigned port;
	bool is_closing; /* the other side sends no more */
	bool is_used;    /* the other side has answered */
	bool is_kept;    /* and once more */
	int64_t idle_since_ms;
	uint64_t idle_turn;
};

struct http1_pool {
	int epoll_fd;
	size_t max, n;      /* connections, idle ones included */
	struct link idle;   /* the one used last at the end */
	struct link closed; /* to be freed */
	uint64_t turn;      /* the user's: one more each time it looks for events */
	bool is_wary;       /* the user's: a kept connection has ended without an answer */
};

/**
 * http1_pool_init(p, max), http1_pool_release(p):
 * At most ${max} connections are open as long as no more are in use. Returns 0, or -1 with errno
 * set, when releasing is still fine. Connections in use are the user's to close, before.
 */
int http1_pool_init(struct http1_pool *p, size_t max);
void http1_pool_release(struct http1_pool *p);

/**
 * http1_pool_open(p, where, to, owner):
 * Begin to connect to ${to}, an address of the host of ${where}. Where descriptors are short, idle
 * connections make room. Edges come for reading, writing and the end, with the connection as data.
 * Returns NULL with errno set when it fails at once.
 */
struct http1_connection *http1_pool_open(struct http1_pool *p, const struct url *where,
	const union http1_address *to, void *owner);

/**
 * http1_pool_take(p, where, owner):
 * The idle connection to host and port of ${where} that was used last, or NULL. Nothing has come on
 * it, its end neither, as far as that can be known.
 */
struct http1_connection *http1_pool_take(struct http1_pool *p, const struct url *where,
	void *owner);

/**
 * http1_pool_keep(p, c), http1_pool_close(p, c):
 * ${c}, on which a request was answered to the end, is idle from now on; or is closed, idle or not.
 * Closing NULL is fine.
 */
void http1_pool_keep(struct http1_pool *p, struct http1_connection *c);
void http1_pool_close(struct http1_pool *p, struct http1_connection *c);

/**
 * http1_pool_events(p, take, ctx):
 * Call ${take} with ${ctx} for all that has happened to connections before this call, with the
 * events of epoll(7); what happens meanwhile may come too. Never blocks. Returns 0, or -1 with
 * errno set.
 */
typedef void http1_pool_take_event(void *ctx, struct http1_connection *c, uint32_t events);
int http1_pool_events(struct http1_pool *p, http1_pool_take_event *take, void *ctx);

#endif
