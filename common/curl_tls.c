#include "curl_tls.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sha256.h"
#include "tls_check.h"
#include "wipe.h"

static CURLcode
set_blob(CURL *e, CURLoption option, const struct secret *pem)
{
	struct curl_blob blob = {.data = (void *)(uintptr_t)pem->value,
		.len = pem->len,
		.flags = CURL_BLOB_NOCOPY};

	return curl_easy_setopt(e, option, pem->value != NULL ? &blob : NULL);
}

/*
 * libcurl tells connections apart by certificates, which anyone may have, but not by keys. It also
 * does by the name of a certificate's file, which it does not use where it has the certificate.
 */
static CURLcode
set_key_name(CURL *e, const struct secret *key)
{
	static const char start[] = "key ";
	unsigned char digest[SHA256_SIZE];
	char name[sizeof(start) + 32];
	struct sha256 ctx;
	CURLcode code;

	if (key->value == NULL)
		return curl_easy_setopt(e, CURLOPT_SSLCERT, NULL);
	sha256_init(&ctx);
	sha256_update(&ctx, key->value, key->len);
	sha256_final(&ctx, digest);
	memcpy(name, start, sizeof(start));
	sha256_hex16(digest, name + sizeof(start) - 1);
	code = curl_easy_setopt(e, CURLOPT_SSLCERT, name);
	wipe(&ctx, sizeof(ctx));
	return code;
}

bool
curl_tls_set(CURL *e, const struct transfer_tls *tls, const char *ca_file, const char *ca_path)
{
	static const struct transfer_tls none;
	unsigned failed = 0;

	if (tls == NULL)
		tls = &none;
	failed |= set_blob(e, CURLOPT_CAINFO_BLOB, &tls->ca);
	failed |= set_blob(e, CURLOPT_SSLCERT_BLOB, &tls->cert);
	failed |= set_blob(e, CURLOPT_SSLKEY_BLOB, &tls->key);
	failed |= set_key_name(e, &tls->key);
	if (ca_file != NULL)
		failed |= curl_easy_setopt(e, CURLOPT_CAINFO, ca_file);
	if (ca_file != NULL || tls->ca.value != NULL)
		failed |= curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	else if (ca_path != NULL)
		failed |= curl_easy_setopt(e, CURLOPT_CAPATH, ca_path);
	return failed == CURLE_OK;
}

bool
curl_tls_is_mistake(const struct transfer_tls *tls, const char *ca_file, CURLcode code,
	const char *why, char message[TRANSFER_ERROR_MAX])
{
	const char *found = tls != NULL ? tls_check(tls) : NULL;

	if (found != NULL)
		snprintf(message, TRANSFER_ERROR_MAX, "%s", found);
	else if (code == CURLE_SSL_CERTPROBLEM)
		snprintf(message, TRANSFER_ERROR_MAX, "tls.cert and tls.key cannot be used: %s",
			why);
	else if (code == CURLE_SSL_CACERT_BADFILE && ca_file != NULL)
		snprintf(message, TRANSFER_ERROR_MAX,
			"no certificates can be read from %s, given with --cacert: %s", ca_file,
			why);
	else
		return false;
	return true;
}
