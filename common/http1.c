#include "http1.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"
#include "header.h"
#include "http1_parser.h"
#include "list.h"
#include "timers.h"

#define HEAD_MAX ((size_t)2 * 1024 * 1024)
#define READ_SIZE 16384
#define IDLE_MAX_MS 60000 /* a connection that was not used for so long is not used again */

struct slot;

struct connection {
	struct link link; /* in idle, while slot is NULL */
	struct slot *slot;
	int fd;
	uint64_t key; /* of host and port, to look at first */
	char host[URL_HOST_MAX + 1];
	unsigned port;
	bool is_closing; /* the other side sends no more */
	int64_t idle_since_ms;
};

/* Where to connect to. */
union place {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

enum slot_state { SLOT_FREE, SLOT_CONNECTING, SLOT_OPEN, SLOT_ENDED };

/* A transfer. */
struct slot {
	struct link link; /* in free or ended */
	enum slot_state state;
	struct connection *connection;
	struct transfer_request request;
	union place places[TRANSFER_ADDRESSES_MAX];
	size_t nplaces, next_place;
	void *ctx;
	struct strbuf head;
	size_t sent; /* of head and body together */
	struct http1_parser parser;
	struct response response;
	struct timer timer;
	int64_t began_ms, until_ms, connect_until_ms;
	enum transfer_error error;
	char message[TRANSFER_ERROR_MAX];
};

struct http1 {
	struct transfer_options options;
	int epoll_fd;
	struct slot *slots;
	struct link free, ended;
	struct link idle;   /* connections, the one used last at the end */
	struct link closed; /* to be freed */
	size_t nconnections;
	struct timers timers;
};

/* ---- connections ---- */

static void
close_connection(struct http1 *h, struct connection *c)
{
	if (c == NULL)
		return;
	list_remove(&c->link);
	/* Events that were fetched already may still name it. */
	list_append(&h->closed, &c->link);
	close(c->fd);
	c->fd = -1;
	h->nconnections--;
}

static void
free_closed(struct http1 *h)
{
	struct link *link;

	while ((link = list_take(&h->closed)) != NULL)
		free(CONTAINER(link, struct connection, link));
}

static uint64_t
connection_key(const struct url *where)
{
	return hash_mix(hash_bytes(where->host, strlen(where->host)) ^ where->port);
}

/* Whether nothing has come on an idle connection, its end neither. */
static bool
is_quiet(const struct connection *c)
{
	char byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* The one to host and port of ${where} that was used last, or NULL. */
static struct connection *
take_idle(struct http1 *h, const struct url *where)
{
	const uint64_t key = connection_key(where);
	const int64_t now_ms = clock_ms();

	for (struct link *l = h->idle.prev, *prev; l != &h->idle; l = prev) {
		struct connection *c = CONTAINER(l, struct connection, link);

		prev = l->prev;
		/* Anyone can find names with one hash. */
		if (c->key != key || c->port != where->port || strcmp(c->host, where->host) != 0)
			continue;
		if (now_ms - c->idle_since_ms > IDLE_MAX_MS || !is_quiet(c)) {
			close_connection(h, c);
			continue;
		}
		list_remove(&c->link);
		return c;
	}
	return NULL;
}

static void
close_oldest_idle(struct http1 *h)
{
	if (!list_is_empty(&h->idle))
		close_connection(h, CONTAINER(h->idle.next, struct connection, link));
}

/* ---- the end of a transfer ---- */

/* ${s}, which is in no list, can be used again. Its head holds secrets. */
static void
free_slot(struct http1 *h, struct slot *s)
{
	strbuf_reset(&s->head);
	s->state = SLOT_FREE;
	list_append(&h->free, &s->link);
}

static void
end(struct http1 *h, struct slot *s, enum transfer_error error)
{
	struct connection *c = s->connection;

	timers_clear(&h->timers, &s->timer);
	s->error = error;
	s->state = SLOT_ENDED;
	s->connection = NULL;
	list_append(&h->ended, &s->link);
	if (c == NULL)
		return;
	c->slot = NULL;
	if (s->parser.state == HTTP1_DONE && s->parser.keep_alive && !c->is_closing &&
		s->sent == s->head.len + s->request.len) {
		c->idle_since_ms = clock_ms();
		list_append(&h->idle, &c->link);
	} else {
		close_connection(h, c);
	}
}

static void
end_with(struct http1 *h, struct slot *s, enum transfer_error error, const char *message)
{
	snprintf(s->message, sizeof(s->message), "%s", message);
	end(h, s, error);
}

/* The parser says that the response has ended, one way or the other. */
static void
end_response(struct http1 *h, struct slot *s)
{
	const long status = s->parser.status;

	if (s->parser.state == HTTP1_FAILED) {
		if (s->parser.error != NULL)
			snprintf(s->message, sizeof(s->message), "%s", s->parser.error);
		else
			snprintf(s->message, sizeof(s->message),
				"the response has more than %d bytes of headers",
				RESPONSE_HEADERS_MAX);
		end(h, s, TRANSFER_RESET);
		return;
	}
	transfer_status_message(status, s->message);
	end(h, s, status >= 200 && status < 300 ? TRANSFER_OK : TRANSFER_HTTP);
}

/* ---- sending and receiving ---- */

/* Returns 0, or -1 if the connection takes no more. */
static int
send_some(struct slot *s)
{
	const size_t total = s->head.len + s->request.len;

	while (s->sent < total) {
		struct iovec parts[2];
		struct msghdr message = {.msg_iov = parts};
		ssize_t n;

		if (s->sent < s->head.len)
			parts[message.msg_iovlen++] =
				(struct iovec){s->head.buf + s->sent, s->head.len - s->sent};
		if (s->request.len > 0) {
			const size_t from = s->sent > s->head.len ? s->sent - s->head.len : 0;

			parts[message.msg_iovlen++] = (struct iovec){
				(char *)(uintptr_t)s->request.body + from, s->request.len - from};
		}
		n = sendmsg(s->connection->fd, &message, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		s->sent += (size_t)n;
	}
	return 0;
}

/* Read what is there. Edges tell of more. */
static void
receive(struct http1 *h, struct slot *s)
{
	char data[READ_SIZE];

	for (;;) {
		ssize_t n = recv(s->connection->fd, data, sizeof(data), 0);

		if (n > 0) {
			http1_parser_feed(&s->parser, data, (size_t)n);
		} else if (n == 0) {
			http1_parser_end(&s->parser);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		} else if (errno != EINTR) {
			snprintf(s->message, sizeof(s->message), "the connection broke: %s",
				strerror(errno));
			s->parser.state = HTTP1_FAILED;
			end(h, s, TRANSFER_RESET);
			return;
		}
		if (s->parser.state == HTTP1_DONE || s->parser.state == HTTP1_FAILED) {
			end_response(h, s);
			return;
		}
		/* Less than there was room for is all there was, unless the end comes too. */
		if (n > 0 && (size_t)n < sizeof(data) && !s->connection->is_closing)
			return;
	}
}

static void
exchange(struct http1 *h, struct slot *s)
{
	const int broken = send_some(s);

	/* An answer may have come before the connection broke. */
	receive(h, s);
	if (broken == 0 || s->state != SLOT_OPEN)
		return;
	s->parser.state = HTTP1_FAILED;
	snprintf(s->message, sizeof(s->message), "the connection broke while the request was sent");
	end(h, s, TRANSFER_RESET);
}

/* ---- connecting ---- */

/* A socket; where descriptors are short, in place of a connection that is not in use. */
static int
open_socket(struct http1 *h, int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE) && !list_is_empty(&h->idle)) {
		close_oldest_idle(h);
		fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	return fd;
}

/* Begin to connect to ${to}. Returns 0, or -1 with errno set. */
static int
begin_connection(struct http1 *h, struct slot *s, const union place *to)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
	const socklen_t len = to->any.sa_family == AF_INET6 ? sizeof(to->in6) : sizeof(to->in);
	const int on = 1;
	int error;

	if (c == NULL)
		return -1;
	list_init(&c->link);
	c->slot = s;
	c->key = connection_key(s->request.where);
	c->port = s->request.where->port;
	memcpy(c->host, s->request.where->host, strlen(s->request.where->host) + 1);
	event.data.ptr = c;
	if (h->nconnections >= h->options.jobs)
		close_oldest_idle(h);
	c->fd = open_socket(h, to->any.sa_family);
	if (c->fd < 0) {
		error = errno;
		free(c);
		errno = error;
		return -1;
	}
	h->nconnections++;
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if ((connect(c->fd, &to->any, len) != 0 && errno != EINPROGRESS) ||
		epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) != 0) {
		error = errno;
		close_connection(h, c);
		errno = error;
		return -1;
	}
	s->connection = c;
	return 0;
}

/* Connect to the next address that takes it; ${error} is why the last one did not, or 0. */
static void
connect_next(struct http1 *h, struct slot *s, int error)
{
	const int64_t now_ms = clock_ms();

	close_connection(h, s->connection);
	s->connection = NULL;
	while (s->next_place < s->nplaces) {
		const union place *to = &s->places[s->next_place];
		const int64_t left = (int64_t)(s->nplaces - s->next_place++);
		int64_t share_ms = (s->connect_until_ms - now_ms) / left;

		/* The last word on where a connection goes. */
		if (!policy_check_address(h->options.policy, s->request.where, &to->any,
			    s->message)) {
			end(h, s, TRANSFER_DENIED);
			return;
		}
		if (begin_connection(h, s, to) == 0) {
			s->state = SLOT_CONNECTING;
			timers_set(&h->timers, &s->timer, now_ms + (share_ms > 1 ? share_ms : 1));
			return;
		}
		error = errno;
	}
	snprintf(s->message, sizeof(s->message), "cannot connect to %s port %u: %s",
		s->request.where->host, s->request.where->port, strerror(error));
	end(h, s, error == ETIMEDOUT ? TRANSFER_TIMEOUT : TRANSFER_CONNECT);
}

static void
begin_exchange(struct http1 *h, struct slot *s)
{
	s->state = SLOT_OPEN;
	s->connection->slot = s;
	timers_set(&h->timers, &s->timer, s->until_ms);
	if (send_some(s) != 0)
		exchange(h, s);
}

/* Something happened to a connection that is coming about. */
static void
connected(struct http1 *h, struct slot *s)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(s->connection->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0) {
		connect_next(h, s, error);
		return;
	}
	begin_exchange(h, s);
}

/* ---- the request ---- */

/* What stands in the request line: path and query as they are in the URL. */
static const char *
target_of(const char *url)
{
	const char *authority = strstr(url, "://");

	authority = authority != NULL ? authority + 3 : url;
	return authority + strcspn(authority, "/?#");
}

static void
add_header(struct strbuf *head, const char *line)
{
	const size_t len = strlen(line);

	/* A name and ";" is a header without a value. */
	if (len > 0 && line[len - 1] == ';' && memchr(line, ':', len) == NULL) {
		strbuf_add(head, line, len - 1);
		strbuf_lit(head, ":\r\n");
		return;
	}
	strbuf_add(head, line, len);
	strbuf_lit(head, "\r\n");
}

static bool
has_header(const struct transfer_request *r, const char *name)
{
	for (size_t i = 0; i < r->nheaders; i++)
		if (header_is(r->headers[i], strcspn(r->headers[i], ":;"), name))
			return true;
	return false;
}

static int
build_head(struct slot *s)
{
	const struct transfer_request *r = &s->request;
	const bool brackets = strchr(r->where->host, ':') != NULL;
	const char *target = target_of(r->url);
	struct strbuf *head = &s->head;

	strbuf_reset(head);
	strbuf_lit(head, "POST ");
	if (*target != '/')
		strbuf_addc(head, '/');
	strbuf_add(head, target, strcspn(target, "#"));
	strbuf_printf(head, " HTTP/1.1\r\nHost: %s%s%s", brackets ? "[" : "", r->where->host,
		brackets ? "]" : "");
	if (r->where->port != 80)
		strbuf_printf(head, ":%u", r->where->port);
	strbuf_lit(head, "\r\n");
	if (!has_header(r, "Accept"))
		strbuf_lit(head, "Accept: */*\r\n");
	for (size_t i = 0; i < r->nheaders; i++)
		add_header(head, r->headers[i]);
	strbuf_printf(head, "Content-Length: %zu\r\n\r\n", r->len);
	return strbuf_failed(head) ? -1 : 0;
}

static void
add_place(struct slot *s, const struct sockaddr_storage *address)
{
	union place *place = &s->places[s->nplaces++];
	const in_port_t port = htons((uint16_t)s->request.where->port);

	memcpy(place, address, sizeof(*place));
	if (place->any.sa_family == AF_INET6)
		place->in6.sin6_port = port;
	else
		place->in.sin_port = port;
}

/* Who looked them up keeps them for the call alone. */
static void
copy_addresses(struct slot *s)
{
	const struct transfer_request *r = &s->request;
	struct sockaddr_storage literal;

	s->nplaces = s->next_place = 0;
	for (size_t i = 0; i < r->naddresses && i < TRANSFER_ADDRESSES_MAX; i++)
		add_place(s, &r->addresses[i]);
	if (r->naddresses == 0 && address_parse(r->where->host, &literal) == 0)
		add_place(s, &literal);
	s->request.addresses = NULL;
}

int
http1_start(struct http1 *h, const struct transfer_request *request, void *ctx)
{
	struct link *link = list_take(&h->free);
	struct slot *s;

	if (link == NULL)
		return -1;
	s = CONTAINER(link, struct slot, link);
	s->request = *request;
	s->ctx = ctx;
	s->sent = 0;
	s->message[0] = '\0';
	s->began_ms = clock_ms();
	s->until_ms = s->began_ms + (int64_t)request->timeout_ms;
	s->connect_until_ms = s->began_ms + (int64_t)h->options.connect_timeout_ms;
	if (s->connect_until_ms > s->until_ms)
		s->connect_until_ms = s->until_ms;
	response_begin(&s->response, request->response_max,
		request->read_max != 0 ? request->read_max : TRANSFER_READ_MAX);
	http1_parser_begin(&s->parser, &s->response);
	if (build_head(s) != 0) {
		free_slot(h, s);
		return -1;
	}
	if ((s->connection = take_idle(h, request->where)) != NULL) {
		begin_exchange(h, s);
		return 0;
	}
	copy_addresses(s);
	connect_next(h, s, EINVAL);
	return 0;
}

bool
http1_cancel(struct http1 *h, const void *ctx)
{
	for (size_t i = 0; i < h->options.jobs; i++) {
		struct slot *s = &h->slots[i];

		if (s->state == SLOT_FREE || s->ctx != ctx)
			continue;
		if (s->state != SLOT_ENDED)
			end(h, s, TRANSFER_TIMEOUT);
		list_remove(&s->link);
		free_slot(h, s);
		return true;
	}
	return false;
}

/* ---- the loop ---- */

int
http1_fd(const struct http1 *h)
{
	return h->epoll_fd;
}

int64_t
http1_next_ms(const struct http1 *h)
{
	const struct timer *timer = timers_first(&h->timers);

	if (!list_is_empty(&h->ended))
		return 0;
	return timer != NULL ? timer->at_ms : -1;
}

/* The time of a transfer is over, or of one of its addresses. */
static void
take_timer(struct http1 *h, struct slot *s, int64_t now_ms)
{
	char message[128];

	timers_clear(&h->timers, &s->timer);
	if (s->state == SLOT_CONNECTING && s->next_place < s->nplaces &&
		now_ms < s->connect_until_ms) {
		connect_next(h, s, ETIMEDOUT);
		return;
	}
	snprintf(message, sizeof(message), "%s within %lld ms",
		s->state == SLOT_CONNECTING ? "no connection" : "no answer",
		(long long)(now_ms - s->began_ms));
	s->parser.state = HTTP1_FAILED;
	end_with(h, s, TRANSFER_TIMEOUT, message);
}

static void
take_event(struct http1 *h, struct connection *c, uint32_t events)
{
	struct slot *s = c->slot;

	if (c->fd < 0)
		return;
	c->is_closing |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
	if (s == NULL) {
		/* Nothing is to be said on a connection without a request. */
		if (c->is_closing || events & EPOLLIN)
			close_connection(h, c);
	} else if (s->state == SLOT_CONNECTING) {
		connected(h, s);
		/* What came together with the connection is not told of again. */
		if (s->state == SLOT_OPEN && s->connection == c && events & (EPOLLIN | EPOLLRDHUP))
			receive(h, s);
	} else {
		exchange(h, s);
	}
}

int
http1_run(struct http1 *h)
{
	struct epoll_event events[64];
	struct timer *timer;
	int64_t now_ms;
	int n;

	do
		n = epoll_wait(h->epoll_fd, events, 64, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++)
		take_event(h, events[i].data.ptr, events[i].events);
	free_closed(h);
	now_ms = clock_ms();
	while ((timer = timers_first(&h->timers)) != NULL && timer->at_ms <= now_ms)
		take_timer(h, CONTAINER(timer, struct slot, timer), now_ms);
	return 0;
}

bool
http1_next(struct http1 *h, struct transfer_result *r)
{
	struct link *link = list_take(&h->ended);
	struct slot *s;

	if (link == NULL)
		return false;
	s = CONTAINER(link, struct slot, link);
	r->ctx = s->ctx;
	r->error = s->error;
	memcpy(r->message, s->message, strlen(s->message) + 1);
	r->fault = TRANSFER_THEIRS;
	r->http_status = s->parser.status;
	memcpy(r->retry_after, s->response.retry_after, sizeof(r->retry_after));
	r->response = &s->response.body;
	r->truncated = response_is_cut(&s->response);
	free_slot(h, s);
	return true;
}

/* ---- all of it ---- */

struct http1 *
http1_new(const struct transfer_options *options)
{
	struct http1 *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->options = *options;
	list_init(&h->free);
	list_init(&h->ended);
	list_init(&h->idle);
	list_init(&h->closed);
	timers_init(&h->timers);
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	h->slots = calloc(options->jobs, sizeof(*h->slots));
	if (h->epoll_fd < 0 || h->slots == NULL || timers_reserve(&h->timers, options->jobs) != 0) {
		http1_free(h);
		return NULL;
	}
	for (size_t i = 0; i < options->jobs; i++) {
		struct slot *s = &h->slots[i];

		strbuf_init_secret(&s->head, HEAD_MAX);
		response_init(&s->response);
		list_append(&h->free, &s->link);
	}
	return h;
}

void
http1_free(struct http1 *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; h->slots != NULL && i < h->options.jobs; i++) {
		close_connection(h, h->slots[i].connection);
		strbuf_release(&h->slots[i].head);
		response_release(&h->slots[i].response);
	}
	while (!list_is_empty(&h->idle))
		close_oldest_idle(h);
	free_closed(h);
	timers_release(&h->timers);
	if (h->epoll_fd >= 0)
		close(h->epoll_fd);
	free(h->slots);
	free(h);
}
