/* address - refused ranges to their edges, wrapped addresses, opened ranges, CIDR text. */
#include "unit.h"
#include "address.h"

#include <errno.h>
#include <netinet/in.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The range that refuses ${text}, or "allowed". */
static const char *
judge(const struct address_policy *policy, const char *text)
{
	struct sockaddr_storage ss;
	const char *range;

	if (address_parse(text, &ss) != 0)
		return "malformed";
	range = address_refused(policy, (const struct sockaddr *)&ss);
	return range != NULL ? range : "allowed";
}

static void
expect(const struct address_policy *policy, const char *text, const char *want)
{
	const char *got = judge(policy, text);

	if (strcmp(got, want) != 0)
		printf("# for %s\n", text);
	EXPECT_STR(got, want);
}

/* NULL before or after: there is no such address, or another range holds it. */
struct edges {
	const char *range, *first, *last, *before, *after;
};

static const struct edges ipv4[] = {
	{"0.0.0.0/8", "0.0.0.0", "0.255.255.255", NULL, "1.0.0.0"},
	{"10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
	{"100.64.0.0/10", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
	{"127.0.0.0/8", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
	{"169.254.0.0/16", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
	{"172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
	{"192.0.0.0/24", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
	{"192.0.2.0/24", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
	{"192.31.196.0/24", "192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"},
	{"192.52.193.0/24", "192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"},
	{"192.88.99.0/24", "192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"},
	{"192.168.0.0/16", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
	{"192.175.48.0/24", "192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"},
	{"198.18.0.0/15", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
	{"198.51.100.0/24", "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
	{"203.0.113.0/24", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
	{"224.0.0.0/4", "224.0.0.0", "239.255.255.255", "223.255.255.255", NULL},
	{"240.0.0.0/4", "240.0.0.0", "255.255.255.254", NULL, NULL},
	{"255.255.255.255/32", "255.255.255.255", "255.255.255.255", NULL, NULL},
	{"168.63.129.16/32", "168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"},
};

static const struct edges ipv6[] = {
	{"::/96", "::", "::ffff:ffff", NULL, "::1:0:0"},
	{"::ffff:0:0:0/96", "::ffff:0:0:0", "::ffff:0:ffff:ffff", "::fffe:ffff:ffff:ffff",
		"::ffff:1:0:0"},
	{"64:ff9b::/96", "64:ff9b::", "64:ff9b::ffff:ffff", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff",
		"64:ff9b::1:0:0"},
	{"64:ff9b:1::/48", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
		"64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::"},
	{"100::/64", "100::", "100::ffff:ffff:ffff:ffff", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		NULL},
	{"100:0:0:1::/64", "100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", NULL, "100:0:0:2::"},
	{"2001::/23", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
		"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
	{"2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
	{"2002::/16", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"},
	{"2620:4f:8000::/48", "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
		"2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8001::"},
	{"3fff::/20", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
		"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
	{"5f00::/16", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f01::"},
	{"fc00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::"},
	{"fe80::/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
	{"fec0::/10", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL},
	{"ff00::/8", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NULL},
};

/* ${wrap} stands before every address. */
static void
check_edges(const struct edges *edges, size_t n, const char *wrap)
{
	struct address_policy none;

	address_policy_init(&none);
	for (size_t i = 0; i < n; i++) {
		const struct edges *e = &edges[i];
		const char *texts[] = {e->first, e->last, e->before, e->after};

		for (size_t j = 0; j < COUNT(texts); j++) {
			char text[ADDRESS_TEXT_MAX];

			if (texts[j] == NULL)
				continue;
			snprintf(text, sizeof(text), "%s%s", wrap, texts[j]);
			expect(&none, text, j < 2 ? e->range : "allowed");
		}
	}
	address_policy_release(&none);
}

static void
test_ipv4_ranges(void)
{
	check_edges(ipv4, COUNT(ipv4), "");
}

static void
test_ipv6_ranges(void)
{
	check_edges(ipv6, COUNT(ipv6), "");
}

static void
test_mapped(void)
{
	check_edges(ipv4, COUNT(ipv4), "::ffff:");
}

static void
test_known_addresses(void)
{
	static const char *const cases[][2] = {
		{"8.8.8.8", "allowed"},
		{"1.1.1.1", "allowed"},
		{"2606:4700:4700::1111", "allowed"},
		{"2a00:1450:4001:830::200e", "allowed"},
		{"::ffff:8.8.8.8", "allowed"},
		{"::ffff:808:808", "allowed"},
		{"::ffff:7f00:1", "127.0.0.0/8"},
		{"127.0.0.1", "127.0.0.0/8"},
		{"::1", "::/96"},
		{"::8.8.8.8", "::/96"},
		{"::ffff:0:8.8.8.8", "::ffff:0:0:0/96"},
		{"64:ff9b::8.8.8.8", "64:ff9b::/96"},
		{"2002:808:808::1", "2002::/16"},
		{"2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::/23"},
		{"169.254.169.254", "169.254.0.0/16"},
		{"100.100.100.200", "100.64.0.0/10"},
		{"192.0.0.192", "192.0.0.0/24"},
		{"fd00:ec2::254", "fc00::/7"},
		{"fd20:ce::254", "fc00::/7"},
	};
	struct address_policy none;

	address_policy_init(&none);
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(&none, cases[i][0], cases[i][1]);
	address_policy_release(&none);
}

static void
test_opened(void)
{
	static const char *const ranges[] = {"10.1.0.0/16", "127.0.0.1", "192.168.3.128/25",
		"fd00:1::/32", "::1", "::ffff:172.16.1.0/120"};
	static const char *const cases[][2] = {
		{"10.1.0.0", "allowed"},
		{"10.1.255.255", "allowed"},
		{"10.0.255.255", "10.0.0.0/8"},
		{"10.2.0.0", "10.0.0.0/8"},
		{"::ffff:10.1.2.3", "allowed"},
		{"::ffff:10.2.0.0", "10.0.0.0/8"},
		{"127.0.0.1", "allowed"},
		{"127.0.0.2", "127.0.0.0/8"},
		{"192.168.3.127", "192.168.0.0/16"},
		{"192.168.3.128", "allowed"},
		{"172.16.1.9", "allowed"},
		{"172.16.2.0", "172.16.0.0/12"},
		{"8.8.8.8", "allowed"},
		{"fd00:1:ffff::1", "allowed"},
		{"fd00:2::", "fc00::/7"},
		{"::1", "allowed"},
		{"::2", "::/96"},
	};
	struct address_policy policy;

	address_policy_init(&policy);
	for (size_t i = 0; i < COUNT(ranges); i++)
		EXPECT(address_policy_allow(&policy, ranges[i]) == 0);
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(&policy, cases[i][0], cases[i][1]);
	EXPECT(address_policy_allow(&policy, "::/0") == 0);
	expect(&policy, "fd00:2::", "allowed");
	expect(&policy, "10.2.0.0", "10.0.0.0/8");
	expect(&policy, "::ffff:10.2.0.0", "10.0.0.0/8");
	EXPECT(address_policy_allow(&policy, "0.0.0.0/0") == 0);
	expect(&policy, "::ffff:10.2.0.0", "allowed");
	address_policy_release(&policy);
	EXPECT(policy.allowed == NULL && policy.len == 0);
	expect(&policy, "10.1.0.0", "10.0.0.0/8");
}

static void
test_malformed_ranges(void)
{
	static const char *const cases[] = {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/-8", "10.0.0.0/8 ", " 10.0.0.0/8",
		"10.0.0.0/ 8", "10.0.0.0/8/8", "10.0.0.0/4294967304", "10.0.0.0/255.0.0.0",
		"10.0.0.1/8", "10.0.0.0/6", "10/8", "10.0.0/24", "010.0.0.0/8", "256.0.0.0/8",
		"0x0a.0.0.0/8", "0.0.0.1/0", "fd00::/129", "fd00::1/127", "fd00::/7", "[fd00::]/8",
		"fe80::1%lo/128", "::ffff:10.0.0.1/104", "localhost", "localhost/8", "*",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/8"};
	struct address_policy policy;

	address_policy_init(&policy);
	for (size_t i = 0; i < COUNT(cases); i++) {
		errno = 0;
		EXPECT_STR(address_policy_allow(&policy, cases[i]) == 0 ? "taken" : cases[i],
			cases[i]);
		EXPECT(errno == EINVAL);
	}
	EXPECT(policy.len == 0);
	address_policy_release(&policy);
}

static void
test_text(void)
{
	static const char *const plain[] = {"0.0.0.0", "1.2.3.4", "255.255.255.255", "::", "::1",
		"fe80::1", "2001:db8::a", "::ffff:1.2.3.4"};
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.", "1.2.3.04", "01.2.3.4",
		"1.2.3.256", "0x1.2.3.4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "[::1]",
		"fe80::1%lo", "::1::", "example.com"};
	struct sockaddr_storage ss;
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < COUNT(plain); i++) {
		EXPECT(address_parse(plain[i], &ss) == 0);
		EXPECT(ss.ss_family == (strchr(plain[i], ':') != NULL ? AF_INET6 : AF_INET));
		EXPECT_STR(address_format((const struct sockaddr *)&ss, text), plain[i]);
	}
	EXPECT(address_parse("2001:0DB8:0::A", &ss) == 0);
	EXPECT_STR(address_format((const struct sockaddr *)&ss, text), "2001:db8::a");
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT_STR(address_parse(bad[i], &ss) == 0 ? "taken" : bad[i], bad[i]);
}

static void
test_other_families(void)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNIX};
	struct address_policy policy;
	char text[ADDRESS_TEXT_MAX];
	const char *range;

	address_policy_init(&policy);
	EXPECT(address_policy_allow(&policy, "0.0.0.0/0") == 0);
	EXPECT(address_policy_allow(&policy, "::/0") == 0);
	range = address_refused(&policy, (const struct sockaddr *)&ss);
	EXPECT_STR(range, "not an internet address");
	EXPECT_STR(address_format((const struct sockaddr *)&ss, text), "not an internet address");
	address_policy_release(&policy);
}

int
main(void)
{
	RUN(test_ipv4_ranges, "IPv4 ranges to their edges");
	RUN(test_ipv6_ranges, "IPv6 ranges to their edges");
	RUN(test_mapped, "IPv4-mapped addresses are judged as IPv4");
	RUN(test_known_addresses, "public, wrapped and metadata addresses");
	RUN(test_opened, "opened ranges win, and no more than these");
	RUN(test_malformed_ranges, "malformed ranges");
	RUN(test_text, "addresses as text");
	RUN(test_other_families, "other families are refused");
	UNIT_DONE();
}
