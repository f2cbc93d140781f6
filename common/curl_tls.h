/*
 * curl_tls - whom libcurl is to trust and whom it is to be, for one transfer. For curl_client.c.
 */
#ifndef WB_CURL_TLS_H
#define WB_CURL_TLS_H

#include <curl/curl.h>
#include <stdbool.h>

#include "transfer.h"

/**
 * curl_tls_set(e, tls, ca_file, ca_path):
 * What is trusted, the CA of ${tls} or ${ca_file}, stands in place of all that is built in:
 * ${ca_path}. All may be NULL, and are borrowed until the transfer's end. Returns whether libcurl
 * took it.
 */
bool curl_tls_set(CURL *e, const struct transfer_tls *tls, const char *ca_file,
	const char *ca_path);

/**
 * curl_tls_is_mistake(tls, ca_file, code, why, message):
 * Whether TLS, which has failed by ${code} and ${why}, failed for what was given to curl_tls_set,
 * so that it will fail as often as it is tried. Then ${message} says for which of it.
 */
bool curl_tls_is_mistake(const struct transfer_tls *tls, const char *ca_file, CURLcode code,
	const char *why, char message[TRANSFER_ERROR_MAX]);

#endif
