#include "graphql.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "clock.h"
#include "diag.h"
#include "hash.h"
#include "json_text.h"
#include "list.h"
#include "resolver.h"
#include "retry.h"
#include "strbuf.h"
#include "timestamp.h"
#include "transfer.h"

#define BODY_MAX ((size_t)16 * 1024 * 1024)
#define BASIC_NAME "Authorization" /* of the secret that is made of the key */

enum query_state { QUERY_WAITING, QUERY_RESOLVING, QUERY_SENDING };

struct query {
	struct link link;
	enum query_state state;
	void *ctx;
	struct strbuf body;
	unsigned attempts;
	int64_t began_ms, at_ms; /* first attempt; earliest time of the next */
	int64_t lookup_until_ms;
	enum transfer_error error; /* of the last attempt */
};

struct graphql {
	struct graphql_options options;
	char url[URL_MAX + 16];
	struct url where;
	struct strbuf authorization;
	char *headers[4];
	struct transfers *transfers;
	struct resolver *resolver;
	struct link waiting, busy;
	size_t nbusy;
	int64_t pause_until_ms; /* the server asked to be left alone */
	uint64_t chance, requests;
	struct strbuf text; /* of the answer handed out */
};

/* ---- the server and the key ---- */

static int
set_url(struct graphql *g)
{
	const char *base = g->options.base_url, *wrong = NULL;
	size_t len = strlen(base);
	char why[POLICY_ERROR_MAX];

	while (len > 0 && base[len - 1] == '/')
		len--;
	if (url_parse(base, len, &g->where, &wrong) != 0) {
		diag("WANDB_BASE_URL: %s: '%.*s'", wrong, (int)(len < 200 ? len : 200), base);
		return -1;
	}
	if (memchr(base, '?', len) != NULL) {
		diag("WANDB_BASE_URL has a query; it is a server's URL, such as https://api.wandb.ai");
		return -1;
	}
	snprintf(g->url, sizeof(g->url), "%.*s/graphql", (int)len, base);
	if (!policy_check_url(g->options.policy, &g->where, why)) {
		diag("WANDB_BASE_URL: %s", why);
		return -1;
	}
	return 0;
}

#define KEY_LEN_MIN 16 /* W&B's have 40 bytes and more */

/* "api:KEY" in base64, kept as a secret of its own. */
static int
set_authorization(struct graphql *g, const struct secret *key)
{
	struct strbuf plain;
	char *out;
	int status = -1;

	strbuf_init_secret(&plain, SECRET_MAX + 8);
	strbuf_lit(&plain, "api:");
	strbuf_add(&plain, key->value, key->len);
	strbuf_lit(&g->authorization, "Authorization: Basic ");
	out = strbuf_room(&g->authorization, (plain.len + 2) / 3 * 4 + 1);
	if (!strbuf_failed(&plain) && out != NULL &&
		secret_store_keep(g->options.secrets, BASIC_NAME, plain.buf, plain.len) == 0) {
		g->authorization.len += (size_t)EVP_EncodeBlock((unsigned char *)out,
			(const unsigned char *)plain.buf, (int)plain.len);
		status = strbuf_str(&g->authorization) != NULL ? 0 : -1;
	}
	strbuf_release(&plain);
	if (status != 0)
		diag("out of memory");
	return status;
}

static int
set_key(struct graphql *g)
{
	const char *name = g->options.key != NULL ? g->options.key : GRAPHQL_KEY, *wrong;
	char binding[URL_HOST_MAX + 32];
	struct secret key;

	snprintf(binding, sizeof(binding), "%s=%s", GRAPHQL_KEY, g->where.host);
	if (strchr(g->where.host, ':') != NULL)
		snprintf(binding, sizeof(binding), "%s=[%s]", GRAPHQL_KEY, g->where.host);
	if (g->options.key == NULL && secret_store_bind(g->options.secrets, binding) != 0)
		return -1;
	if (secret_get(g->options.secrets, name, strlen(name), g->where.host, &key, &wrong) != 0) {
		diag("the key for %s: %s; set %s, or a password for machine %s in ~/.netrc",
			g->where.host, wrong, name, g->where.host);
		return -1;
	}
	/* Shorter ones would be masked out of all that the server says. */
	if (key.len < KEY_LEN_MIN) {
		diag("the key for %s is too short to be one", g->where.host);
		return -1;
	}
	for (size_t i = 0; i < key.len; i++) {
		if (key.value[i] <= ' ' || key.value[i] >= 0x7f) {
			diag("the key for %s holds a byte that no key has, number %zu",
				g->where.host, i + 1);
			return -1;
		}
	}
	return set_authorization(g, &key);
}

static int
set_up(struct graphql *g)
{
	static char type[] = "Content-Type: application/json",
		    agent[] = "User-Agent: wb-tools/" WB_VERSION,
		    accept[] = "Accept: application/json";
	const struct transfer_options transfer = {.policy = g->options.policy,
		.connect_timeout_ms = g->options.connect_timeout_ms,
		.jobs = g->options.jobs,
		.ca_file = g->options.ca_file,
		.proxy = g->options.proxy};

	if (set_url(g) != 0 || set_key(g) != 0)
		return -1;
	g->headers[0] = g->authorization.buf;
	g->headers[1] = type;
	g->headers[2] = accept;
	g->headers[3] = agent;
	if ((g->resolver = resolver_new()) == NULL ||
		(g->transfers = transfers_new(&transfer)) == NULL) {
		diag("cannot set up for the network: %s", strerror(errno));
		return -1;
	}
	if (getrandom(&g->chance, sizeof(g->chance), 0) != (ssize_t)sizeof(g->chance))
		g->chance = (uint64_t)clock_us();
	return 0;
}

struct graphql *
graphql_new(const struct graphql_options *options)
{
	struct graphql *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		diag("out of memory");
		return NULL;
	}
	g->options = *options;
	list_init(&g->waiting);
	list_init(&g->busy);
	strbuf_init_secret(&g->authorization, SECRET_MAX * 2);
	strbuf_init(&g->text, GRAPHQL_ANSWER_MAX);
	if (set_up(g) == 0)
		return g;
	graphql_free(g);
	return NULL;
}

static void
query_free(struct query *q)
{
	strbuf_release(&q->body);
	free(q);
}

void
graphql_cancel(struct graphql *g)
{
	struct link *link;

	while ((link = list_take(&g->busy)) != NULL) {
		struct query *q = CONTAINER(link, struct query, link);

		if (q->state == QUERY_SENDING)
			transfer_cancel(g->transfers, q);
		query_free(q);
	}
	while ((link = list_take(&g->waiting)) != NULL)
		query_free(CONTAINER(link, struct query, link));
	g->nbusy = 0;
}

void
graphql_free(struct graphql *g)
{
	if (g == NULL)
		return;
	graphql_cancel(g);
	transfers_free(g->transfers);
	resolver_free(g->resolver);
	strbuf_release(&g->authorization);
	strbuf_release(&g->text);
	free(g);
}

uint64_t
graphql_requests(const struct graphql *g)
{
	return g->requests;
}

int
graphql_send(struct graphql *g, const char *query, const char *variables, void *ctx)
{
	struct query *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return -1;
	q->ctx = ctx;
	strbuf_init(&q->body, BODY_MAX);
	strbuf_lit(&q->body, "{\"query\":");
	json_quote(&q->body, query);
	strbuf_lit(&q->body, ",\"variables\":");
	strbuf_adds(&q->body, variables);
	strbuf_lit(&q->body, "}");
	if (strbuf_failed(&q->body)) {
		query_free(q);
		return -1;
	}
	list_append(&g->waiting, &q->link);
	return 0;
}

/* ---- how an attempt ends ---- */

/* W&B's own client tries these no more; all others from 400 on it does. */
static bool
is_final(long status)
{
	static const long final[] = {400, 401, 403, 404, 409, 410, 413, 422, 501};

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		if (final[i] == status)
			return true;
	return status < 400;
}

static bool
is_worth_another(const struct transfer_result *r)
{
	if (r->truncated || r->fault == TRANSFER_MISTAKE)
		return false;
	switch (r->error) {
	case TRANSFER_HTTP:
		return !is_final(r->http_status);
	case TRANSFER_DNS:
	case TRANSFER_CONNECT:
	case TRANSFER_TLS:
	case TRANSFER_TIMEOUT:
	case TRANSFER_RESET:
		return true;
	default:
		return false;
	}
}

/* Put ${q} off, if there is another attempt and time for it. Returns whether. */
static bool
try_again(struct graphql *g, struct query *q, const struct transfer_result *r, int64_t *after_ms)
{
	const int64_t now_ms = clock_ms();

	*after_ms =
		r->retry_after[0] == '\0' ? -1 : retry_after_ms(r->retry_after, timestamp_now_ms());
	if (!is_worth_another(r))
		return false;
	/* One is told for all: none of them is welcome before. */
	if (*after_ms > 0 && (r->http_status == 429 || r->http_status == 503) &&
		g->pause_until_ms < now_ms + *after_ms)
		g->pause_until_ms = now_ms + *after_ms;
	if (q->attempts > g->options.retries)
		return false;
	q->at_ms = now_ms +
		   (int64_t)retry_delay_ms(q->attempts, hash_mix(g->chance += 0x9e3779b97f4a7c15u));
	if (q->at_ms < now_ms + *after_ms)
		q->at_ms = now_ms + *after_ms;
	if (q->at_ms > q->began_ms + (int64_t)g->options.retry_max_ms)
		return false;
	q->state = QUERY_WAITING;
	list_append(&g->waiting, &q->link);
	return true;
}

/* What a status without a GraphQL body means. */
static void
describe_status(struct graphql_answer *answer, const struct transfer_result *r, int64_t after_ms)
{
	const char *hint = "";

	if (r->http_status == 401)
		hint = ": the server does not take the key";
	else if (r->http_status == 404 || r->http_status == 405)
		hint = ": is WANDB_BASE_URL a W&B server?";
	snprintf(answer->error, sizeof(answer->error), "%s%s", r->message, hint);
	if (after_ms > 0) {
		const size_t len = strlen(answer->error);

		snprintf(answer->error + len, sizeof(answer->error) - len,
			"; it asks to come again in %lld s", (long long)((after_ms + 999) / 1000));
	}
}

static void
describe_end(const struct query *q, const struct transfer_result *r, struct graphql_answer *answer,
	int64_t after_ms)
{
	char said[GRAPHQL_ERROR_MAX];

	if (r->truncated) {
		answer->verdict = GRAPHQL_TOO_MUCH;
		snprintf(answer->error, sizeof(answer->error),
			"the answer is longer than %zu bytes", GRAPHQL_ANSWER_MAX);
		return;
	}
	if (r->error == TRANSFER_OK || r->error == TRANSFER_HTTP)
		graphql_answer_read(answer);
	if (r->error == TRANSFER_OK)
		return;
	memcpy(said, answer->error, sizeof(said));
	describe_status(answer, r, after_ms);
	if (r->error == TRANSFER_HTTP && answer->verdict == GRAPHQL_REFUSED) {
		const size_t len = strlen(answer->error);

		snprintf(answer->error + len, sizeof(answer->error) - len, ": %s", said);
	}
	if (r->error == TRANSFER_HTTP && answer->verdict == GRAPHQL_OK)
		answer->verdict = GRAPHQL_FAILED;
	answer->is_transient = is_worth_another(r);
	if (answer->is_transient)
		answer->verdict = GRAPHQL_FAILED;
	/* What takes a server too long may be too much for it. */
	if (r->http_status == 413 || r->error == TRANSFER_TIMEOUT || r->error == TRANSFER_RESET ||
		r->http_status == 500 || r->http_status == 502 || r->http_status == 504)
		answer->verdict = GRAPHQL_TOO_MUCH;
	if (q->attempts > 1) {
		const size_t len = strlen(answer->error);

		snprintf(answer->error + len, sizeof(answer->error) - len, " (%u attempts)",
			q->attempts);
	}
}

/* Every attempt ends here. Returns whether the query has, too: then ${answer} is filled. */
static bool
attempt_ended(struct graphql *g, struct query *q, struct transfer_result *r,
	struct graphql_answer *answer)
{
	int64_t after_ms;

	list_remove(&q->link);
	g->nbusy--;
	secret_mask(g->options.secrets, NULL, r->message, strlen(r->message), strlen(r->message),
		false);
	if (try_again(g, q, r, &after_ms))
		return false;
	*answer = (struct graphql_answer){.ctx = q->ctx,
		.verdict = GRAPHQL_FAILED,
		.http_status = r->http_status};
	strbuf_reset(&g->text);
	if (r->response != NULL && r->response->len > 0) {
		secret_mask(g->options.secrets, NULL, r->response->buf, r->response->len,
			r->response->len, r->truncated);
		strbuf_add(&g->text, r->response->buf, r->response->len);
	}
	answer->text = g->text.buf;
	answer->len = g->text.len;
	if (strbuf_failed(&g->text))
		snprintf(answer->error, sizeof(answer->error), "out of memory");
	else
		describe_end(q, r, answer, after_ms);
	query_free(q);
	return true;
}

static bool
attempt_failed(struct graphql *g, struct query *q, enum transfer_error error, const char *message,
	struct graphql_answer *answer)
{
	struct transfer_result r = {.error = error};

	snprintf(r.message, sizeof(r.message), "%s", message);
	return attempt_ended(g, q, &r, answer);
}

/* ---- an attempt ---- */

/* Returns whether the query has ended already. */
static bool
start(struct graphql *g, struct query *q, const struct resolver_answer *host,
	struct graphql_answer *answer)
{
	struct transfer_request request = {.url = g->url,
		.where = &g->where,
		.headers = g->headers,
		.nheaders = sizeof(g->headers) / sizeof(g->headers[0]),
		.body = q->body.buf,
		.len = q->body.len,
		.timeout_ms = g->options.timeout_ms,
		.read_max = GRAPHQL_ANSWER_MAX,
		.response_max = GRAPHQL_ANSWER_MAX};
	char error[POLICY_ERROR_MAX];

	q->state = QUERY_RESOLVING;
	if (host != NULL && host->error != NULL) {
		snprintf(error, sizeof(error), "%s: %s", g->where.host, host->error);
		return attempt_failed(g, q, TRANSFER_DNS, error, answer);
	}
	for (size_t i = 0; host != NULL && i < host->len; i++)
		if (!policy_check_address(g->options.policy, &g->where,
			    (const struct sockaddr *)&host->addr[i], error))
			return attempt_failed(g, q, TRANSFER_DENIED, error, answer);
	if (host != NULL) {
		request.addresses = host->addr;
		request.naddresses = host->len;
	}
	q->state = QUERY_SENDING;
	g->requests++;
	if (transfer_start(g->transfers, &request, q) == 0)
		return false;
	q->state = QUERY_RESOLVING;
	return attempt_failed(g, q, TRANSFER_CONNECT, "cannot set up the request: out of memory",
		answer);
}

static bool
begin(struct graphql *g, struct query *q, struct graphql_answer *answer)
{
	struct resolver_answer host;
	char error[RESOLVER_ERROR_MAX];
	int known;

	list_remove(&q->link);
	list_append(&g->busy, &q->link);
	g->nbusy++;
	q->attempts++;
	if (q->began_ms == 0)
		q->began_ms = clock_ms();
	if (g->options.proxy != NULL || g->where.host_type == URL_HOST_ADDRESS)
		return start(g, q, NULL, answer);
	q->state = QUERY_RESOLVING;
	q->lookup_until_ms = clock_ms() + (int64_t)g->options.connect_timeout_ms;
	known = resolver_ask(g->resolver, g->where.host, &host);
	if (known < 0) {
		snprintf(error, sizeof(error), "cannot look the host up: %s", host.error);
		return attempt_failed(g, q, TRANSFER_DNS, error, answer);
	}
	return known > 0 && start(g, q, &host, answer);
}

/* When a query that waits may begin. */
static int64_t
begins_ms(const struct graphql *g, const struct query *q)
{
	return q->at_ms > g->pause_until_ms ? q->at_ms : g->pause_until_ms;
}

/* When there is something to do even if nothing comes, or -1. */
static int64_t
next_ms(const struct graphql *g)
{
	int64_t first_ms = -1;

	for (const struct link *l = g->waiting.next; l != &g->waiting && g->nbusy < g->options.jobs;
		l = l->next) {
		const int64_t at_ms = begins_ms(g, CONTAINER(l, struct query, link));

		if (first_ms < 0 || at_ms < first_ms)
			first_ms = at_ms;
	}
	for (const struct link *l = g->busy.next; l != &g->busy; l = l->next) {
		const struct query *q = CONTAINER(l, struct query, link);

		if (q->state == QUERY_RESOLVING && (first_ms < 0 || q->lookup_until_ms < first_ms))
			first_ms = q->lookup_until_ms;
	}
	return first_ms;
}

/* Begin what may. Returns whether one ended at once. */
static bool
begin_all(struct graphql *g, struct graphql_answer *answer)
{
	const int64_t now_ms = clock_ms();
	struct link *next;

	for (struct link *l = g->waiting.next; l != &g->waiting && g->nbusy < g->options.jobs;
		l = next) {
		struct query *q = CONTAINER(l, struct query, link);

		next = l->next;
		if (begins_ms(g, q) <= now_ms && begin(g, q, answer))
			return true;
	}
	return false;
}

/* Send what waited for the host, or end what has waited too long. */
static bool
take_host(struct graphql *g, struct graphql_answer *answer)
{
	const int64_t now_ms = clock_ms();
	struct resolver_answer host;
	struct link *next;

	while (resolver_poll(g->resolver, &host) > 0)
		continue;
	for (struct link *l = g->busy.next; l != &g->busy; l = next) {
		struct query *q = CONTAINER(l, struct query, link);

		next = l->next;
		if (q->state != QUERY_RESOLVING)
			continue;
		/* It is at hand now, for all who wait. */
		if (resolver_ask(g->resolver, g->where.host, &host) > 0) {
			if (start(g, q, &host, answer))
				return true;
		} else if (q->lookup_until_ms <= now_ms) {
			if (attempt_failed(g, q, TRANSFER_TIMEOUT,
				    "looking the host up took too long", answer))
				return true;
		}
	}
	return false;
}

static int
until(int64_t at_ms)
{
	const int64_t left_ms = at_ms - clock_ms();

	return at_ms < 0 ? -1 : left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static bool
stop(struct graphql_answer *answer, const char *why, enum graphql_verdict verdict)
{
	*answer = (struct graphql_answer){.verdict = verdict};
	snprintf(answer->error, sizeof(answer->error), "%s", why);
	return true;
}

bool
graphql_next(struct graphql *g, struct graphql_answer *answer, int signal_fd)
{
	struct transfer_result result;

	while (!list_is_empty(&g->waiting) || g->nbusy > 0) {
		struct pollfd fds[2] = {{.fd = resolver_fd(g->resolver), .events = POLLIN},
			{.fd = signal_fd, .events = POLLIN}};

		if (transfers_next(g->transfers, &result)) {
			if (attempt_ended(g, result.ctx, &result, answer))
				return true;
			continue;
		}
		if (begin_all(g, answer) || take_host(g, answer))
			return true;
		if (transfers_wait(g->transfers, fds, signal_fd >= 0 ? 2 : 1, until(next_ms(g))) !=
			0)
			return stop(answer, "cannot wait for the network", GRAPHQL_FAILED);
		if (signal_fd >= 0 && fds[1].revents != 0)
			return stop(answer, "stopped", GRAPHQL_STOPPED);
	}
	return false;
}
