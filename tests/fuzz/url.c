/*
 * url - what url_parse accepts, libcurl reads the same way: scheme, host and port.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "url.h"

/* Whether two spellings of an IPv6 address, the second one in brackets, are one. */
static bool
is_same_ipv6(const char *host, const char *bracketed)
{
	char plain[INET6_ADDRSTRLEN + 2];
	struct in6_addr a, b;
	size_t len = strlen(bracketed);

	if (len < 2 || len >= sizeof(plain))
		return false;
	memcpy(plain, bracketed + 1, len - 2);
	plain[len - 2] = '\0';
	return inet_pton(AF_INET6, host, &a) == 1 && inet_pton(AF_INET6, plain, &b) == 1 &&
	       memcmp(&a, &b, sizeof(a)) == 0;
}

static void
check_host(const struct url *url, char *host)
{
	size_t len = strlen(host);

	if (strchr(url->host, ':') != NULL) {
		REQUIRE(url->host_type == URL_HOST_ADDRESS && url->canonical);
		REQUIRE(is_same_ipv6(url->host, host));
		return;
	}
	/* libcurl writes an oddly spelled IPv4 address plainly; policy refuses all of those. */
	if (url->host_type == URL_HOST_ADDRESS && !url->canonical)
		return;
	if (len > 0 && host[len - 1] == '.')
		host[len - 1] = '\0';
	REQUIRE(strcasecmp(url->host, host) == 0);
}

static void
check_accepted(const char *text, const struct url *url)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL;
	CURLU *curl = curl_url();

	REQUIRE(curl != NULL);
	REQUIRE(curl_url_set(curl, CURLUPART_URL, text, CURLU_PATH_AS_IS) == CURLUE_OK);
	REQUIRE(curl_url_get(curl, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK);
	REQUIRE(curl_url_get(curl, CURLUPART_HOST, &host, 0) == CURLUE_OK);
	REQUIRE(curl_url_get(curl, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK);
	REQUIRE(curl_url_get(curl, CURLUPART_USER, &user, 0) == CURLUE_NO_USER);
	REQUIRE(strcmp(scheme, url->https ? "https" : "http") == 0);
	REQUIRE(strtoul(port, NULL, 10) == url->port);
	check_host(url, host);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(curl);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *error = NULL;
	struct url url;
	char *copy;

	if (url_parse(text, size, &url, &error) != 0) {
		REQUIRE(error != NULL && *error != '\0');
		return 0;
	}
	REQUIRE(error == NULL && size <= URL_MAX && memchr(text, '\0', size) == NULL);
	REQUIRE(url.port >= 1 && url.port <= 65535);
	REQUIRE(url.host[0] != '\0' && strlen(url.host) <= URL_HOST_MAX);
	copy = malloc(size + 1);
	REQUIRE(copy != NULL);
	memcpy(copy, text, size);
	copy[size] = '\0';
	check_accepted(copy, &url);
	free(copy);
	return 0;
}
