#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	struct address_range range;
} refused[] = {
	/* IPv4: IANA's special-purpose registry, multicast, reserved */
	{"0.0.0.0/8", {{0}, 8, false}},
	{"10.0.0.0/8", {{10}, 8, false}},
	{"100.64.0.0/10", {{100, 64}, 10, false}},
	{"127.0.0.0/8", {{127}, 8, false}},
	{"169.254.0.0/16", {{169, 254}, 16, false}},
	{"172.16.0.0/12", {{172, 16}, 12, false}},
	{"192.0.0.0/24", {{192, 0, 0}, 24, false}},
	{"192.0.2.0/24", {{192, 0, 2}, 24, false}},
	{"192.31.196.0/24", {{192, 31, 196}, 24, false}},
	{"192.52.193.0/24", {{192, 52, 193}, 24, false}},
	{"192.88.99.0/24", {{192, 88, 99}, 24, false}},
	{"192.168.0.0/16", {{192, 168}, 16, false}},
	{"192.175.48.0/24", {{192, 175, 48}, 24, false}},
	{"198.18.0.0/15", {{198, 18}, 15, false}},
	{"198.51.100.0/24", {{198, 51, 100}, 24, false}},
	{"203.0.113.0/24", {{203, 0, 113}, 24, false}},
	{"224.0.0.0/4", {{224}, 4, false}},
	{"255.255.255.255/32", {{255, 255, 255, 255}, 32, false}}, /* before what holds it */
	{"240.0.0.0/4", {{240}, 4, false}},
	/* a public address that is the host's own platform on Azure */
	{"168.63.129.16/32", {{168, 63, 129, 16}, 32, false}},
	/* IPv6: unspecified, loopback and IPv4-compatible; IPv4-translated; NAT64 */
	{"::/96", {{0}, 96, true}},
	{"::ffff:0:0:0/96", {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, true}},
	{"64:ff9b::/96", {{0x00, 0x64, 0xff, 0x9b}, 96, true}},
	{"64:ff9b:1::/48", {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, true}},
	/* discard, dummy, IETF protocols with Teredo and ORCHID, documentation, 6to4 */
	{"100::/64", {{0x01, 0x00}, 64, true}},
	{"100:0:0:1::/64", {{0x01, 0x00, 0, 0, 0, 0, 0, 0x01}, 64, true}},
	{"2001::/23", {{0x20, 0x01}, 23, true}},
	{"2001:db8::/32", {{0x20, 0x01, 0x0d, 0xb8}, 32, true}},
	{"2002::/16", {{0x20, 0x02}, 16, true}},
	/* AS112, documentation, segment routing */
	{"2620:4f:8000::/48", {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48, true}},
	{"3fff::/20", {{0x3f, 0xff}, 20, true}},
	{"5f00::/16", {{0x5f, 0x00}, 16, true}},
	/* unique local, where clouds have metadata too; link-local, site-local, multicast */
	{"fc00::/7", {{0xfc}, 7, true}},
	{"fe80::/10", {{0xfe, 0x80}, 10, true}},
	{"fec0::/10", {{0xfe, 0xc0}, 10, true}},
	{"ff00::/8", {{0xff}, 8, true}},
};

/* ::ffff:0:0/96, IPv4-mapped */
static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* The address of ${sa} as a range of one. False for families other than IPv4 and IPv6. */
static bool
range_of(const struct sockaddr *sa, struct address_range *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	*out = (struct address_range){.v6 = false};
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(out->bytes, &in.sin_addr, 4);
		out->bits = 32;
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(out->bytes, &in6.sin6_addr, 16);
		out->bits = 128;
		out->v6 = true;
	} else {
		return false;
	}
	return true;
}

/* What is mapped into IPv6 is IPv4. */
static void
unwrap(struct address_range *range)
{
	if (!range->v6 || range->bits < 96 || memcmp(range->bytes, mapped, sizeof(mapped)) != 0)
		return;
	memmove(range->bytes, range->bytes + sizeof(mapped), 4);
	memset(range->bytes + 4, 0, 12);
	range->bits -= 96;
	range->v6 = false;
}

static bool
holds(const struct address_range *range, const struct address_range *address)
{
	size_t whole = range->bits / 8;
	unsigned rest = range->bits % 8;

	if (range->v6 != address->v6 || memcmp(range->bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 || (range->bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

/* Read "0" to ${max}, digits only, no leading zero. */
static int
parse_bits(const char *text, unsigned max, unsigned *bits)
{
	unsigned n = 0;

	if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (unsigned)(*text - '0');
		if (n > max)
			return -1;
	}
	*bits = n;
	return 0;
}

static bool
clear_below_prefix(const struct address_range *range)
{
	for (unsigned i = range->bits; i < (range->v6 ? 128 : 32); i++)
		if (range->bytes[i / 8] >> (7 - i % 8) & 1)
			return false;
	return true;
}

static int
parse_range(const char *cidr, struct address_range *out)
{
	const char *slash = strchr(cidr, '/');
	size_t len = slash != NULL ? (size_t)(slash - cidr) : strlen(cidr);
	struct sockaddr_storage ss;
	char text[ADDRESS_TEXT_MAX];

	if (len >= sizeof(text))
		return -1;
	memcpy(text, cidr, len);
	text[len] = '\0';
	if (address_parse(text, &ss) != 0 || !range_of((const struct sockaddr *)&ss, out))
		return -1;
	if (slash != NULL && parse_bits(slash + 1, out->bits, &out->bits) != 0)
		return -1;
	if (!clear_below_prefix(out))
		return -1;
	unwrap(out);
	return 0;
}

void
address_policy_init(struct address_policy *policy)
{
	*policy = (struct address_policy){0};
}

void
address_policy_release(struct address_policy *policy)
{
	free(policy->allowed);
	address_policy_init(policy);
}

int
address_policy_allow(struct address_policy *policy, const char *cidr)
{
	struct address_range range, *grown;

	if (parse_range(cidr, &range) != 0) {
		errno = EINVAL;
		return -1;
	}
	grown = realloc(policy->allowed, (policy->len + 1) * sizeof(*grown));
	if (grown == NULL)
		return -1;
	grown[policy->len++] = range;
	policy->allowed = grown;
	return 0;
}

static bool
is_opened(const struct address_policy *policy, const struct address_range *address)
{
	for (size_t i = 0; i < policy->len; i++)
		if (holds(&policy->allowed[i], address))
			return true;
	return false;
}

bool
address_allowed(const struct address_policy *policy, const struct sockaddr *sa)
{
	struct address_range address;

	if (!range_of(sa, &address))
		return false;
	unwrap(&address);
	return is_opened(policy, &address);
}

const char *
address_refused(const struct address_policy *policy, const struct sockaddr *sa)
{
	struct address_range address;

	if (!range_of(sa, &address))
		return "not an internet address";
	unwrap(&address);
	if (is_opened(policy, &address))
		return NULL;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (holds(&refused[i].range, &address))
			return refused[i].text;
	return NULL;
}

int
address_parse(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	char again[INET_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		memcpy(out, &in6, sizeof(in6));
		return 0;
	}
	/* There and back again: some C libraries take leading zeros, and as octal. */
	if (inet_pton(AF_INET, text, &in.sin_addr) != 1 ||
		inet_ntop(AF_INET, &in.sin_addr, again, sizeof(again)) == NULL ||
		strcmp(text, again) != 0)
		return -1;
	memcpy(out, &in, sizeof(in));
	return 0;
}

char *
address_format(const struct sockaddr *sa, char out[ADDRESS_TEXT_MAX])
{
	static const char unknown[] = "not an internet address";
	struct address_range address;

	if (!range_of(sa, &address) || inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes,
					       out, ADDRESS_TEXT_MAX) == NULL)
		memcpy(out, unknown, sizeof(unknown));
	return out;
}
