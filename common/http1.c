#include "http1.h"

#if HTTP1_IS_BUILT

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"
#include "http1_exchange.h"
#include "http1_pool.h"
#include "list.h"
#include "shortage.h"
#include "timers.h"

enum slot_state { SLOT_FREE, SLOT_STARVED, SLOT_CONNECTING, SLOT_OPEN, SLOT_ENDED };

/* A transfer. */
struct slot {
	struct link link; /* in free, starved or ended */
	enum slot_state state;
	struct http1_connection *connection;
	struct transfer_request request;
	union http1_address places[TRANSFER_ADDRESSES_MAX];
	size_t nplaces, next_place;
	void *ctx;
	struct http1_exchange exchange;
	struct timer timer;
	int64_t began_ms, until_ms, connect_until_ms, starve_until_ms;
	enum transfer_error error;
	enum transfer_fault fault;
	int shortage; /* why it is starved: an errno */
	char message[TRANSFER_ERROR_MAX];
};

struct http1 {
	struct transfer_options options;
	struct http1_pool pool;
	struct slot *slots;
	struct link free, ended;
	struct link starved; /* without a connection until another one ends */
	struct timers timers;
};

/* ---- the end of a transfer ---- */

/* ${s}, which is in no list, can be used again. Its head holds secrets. */
static void
free_slot(struct http1 *h, struct slot *s)
{
	strbuf_reset(&s->exchange.head);
	s->state = SLOT_FREE;
	list_append(&h->free, &s->link);
}

static void
end(struct http1 *h, struct slot *s, enum transfer_error error)
{
	struct http1_connection *c = s->connection;

	timers_clear(&h->timers, &s->timer);
	s->error = error;
	s->state = SLOT_ENDED;
	s->connection = NULL;
	list_remove(&s->link);
	list_append(&h->ended, &s->link);
	if (c == NULL)
		return;
	h->pool.is_wary |=
		c->is_used && error == TRANSFER_RESET && s->exchange.response.head_bytes == 0;
	if (http1_exchange_is_whole(&s->exchange) && !c->is_closing)
		http1_pool_keep(&h->pool, c);
	else
		http1_pool_close(&h->pool, c);
}

static void
end_with(struct http1 *h, struct slot *s, enum transfer_error error, const char *message)
{
	snprintf(s->message, sizeof(s->message), "%s", message);
	end(h, s, error);
}

/* ---- sending and receiving ---- */

static void
receive(struct http1 *h, struct slot *s)
{
	const struct http1_connection *c = s->connection;

	if (http1_exchange_receive(&s->exchange, c->fd, c->is_closing) != 0) {
		snprintf(s->message, sizeof(s->message), "the connection broke: %s",
			strerror(errno));
		s->exchange.parser.state = HTTP1_FAILED;
		end(h, s, TRANSFER_RESET);
	} else if (http1_exchange_has_ended(&s->exchange)) {
		end(h, s, http1_exchange_outcome(&s->exchange, s->message));
	}
}

/* Send on, but not when it is too late for an answer: the receiver would act on it all the same. */
static int
send_some(struct slot *s)
{
	return clock_ms() < s->until_ms ? http1_exchange_send(&s->exchange, s->connection->fd) : 0;
}

static void
exchange(struct http1 *h, struct slot *s)
{
	const int broken = send_some(s);

	/* An answer may have come before the connection broke. */
	receive(h, s);
	if (broken == 0 || s->state != SLOT_OPEN)
		return;
	s->exchange.parser.state = HTTP1_FAILED;
	end_with(h, s, TRANSFER_RESET, "the connection broke while the request was sent");
}

/* ---- connecting ---- */

static void
end_starved(struct http1 *h, struct slot *s)
{
	s->fault = TRANSFER_SHORTAGE;
	snprintf(s->message, sizeof(s->message), "cannot connect to %s port %u: %s; %s",
		s->request.where->host, s->request.where->port, strerror(s->shortage),
		SHORTAGE_ADVICE);
	end(h, s, TRANSFER_CONNECT);
}

/* Wait for a connection that is in use to end, if there is one. */
static void
starve(struct http1 *h, struct slot *s, int error)
{
	s->shortage = error;
	if (h->pool.n == 0 || !list_is_empty(&h->pool.idle)) {
		end_starved(h, s);
		return;
	}
	s->state = SLOT_STARVED;
	list_append(&h->starved, &s->link);
	timers_set(&h->timers, &s->timer, s->starve_until_ms);
}

/* Connect to the next address that takes it; ${error} is why the last one did not, or 0. */
static void
connect_next(struct http1 *h, struct slot *s, int error)
{
	const int64_t now_ms = clock_ms();

	http1_pool_close(&h->pool, s->connection);
	s->connection = NULL;
	while (s->next_place < s->nplaces) {
		const union http1_address *to = &s->places[s->next_place];
		const int64_t left = (int64_t)(s->nplaces - s->next_place++);
		int64_t share_ms = (s->connect_until_ms - now_ms) / left;

		/* The last word on where a connection goes. */
		if (!policy_check_address(h->options.policy, s->request.where, &to->any,
			    s->message)) {
			end(h, s, TRANSFER_DENIED);
			return;
		}
		s->connection = http1_pool_open(&h->pool, s->request.where, to, s);
		if (s->connection != NULL) {
			s->state = SLOT_CONNECTING;
			timers_set(&h->timers, &s->timer, now_ms + (share_ms > 1 ? share_ms : 1));
			return;
		}
		error = errno;
		if (shortage_is(error)) {
			s->next_place--;
			starve(h, s, error);
			return;
		}
	}
	snprintf(s->message, sizeof(s->message), "cannot connect to %s port %u: %s",
		s->request.where->host, s->request.where->port, strerror(error));
	end(h, s, error == ETIMEDOUT ? TRANSFER_TIMEOUT : TRANSFER_CONNECT);
}

static void
begin_exchange(struct http1 *h, struct slot *s)
{
	s->state = SLOT_OPEN;
	timers_set(&h->timers, &s->timer, s->until_ms);
	if (send_some(s) != 0)
		exchange(h, s);
}

/* Send the request over a connection that is there. Returns whether there is one. */
static bool
use_idle(struct http1 *h, struct slot *s)
{
	if ((s->connection = http1_pool_take(&h->pool, s->request.where, s)) == NULL)
		return false;
	begin_exchange(h, s);
	return true;
}

/* Connections have ended, perhaps: those that wait for one come in turn. */
static void
feed_starved(struct http1 *h)
{
	while (!list_is_empty(&h->starved)) {
		struct slot *s = CONTAINER(h->starved.next, struct slot, link);

		list_remove(&s->link);
		if (!use_idle(h, s))
			connect_next(h, s, EINVAL);
		if (s->state == SLOT_STARVED) {
			list_remove(&s->link);
			list_append(h->starved.next, &s->link); /* the first again */
			return;
		}
	}
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

/* Who looked them up keeps them for the call alone. */
static void
copy_addresses(struct slot *s)
{
	const struct transfer_request *r = &s->request;
	struct sockaddr_storage literal;

	s->nplaces = s->next_place = 0;
	for (size_t i = 0; i < r->naddresses && i < TRANSFER_ADDRESSES_MAX; i++)
		http1_address_set(&s->places[s->nplaces++], &r->addresses[i], r->where->port);
	if (r->naddresses == 0 && address_parse(r->where->host, &literal) == 0)
		http1_address_set(&s->places[s->nplaces++], &literal, r->where->port);
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
	s->message[0] = '\0';
	s->fault = TRANSFER_THEIRS;
	s->began_ms = clock_ms();
	s->until_ms = s->began_ms + (int64_t)request->timeout_ms;
	s->connect_until_ms = s->began_ms + (int64_t)h->options.connect_timeout_ms;
	if (s->connect_until_ms > s->until_ms)
		s->connect_until_ms = s->until_ms;
	s->starve_until_ms = s->connect_until_ms;
	if (request->starve_ms != 0 &&
		s->began_ms + (int64_t)request->starve_ms < s->starve_until_ms)
		s->starve_until_ms = s->began_ms + (int64_t)request->starve_ms;
	if (http1_exchange_begin(&s->exchange, request) != 0) {
		free_slot(h, s);
		return -1;
	}
	if (list_is_empty(&h->starved) && use_idle(h, s))
		return 0;
	copy_addresses(s);
	if (list_is_empty(&h->starved))
		connect_next(h, s, EINVAL);
	else
		starve(h, s, EMFILE);
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
		feed_starved(h);
		return true;
	}
	return false;
}

/* ---- the loop ---- */

int
http1_fd(const struct http1 *h)
{
	return h->pool.epoll_fd;
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
	const char *what = s->state == SLOT_CONNECTING                ? "no connection"
			   : http1_exchange_is_answered(&s->exchange) ? TRANSFER_UNENDED
								      : "no answer";
	char message[128];

	timers_clear(&h->timers, &s->timer);
	if (s->state == SLOT_CONNECTING && s->next_place < s->nplaces &&
		now_ms < s->connect_until_ms) {
		connect_next(h, s, ETIMEDOUT);
		return;
	}
	if (s->state == SLOT_STARVED) {
		end_starved(h, s);
		return;
	}
	snprintf(message, sizeof(message), "%s within %lld ms", what,
		(long long)(now_ms - s->began_ms));
	s->exchange.parser.state = HTTP1_FAILED;
	end_with(h, s, TRANSFER_TIMEOUT, message);
}

static void
take_event(void *ctx, struct http1_connection *c, uint32_t events)
{
	struct http1 *h = ctx;
	struct slot *s = c->owner;

	c->is_closing |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
	if (s == NULL) {
		/* Nothing is to be said on a connection without a request. */
		if (c->is_closing || events & EPOLLIN)
			http1_pool_close(&h->pool, c);
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
http1_run(struct http1 *h, bool is_readable)
{
	const int64_t now_ms = clock_ms(), next_ms = http1_next_ms(h);
	struct timer *timer;

	h->pool.turn++;
	/* However late this process is, what came in time is taken before it is called late. */
	if ((is_readable || (next_ms >= 0 && next_ms <= now_ms)) &&
		http1_pool_events(&h->pool, take_event, h) != 0)
		return -1;
	while ((timer = timers_first(&h->timers)) != NULL && timer->at_ms <= now_ms)
		take_timer(h, CONTAINER(timer, struct slot, timer), now_ms);
	feed_starved(h);
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
	r->may_pass = false;
	r->error = s->error;
	memcpy(r->message, s->message, strlen(s->message) + 1);
	r->fault = s->fault;
	r->http_status = s->exchange.parser.status;
	transfer_set_response(r, &s->exchange.response);
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
	list_init(&h->starved);
	timers_init(&h->timers);
	h->slots = calloc(options->jobs, sizeof(*h->slots));
	if (http1_pool_init(&h->pool, options->jobs) != 0 || h->slots == NULL ||
		timers_reserve(&h->timers, options->jobs) != 0) {
		const int error = errno;

		http1_free(h);
		errno = error;
		return NULL;
	}
	for (size_t i = 0; i < options->jobs; i++) {
		struct slot *s = &h->slots[i];

		http1_exchange_init(&s->exchange);
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
		http1_pool_close(&h->pool, h->slots[i].connection);
		http1_exchange_release(&h->slots[i].exchange);
	}
	http1_pool_release(&h->pool);
	timers_release(&h->timers);
	free(h->slots);
	free(h);
}

#endif
