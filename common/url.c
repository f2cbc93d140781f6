#include "url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "portable.h"

#define LABEL_MAX 63 /* bytes of a label (RFC 1035) */

/* The static functions below return NULL, or what is wrong as static text. */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* Not tolower(3), which asks the locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const char *
check_characters(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x80)
			return "a character outside ASCII";
		if (c < 0x20 || c == 0x7f)
			return "a control character";
		if (c == ' ')
			return "a space";
		if (c == '\\')
			return "a backslash";
		if (c == '#')
			return "a fragment, which would never be sent";
	}
	return NULL;
}

/* Whether ${p} up to ${end} starts with ${word}, in any case of letters. */
static bool
starts_with(const char *p, const char *end, const char *word)
{
	for (; *word != '\0'; p++, word++)
		if (p == end || lower(*p) != *word)
			return false;
	return true;
}

static const char *
read_scheme(const char **p, const char *end, struct url *url)
{
	if (starts_with(*p, end, "https:")) {
		url->https = true;
		url->port = 443;
		*p += strlen("https:");
	} else if (starts_with(*p, end, "http:")) {
		url->port = 80;
		*p += strlen("http:");
	} else {
		return "the scheme is neither https nor http";
	}
	if (!starts_with(*p, end, "//"))
		return "no '//' after the scheme";
	*p += strlen("//");
	return NULL;
}

static const char *
read_port(const char *p, const char *end, unsigned *port)
{
	unsigned n = 0;

	if (p == end)
		return "an empty port";
	if (*p == '0')
		return "the port starts with a zero";
	for (; p < end; p++) {
		if (!is_digit(*p))
			return "the port is not a number";
		n = n * 10 + (unsigned)(*p - '0');
		if (n > 65535)
			return "the port is above 65535";
	}
	*port = n;
	return NULL;
}

static const char *
check_label(const char *p, size_t len)
{
	if (len == 0)
		return "an empty label in the host name";
	if (len > LABEL_MAX)
		return "a label longer than 63 bytes in the host name";
	if (p[0] == '-' || p[len - 1] == '-')
		return "a label starts or ends with a hyphen";
	for (size_t i = 0; i < len; i++)
		if (!(is_digit(p[i]) || (p[i] >= 'a' && p[i] <= 'z') || p[i] == '-' || p[i] == '_'))
			return "a character that no host name has";
	return NULL;
}

/* Whether inet_aton(3) or a browser could take a host with the last label ${p} for an address. */
static bool
is_number(const char *p)
{
	bool (*is_kind)(char) = is_digit;

	if (p[0] == '0' && p[1] == 'x') {
		is_kind = is_hex;
		p += 2;
	}
	while (is_kind(*p))
		p++;
	return *p == '\0';
}

/* There and back again: some C libraries take leading zeros, and as octal. */
static bool
is_plain_ipv4(const char *host)
{
	char again[INET_ADDRSTRLEN];
	struct in_addr in;

	return inet_pton(AF_INET, host, &in) == 1 &&
	       inet_ntop(AF_INET, &in, again, sizeof(again)) != NULL && strcmp(host, again) == 0;
}

static const char *
read_name(const char *p, const char *end, struct url *url)
{
	bool dot = end > p && end[-1] == '.';
	size_t len = (size_t)(end - p) - dot;
	const char *error, *label = url->host, *next;

	if (len == 0)
		return "an empty host";
	if (len > URL_HOST_MAX)
		return "a host name longer than 253 bytes";
	for (size_t i = 0; i < len; i++)
		url->host[i] = lower(p[i]);
	url->host[len] = '\0';
	url->dot = dot;
	for (;; label = next + 1) {
		next = strchr(label, '.');
		error = check_label(label, next != NULL ? (size_t)(next - label) : strlen(label));
		if (error != NULL || next == NULL)
			break;
	}
	if (error == NULL && is_number(label)) {
		url->host_type = URL_HOST_ADDRESS;
		url->canonical = !dot && is_plain_ipv4(url->host);
	}
	return error;
}

/* ${p} is past the opening bracket, ${end} at the closing one. */
static const char *
read_ipv6(const char *p, const char *end, struct url *url)
{
	size_t len = (size_t)(end - p);
	struct in6_addr in6;

	if (memchr(p, '%', len) != NULL)
		return "a zone id in the address";
	if (len >= INET6_ADDRSTRLEN)
		return "a malformed IPv6 address";
	for (size_t i = 0; i < len; i++)
		url->host[i] = lower(p[i]);
	url->host[len] = '\0';
	if (inet_pton(AF_INET6, url->host, &in6) != 1)
		return "a malformed IPv6 address";
	url->host_type = URL_HOST_ADDRESS;
	url->canonical = true;
	return NULL;
}

static const char *
read_authority(const char *p, const char *end, struct url *url)
{
	const char *error, *host_end;

	/* First of all: after user info, nothing is where it seems to be. */
	if (memchr(p, '@', (size_t)(end - p)) != NULL)
		return "user info in front of the host";
	if (p < end && *p == '[') {
		if ((host_end = memchr(p, ']', (size_t)(end - p))) == NULL)
			return "no ']' after the IPv6 address";
		error = read_ipv6(p + 1, host_end++, url);
	} else if (memchr(p, '%', (size_t)(end - p)) != NULL) {
		return "a percent sign in the host or port";
	} else {
		if ((host_end = memchr(p, ':', (size_t)(end - p))) == NULL)
			host_end = end;
		error = read_name(p, host_end, url);
	}
	if (error != NULL || host_end == end)
		return error;
	if (*host_end != ':')
		return "neither ':' nor '/' after the host";
	return read_port(host_end + 1, end, &url->port);
}

static const char *
read_url(const char *p, size_t len, struct url *url)
{
	const char *end = p + len, *authority_end, *error;

	if (len == 0)
		return "an empty URL";
	if (len > URL_MAX)
		return "a URL longer than 8192 bytes";
	if ((error = check_characters(p, len)) != NULL ||
		(error = read_scheme(&p, end, url)) != NULL)
		return error;
	for (authority_end = p; authority_end < end; authority_end++)
		if (*authority_end == '/' || *authority_end == '?')
			break;
	return read_authority(p, authority_end, url);
}

int
url_parse(const char *text, size_t len, struct url *url, const char **error)
{
	const char *wrong;

	*url = (struct url){.host_type = URL_HOST_NAME};
	if ((wrong = read_url(text, len, url)) == NULL)
		return 0;
	*error = wrong;
	return -1;
}

const char *
url_user_end(const char *url, size_t len, const char **user)
{
	const char *end = url + len, *colon = memchr(url, ':', len), *path = url;

	/* A malformed one may have no slashes, or backslashes, behind the scheme, or no scheme. */
	if (colon != NULL && (size_t)(colon - url) <= strlen("https"))
		path = colon + 1;
	while (path < end && (*path == '/' || *path == '\\'))
		path++;
	*user = path;
	while (path < end && strchr("/?#", *path) == NULL)
		path++;
	return portable_last(*user, '@', (size_t)(path - *user));
}

bool
url_is_local_name(const char *host)
{
	static const char *const names[] = {"localhost", "localhost.localdomain", "localhost4",
		"localhost4.localdomain4", "localhost6", "localhost6.localdomain6", "ip6-localhost",
		"ip6-loopback"};
	size_t len = strlen(host);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i]);

		if (len >= n && strcmp(host + len - n, names[i]) == 0 &&
			(len == n || host[len - n - 1] == '.'))
			return true;
	}
	return false;
}
