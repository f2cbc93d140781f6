/*
 * curl_client - POSTs side by side over libcurl: HTTP/1.1 and HTTP/2, TLS, proxies. With its parts
 * curl_slot and curl_tls, the only module that knows libcurl.
 */
#ifndef WB_CURL_CLIENT_H
#define WB_CURL_CLIENT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer.h"

#define CURL_CLIENT_FDS_MAX (TRANSFER_FDS_MAX + 1)

struct curl_client;

/**
 * curl_client_new(options), curl_client_free(t):
 * As transfers_new and transfers_free.
 */
struct curl_client *curl_client_new(const struct transfer_options *options);
void curl_client_free(struct curl_client *t);

/**
 * curl_client_start(t, request, ctx), curl_client_cancel(t, ctx):
 * As transfer_start and transfer_cancel; the latter returns whether there was one.
 */
int curl_client_start(struct curl_client *t, const struct transfer_request *request, void *ctx);
bool curl_client_cancel(struct curl_client *t, const void *ctx);

/**
 * curl_client_is_idle(t):
 * Whether nothing is under way.
 */
bool curl_client_is_idle(const struct curl_client *t);

/**
 * curl_client_next_ms(t):
 * When curl_client_next has something, whatever libcurl does, by clock_ms; -1: never.
 */
int64_t curl_client_next_ms(const struct curl_client *t);

/**
 * curl_client_wait(t, fds, nfds, timeout_ms), curl_client_next(t, result):
 * As transfers_wait and transfers_next.
 */
int curl_client_wait(struct curl_client *t, struct pollfd *fds, size_t nfds, int timeout_ms);
bool curl_client_next(struct curl_client *t, struct transfer_result *result);

#endif
