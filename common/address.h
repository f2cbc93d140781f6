/*
 * address - which IP addresses a delivery may go to. Pure.
 *
 * Refused are the special-purpose ranges of IANA's registries for IPv4 and IPv6, multicast, and the
 * metadata and platform addresses of clouds, in whatever IPv6 form they are wrapped.
 */
#ifndef WB_ADDRESS_H
#define WB_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_MAX 64 /* bytes of an address or a range as text, NUL included */

/* A range of addresses, IPv4 or IPv6. */
struct address_range {
	unsigned char bytes[16]; /* network order; IPv4 uses the first 4 */
	unsigned bits;           /* of the prefix */
	bool v6;
};

/* Ranges that the user opened knowingly. */
struct address_policy {
	struct address_range *allowed; /* owned */
	size_t len;
};

/**
 * address_policy_init(policy), address_policy_release(policy):
 * Nothing is opened at first.
 */
void address_policy_init(struct address_policy *policy);
void address_policy_release(struct address_policy *policy);

/**
 * address_policy_allow(policy, cidr):
 * Open ${cidr}: "10.1.0.0/16", "fd00::/8", or one address without a slash. Bits below the prefix
 * must be zero. A range inside ::ffff:0:0/96 is the IPv4 range mapped there. Returns 0, or -1 with
 * errno EINVAL if it is malformed, ENOMEM if memory ran out.
 */
int address_policy_allow(struct address_policy *policy, const char *cidr);

/**
 * address_refused(policy, sa):
 * NULL if a delivery may go to ${sa}, else the refused range as static text, "10.0.0.0/8". An
 * opened range that holds the address wins over a refused one. An IPv4-mapped IPv6 address is
 * judged as the IPv4 address in it, which it reaches: an opened "::/0" does not hold it. Families
 * other than AF_INET and AF_INET6 are refused.
 */
const char *address_refused(const struct address_policy *policy, const struct sockaddr *sa);

/**
 * address_allowed(policy, sa):
 * Whether an opened range holds ${sa}, judged as by address_refused.
 */
bool address_allowed(const struct address_policy *policy, const struct sockaddr *sa);

/**
 * address_parse(text, out):
 * Read one address in its plain spelling (a.b.c.d in decimal without leading zeros, or RFC 4291
 * text; no brackets, no zone) into ${out}, port 0. Returns 0, or -1.
 */
int address_parse(const char *text, struct sockaddr_storage *out);

/**
 * address_format(sa, out):
 * Write the address of ${sa} as text into ${out}, without port and brackets; for a family other
 * than AF_INET and AF_INET6, words that say so. Returns ${out}.
 */
char *address_format(const struct sockaddr *sa, char out[ADDRESS_TEXT_MAX]);

#endif
