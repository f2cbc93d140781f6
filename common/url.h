/*
 * url - a strict reading of https URLs: what this module accepts has one meaning only.
 *
 * Senders are attacked through URLs that two parsers read differently, so anything unusual is refused rather than
 * repaired. Pure.
 */
#ifndef WB_URL_H
#define WB_URL_H

#include <stdbool.h>
#include <stddef.h>

#define URL_MAX 8192    /* bytes of a URL, NUL not counted */
#define URL_HOST_MAX 253 /* bytes of a host name (RFC 1035), trailing dot not counted */

/* What kind of host the URL names. */
enum url_host {
	URL_HOST_NAME,    /* a DNS name */
	URL_HOST_ADDRESS  /* an address, or what some parser would take for one: 127.1, 0x7f000001, [::1], 017700000001 */
};

struct url {
	bool https;                       /* else http */
	char host[URL_HOST_MAX + 3];      /* lower case, no brackets, no trailing dot */
	enum url_host host_type;
	bool canonical;                   /* a URL_HOST_ADDRESS in its one plain spelling: a.b.c.d or RFC 4291 text */
	unsigned port;                    /* 1 to 65535; the scheme's own where the URL has none */
};

/**
 * url_parse(text, len, url, error):
 * Read ${len} bytes at ${text}. Returns 0, or -1 with *${error} set to a static text that says what is wrong: not printable
 * ASCII, a backslash, a scheme other than http and https, user info, an empty or overlong host or label, a character
 * other than [A-Za-z0-9._-] in a name, percent signs in the authority, a zone id, a bad port.
 */
int url_parse(const char *text, size_t len, struct url *url, const char **error);

/**
 * url_is_local_name(host):
 * Whether ${host}, as url_parse leaves it, is localhost or a name under it [RFC 6761, 6.3], or a usual alias of it
 * (localhost.localdomain, localhost4, localhost6, ip6-localhost, ip6-loopback and names under them).
 */
bool url_is_local_name(const char *host);

#endif
