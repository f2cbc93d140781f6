/*
 * url - a strict reading of http and https URLs: what this module accepts has one meaning only.
 *
 * Senders are attacked through URLs that two parsers read differently, so anything unusual is
 * refused rather than repaired. Pure.
 */
#ifndef WB_URL_H
#define WB_URL_H

#include <stdbool.h>
#include <stddef.h>

#define URL_MAX 8192     /* bytes of a URL, NUL not counted */
#define URL_HOST_MAX 253 /* bytes of a host name (RFC 1035), trailing dot not counted */

/* What kind of host the URL names. */
enum url_host {
	URL_HOST_NAME,   /* a DNS name */
	URL_HOST_ADDRESS /* an address, or what some parser takes for one: 127.1, 0x7f, [::1] */
};

struct url {
	bool https;                  /* else http */
	char host[URL_HOST_MAX + 1]; /* lower case, no brackets, no trailing dot */
	enum url_host host_type;
	bool canonical; /* a URL_HOST_ADDRESS in its plain spelling: a.b.c.d, or RFC 4291 text */
	bool dot;       /* the URL spells the host with a trailing dot */
	unsigned port;  /* 1 to 65535; the scheme's own where the URL has none */
};

/**
 * url_parse(text, len, url, error):
 * Read ${len} bytes at ${text}. Returns 0, or -1 with *${error} set to a static text that says what
 * is wrong: a byte that is not printable ASCII, a space, a backslash, a fragment, a scheme other
 * than http and https, user info, a percent sign in the authority, a zone id, a malformed address
 * in brackets, an empty or overlong host or label, a character other than [A-Za-z0-9._-] in a name,
 * a hyphen at an end of a label, a bad port. Path and query are not looked into further.
 *
 * A name whose last label is a number, decimal or hexadecimal, is a URL_HOST_ADDRESS [WHATWG URL,
 * "ends in a number"]; with a trailing dot it is never canonical.
 */
int url_parse(const char *text, size_t len, struct url *url, const char **error);

/**
 * url_is_local_name(host):
 * Whether ${host}, as url_parse leaves it, is localhost or a name under it [RFC 6761, 6.3], or a
 * usual alias of it (localhost.localdomain, localhost4, localhost6, the same under localdomain4 and
 * localdomain6, ip6-localhost, ip6-loopback), or a name under one.
 */
bool url_is_local_name(const char *host);

/**
 * url_user_end(url, len, user):
 * The @ behind the user in front of the host of a URL, whose start is put into *${user}, or NULL if
 * there is none. The URL may be malformed: without slashes, with backslashes, without a scheme. For
 * messages, which leave it out.
 */
const char *url_user_end(const char *url, size_t len, const char **user);

#endif
