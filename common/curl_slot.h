/*
 * curl_slot - what curl_client keeps of a transfer, and what libcurl calls on its way: where the
 * policy, the bounds of a response, and one request for one attempt are kept. For curl_client.c.
 */
#ifndef WB_CURL_SLOT_H
#define WB_CURL_SLOT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "curl_client.h"
#include "response.h"

/* One place for a transfer; its handle and buffers are used again. */
struct curl_slot {
	struct curl_client *client;
	CURL *easy;
	bool busy, refused;
	bool opened;             /* a socket was asked for */
	int shortage;            /* why there was none: an errno, or 0 */
	int64_t starve_until_ms; /* it waits so long for one; INT64_MAX: as libcurl likes */
	bool asked;              /* libcurl has come to send the request */
	bool repeated;           /* it came to do so again, and was not let */
	long bytes_before;
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
	struct curl_slot *slots;
	int busy;           /* slots in use */
	int sockets;        /* that are open */
	long limit;         /* of connections, as many as there was room for; 0: none */
	int64_t limited_ms; /* since when */
};

/**
 * curl_slot_set_up(s):
 * Set the options of its handle that are the same for all transfers. Returns whether libcurl took
 * every one.
 */
bool curl_slot_set_up(struct curl_slot *s);

#endif
