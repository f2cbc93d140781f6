/*
 * transfer - HTTP POSTs side by side, each bounded in time and memory: over libcurl
 * (curl_client.h), or without it where nothing of it is needed (http1.h).
 *
 * Where a request goes is the caller's to decide, and its addresses are the caller's to look up:
 * for one at a time, url_parse, policy_check_url, resolver_ask and resolver_poll (waiting by poll
 * on resolver_fd), policy_check_address for each address, transfer_start, and then transfers_wait
 * until transfers_next has the result. Nothing is tried again here. More can be started meanwhile,
 * and one transfers_wait waits for all of them, and for descriptors of the caller's.
 */
#ifndef WB_TRANSFER_H
#define WB_TRANSFER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "policy.h"
#include "resolver.h"
#include "response.h"
#include "secret_value.h"
#include "strbuf.h"
#include "url.h"

#define TRANSFER_ERROR_MAX 800          /* bytes of a message, NUL included */
#define TRANSFER_READ_MAX (1024 * 1024) /* bytes of a response's body that are read, by default */
#define TRANSFER_ADDRESSES_MAX RESOLVER_ADDRESSES_MAX
#define TRANSFER_UNENDED "the answer did not end" /* in time, though it had begun */
#define TRANSFER_FDS_MAX 16                       /* descriptors that transfers_wait takes */

/* Why a delivery failed; the names are wb-record(5)'s. */
enum transfer_error {
	TRANSFER_OK,
	TRANSFER_DENIED,  /* the network policy refused it: nothing was sent */
	TRANSFER_DNS,     /* the name has no address */
	TRANSFER_CONNECT, /* no connection */
	TRANSFER_TLS,     /* no TLS session, or a certificate that does not fit */
	TRANSFER_TIMEOUT, /* no answer in time, or not its end */
	TRANSFER_RESET,   /* the connection broke, or what came was not HTTP */
	TRANSFER_HTTP,    /* a status other than 2xx */
	TRANSFER_SECRET,  /* a secret was not to be had */
	TRANSFER_REJECTED /* a 2xx whose body says that it is none */
};

/* Whose fault that was, for who decides whether there is another attempt. */
enum transfer_fault {
	TRANSFER_THEIRS, /* the receiver's, or of what lies between */
	/* ours: descriptors or memory ran out; nothing was sent, unless there is a status */
	TRANSFER_SHORTAGE,
	TRANSFER_MISTAKE, /* ours: what was configured cannot be used; nothing was sent */
	TRANSFER_PASSING, /* ours: where secrets come from does not answer; nothing was sent */
	TRANSFER_NOT_YET  /* it is being waited for; nothing was sent */
};

struct transfer_options {
	const struct policy *policy;
	uint64_t connect_timeout_ms;
	size_t jobs;         /* transfers at the same time */
	const char *ca_file; /* NULL: the system's */
	const char *proxy;   /* NULL: none, whatever the environment says */
};

/* PEM texts, in place of the system's or in addition; a value NULL: none. */
struct transfer_tls {
	struct secret ca, cert, key;
};

/* What to send. All but the addresses is borrowed until the transfer's end. */
struct transfer_request {
	const char *url; /* NUL-terminated */
	const struct url *where;
	/* of its host, checked; none for an address or through a proxy; borrowed for the call */
	const struct sockaddr_storage *addresses;
	size_t naddresses;
	char **headers; /* NUL-terminated lines */
	size_t nheaders;
	const void *body;
	size_t len;
	const struct transfer_tls *tls; /* or NULL */
	uint64_t timeout_ms;
	uint64_t starve_ms;  /* it may wait so long for a descriptor; 0: as long as to connect */
	size_t read_max;     /* bytes of the response's body that are read; 0: TRANSFER_READ_MAX */
	size_t response_max; /* and kept */
	bool needs_response; /* else it is only shown: what there is no memory for is left out */
};

struct transfer_result {
	void *ctx; /* as given to transfer_start */
	enum transfer_error error;
	enum transfer_fault fault;
	char message[TRANSFER_ERROR_MAX];
	long http_status; /* 0: none came */
	/* the headers of these names, or "" */
	char retry_after[RESPONSE_FIELD_MAX], date[RESPONSE_FIELD_MAX];
	/* what was kept of the body; valid until the next call of transfers_next or _start */
	struct strbuf *response;
	bool has_head;  /* status and headers have come to their end */
	bool truncated; /* there is more of it than was kept, or may be */
	bool may_pass;  /* what is wrong by the body of the answer may be right another time */
};

struct transfers;

/**
 * transfer_error_name(error):
 * "denied", "dns" and so on, static; NULL for TRANSFER_OK.
 */
const char *transfer_error_name(enum transfer_error error);

/**
 * transfer_status_message(status, out):
 * What is wrong with a status that is not 2xx: "status 404"; "" for one that is.
 */
void transfer_status_message(long status, char out[TRANSFER_ERROR_MAX]);

/**
 * transfer_set_response(result, response):
 * For those who make transfers: put into ${result}, which has its error, what was kept of
 * headers and body. A success whose body is needed and lost is none.
 */
void transfer_set_response(struct transfer_result *result, struct response *response);

/**
 * transfers_new(options):
 * Borrows what ${options} points to. NULL with errno set when memory or descriptors run out.
 */
struct transfers *transfers_new(const struct transfer_options *options);

/**
 * transfers_free(t):
 * Break off what is under way and close all connections.
 */
void transfers_free(struct transfers *t);

/**
 * transfer_start(t, request, ctx):
 * Start one; there must be fewer than ${options}.jobs under way. Returns 0, or -1 when
 * libcurl or memory fails.
 */
int transfer_start(struct transfers *t, const struct transfer_request *request, void *ctx);

/**
 * transfer_cancel(t, ctx):
 * Break off the transfer that was started with ${ctx}.
 */
void transfer_cancel(struct transfers *t, const void *ctx);

/**
 * transfers_wait(t, fds, nfds, timeout_ms):
 * Move data until something is to be done: a transfer ended, one of ${fds} is ready, or the time is
 * over (-1: never). Returns 0, or -1 when libcurl fails.
 */
int transfers_wait(struct transfers *t, struct pollfd *fds, size_t nfds, int timeout_ms);

/**
 * transfers_next(t, result):
 * Take one transfer that has ended. Returns whether there was one.
 */
bool transfers_next(struct transfers *t, struct transfer_result *result);

#endif
