#include "http1_pool.h"
#include "http1.h"

#if HTTP1_IS_BUILT

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"
#include "shortage.h"

#define EVENTS_MAX 64     /* that are fetched at a time */
#define IDLE_MAX_MS 60000 /* a connection that was not used for so long is not used again */

void
http1_address_set(union http1_address *to, const struct sockaddr_storage *address, unsigned port)
{
	memcpy(to, address, sizeof(*to));
	if (to->any.sa_family == AF_INET6)
		to->in6.sin6_port = htons((uint16_t)port);
	else
		to->in.sin_port = htons((uint16_t)port);
}

void
http1_pool_close(struct http1_pool *p, struct http1_connection *c)
{
	if (c == NULL)
		return;
	list_remove(&c->link);
	/* Events that were fetched already may still name it. */
	list_append(&p->closed, &c->link);
	close(c->fd);
	c->fd = -1;
	p->n--;
}

/* Free what was closed; no event names it any more. */
static void
sweep(struct http1_pool *p)
{
	struct link *link;

	while ((link = list_take(&p->closed)) != NULL)
		free(CONTAINER(link, struct http1_connection, link));
}

static uint64_t
connection_key(const struct url *where)
{
	return hash_mix(hash_bytes(where->host, strlen(where->host)) ^ where->port);
}

/*
 * Whether nothing has come on an idle connection, its end neither. That takes a system call, which
 * is left out where it is as good as known: in the turn in which its last answer was read, and if
 * the other side has kept it open behind an answer before.
 */
static bool
is_quiet(const struct http1_pool *p, const struct http1_connection *c)
{
	char byte;

	if (c->is_kept && c->idle_turn == p->turn && !p->is_wary)
		return true;
	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

struct http1_connection *
http1_pool_take(struct http1_pool *p, const struct url *where, void *owner)
{
	const uint64_t key = connection_key(where);
	const int64_t now_ms = clock_ms();

	for (struct link *l = p->idle.prev, *prev; l != &p->idle; l = prev) {
		struct http1_connection *c = CONTAINER(l, struct http1_connection, link);

		prev = l->prev;
		/* Anyone can find names with one hash. */
		if (c->key != key || c->port != where->port || strcmp(c->host, where->host) != 0)
			continue;
		if (now_ms - c->idle_since_ms > IDLE_MAX_MS || !is_quiet(p, c)) {
			http1_pool_close(p, c);
			continue;
		}
		list_remove(&c->link);
		c->owner = owner;
		return c;
	}
	return NULL;
}

static void
close_oldest_idle(struct http1_pool *p)
{
	if (!list_is_empty(&p->idle))
		http1_pool_close(p, CONTAINER(p->idle.next, struct http1_connection, link));
}

/* A socket; where descriptors are short, in place of connections that are not in use. */
static int
open_socket(struct http1_pool *p, int family)
{
	for (;;) {
		int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

		if (fd >= 0 && (p->n == 0 || !shortage_is_near(fd)))
			return fd;
		error = fd < 0 ? errno : EMFILE;
		if (fd >= 0)
			close(fd);
		if (!shortage_is(error) || list_is_empty(&p->idle)) {
			errno = error;
			return -1;
		}
		close_oldest_idle(p);
	}
}

struct http1_connection *
http1_pool_open(struct http1_pool *p, const struct url *where, const union http1_address *to,
	void *owner)
{
	struct http1_connection *c = calloc(1, sizeof(*c));
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
	const socklen_t len = to->any.sa_family == AF_INET6 ? sizeof(to->in6) : sizeof(to->in);
	const int on = 1;
	int error;

	if (c == NULL)
		return NULL;
	list_init(&c->link);
	c->owner = owner;
	c->key = connection_key(where);
	c->port = where->port;
	memcpy(c->host, where->host, strlen(where->host) + 1);
	event.data.ptr = c;
	if (p->n >= p->max)
		close_oldest_idle(p);
	c->fd = open_socket(p, to->any.sa_family);
	if (c->fd < 0) {
		error = errno;
		free(c);
		errno = error;
		return NULL;
	}
	p->n++;
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if ((connect(c->fd, &to->any, len) != 0 && errno != EINPROGRESS) ||
		epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) != 0) {
		error = errno;
		http1_pool_close(p, c);
		errno = error;
		return NULL;
	}
	return c;
}

void
http1_pool_keep(struct http1_pool *p, struct http1_connection *c)
{
	c->owner = NULL;
	c->idle_since_ms = clock_ms();
	c->idle_turn = p->turn;
	c->is_kept = c->is_used;
	c->is_used = true;
	list_append(&p->idle, &c->link);
}

int
http1_pool_events(struct http1_pool *p, http1_pool_take_event *take, void *ctx)
{
	struct epoll_event events[EVENTS_MAX];
	const size_t all = p->n;
	size_t taken = 0;
	int n;

	/* They come in the order in which they happened, so those of later do not keep us here. */
	do {
		n = epoll_wait(p->epoll_fd, events, EVENTS_MAX, 0);
		for (int i = 0; i < n; i++) {
			struct http1_connection *c = events[i].data.ptr;

			if (c->fd >= 0)
				take(ctx, c, events[i].events);
		}
		taken += n > 0 ? (size_t)n : 0;
	} while (n < 0 ? errno == EINTR : n == EVENTS_MAX && taken < all);
	sweep(p);
	return n < 0 ? -1 : 0;
}

int
http1_pool_init(struct http1_pool *p, size_t max)
{
	*p = (struct http1_pool){.max = max};
	list_init(&p->idle);
	list_init(&p->closed);
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return p->epoll_fd < 0 ? -1 : 0;
}

void
http1_pool_release(struct http1_pool *p)
{
	while (!list_is_empty(&p->idle))
		close_oldest_idle(p);
	sweep(p);
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
}

#endif
