/* url - what url_parse accepts, as what, and why it refuses the rest. */
#include "unit.h"
#include "url.h"

#define HOST_63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345678"
#define HOST_253                                                                                   \
	HOST_63 "." HOST_63 "." HOST_63 "."                                                        \
		"abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-0123456"

struct url_case {
	const char *text, *want;
};

/* What url_parse makes of ${len} bytes at ${text}, in words. A copy, to find reads past the end. */
static const char *
describe(const char *text, size_t len)
{
	static char out[512];
	char *copy = malloc(len + (len == 0));
	const char *error = "no error text";
	struct url url;

	if (copy == NULL)
		return "out of memory";
	memcpy(copy, text, len);
	if (url_parse(copy, len, &url, &error) != 0)
		snprintf(out, sizeof(out), "%s", error);
	else
		snprintf(out, sizeof(out), "%s %s%s %s %u", url.https ? "https" : "http",
			url.host_type == URL_HOST_NAME ? "name" : "address",
			url.canonical ? ", canonical" : "", url.host, url.port);
	free(copy);
	return out;
}

static void
check(const struct url_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = describe(cases[i].text, strlen(cases[i].text));

		if (strcmp(got, cases[i].want) != 0)
			printf("# for %s\n", cases[i].text);
		EXPECT_STR(got, cases[i].want);
	}
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

static void
test_names(void)
{
	static const struct url_case cases[] = {
		{"https://example.com/", "https name example.com 443"},
		{"https://example.com", "https name example.com 443"},
		{"http://example.com/a?b=c", "http name example.com 80"},
		{"https://example.com?b", "https name example.com 443"},
		{"HTTPS://Hooks.Example.COM/Path", "https name hooks.example.com 443"},
		{"hTtP://X", "http name x 80"},
		{"https://example.com./", "https name example.com 443"},
		{"https://a_b.xn--bcher-kva.example/", "https name a_b.xn--bcher-kva.example 443"},
		{"https://a--b.example/", "https name a--b.example 443"},
		{"https://1.2.3.4.example/", "https name 1.2.3.4.example 443"},
		{"https://example.c0m/", "https name example.c0m 443"},
		{"https://0xg/", "https name 0xg 443"},
		{"https://x0x1/", "https name x0x1 443"},
		{"https://" HOST_63 "/", "https name " HOST_63 " 443"},
		{"https://" HOST_253 "/", "https name " HOST_253 " 443"},
		{"https://" HOST_253 "./", "https name " HOST_253 " 443"},
		{"https://x/@%5c:[]{}|^\"<>`~", "https name x 443"},
		{"https://x?u=a@b:c/d", "https name x 443"},
	};

	CHECK(cases);
}

static void
test_addresses(void)
{
	static const struct url_case cases[] = {
		{"https://1.2.3.4/", "https address, canonical 1.2.3.4 443"},
		{"https://255.255.255.255:1/", "https address, canonical 255.255.255.255 1"},
		{"https://0.0.0.0/", "https address, canonical 0.0.0.0 443"},
		{"https://1.2.3.4./", "https address 1.2.3.4 443"},
		{"https://1.2.3.04/", "https address 1.2.3.04 443"},
		{"https://01.2.3.4/", "https address 01.2.3.4 443"},
		{"https://1.2.3.256/", "https address 1.2.3.256 443"},
		{"https://1.2.3/", "https address 1.2.3 443"},
		{"https://1.2.3.4.5/", "https address 1.2.3.4.5 443"},
		{"https://127.1/", "https address 127.1 443"},
		{"https://2130706433/", "https address 2130706433 443"},
		{"https://017700000001/", "https address 017700000001 443"},
		{"https://0x7f000001/", "https address 0x7f000001 443"},
		{"https://0X7F.1/", "https address 0x7f.1 443"},
		{"https://1.0XFf/", "https address 1.0xff 443"},
		{"https://0x/", "https address 0x 443"},
		{"https://0x./", "https address 0x 443"},
		{"https://example.0/", "https address example.0 443"},
		{"https://example.09./", "https address example.09 443"},
		{"https://example.0xa/", "https address example.0xa 443"},
		{"https://[::1]/", "https address, canonical ::1 443"},
		{"https://[::]:8443", "https address, canonical :: 8443"},
		{"https://[2001:DB8::A]/", "https address, canonical 2001:db8::a 443"},
		{"https://[::ffff:10.0.0.1]/", "https address, canonical ::ffff:10.0.0.1 443"},
		{"https://[::ffff:a00:1]/", "https address, canonical ::ffff:a00:1 443"},
		{"https://[0:0:0:0:0:FFFF:10.0.0.1]/",
			"https address, canonical 0:0:0:0:0:ffff:10.0.0.1 443"},
		{"https://[1111:2222:3333:4444:5555:6666:123.123.123.123]/",
			"https address, canonical 1111:2222:3333:4444:5555:6666:123.123.123.123 "
			"443"},
	};

	CHECK(cases);
}

static void
test_bad_addresses(void)
{
	static const struct url_case cases[] = {
		{"https://[]/", "a malformed IPv6 address"},
		{"https://[1.2.3.4]/", "a malformed IPv6 address"},
		{"https://[::1::]/", "a malformed IPv6 address"},
		{"https://[:1]/", "a malformed IPv6 address"},
		{"https://[00001::]/", "a malformed IPv6 address"},
		{"https://[g::]/", "a malformed IPv6 address"},
		{"https://[v1.x]/", "a malformed IPv6 address"},
		{"https://[[::1]]/", "a malformed IPv6 address"},
		{"https://[::ffff:010.0.0.1]/", "a malformed IPv6 address"},
		{"https://[1:2:3:4:5:6:7:8:9]/", "a malformed IPv6 address"},
		{"https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]/",
			"a malformed IPv6 address"},
		{"https://[fe80::1%eth0]/", "a zone id in the address"},
		{"https://[fe80::1%25eth0]/", "a zone id in the address"},
		{"https://[::1/", "no ']' after the IPv6 address"},
		{"https://[::1/]", "no ']' after the IPv6 address"},
		{"https://[::1]x/", "neither ':' nor '/' after the host"},
		{"https://[::1].example/", "neither ':' nor '/' after the host"},
		{"https://::1/", "an empty host"},
	};

	CHECK(cases);
}

static void
test_bad_names(void)
{
	static const struct url_case cases[] = {
		{"https://", "an empty host"},
		{"https:///x", "an empty host"},
		{"https://?x", "an empty host"},
		{"https://:443/", "an empty host"},
		{"https://./", "an empty host"},
		{"https://../", "an empty label in the host name"},
		{"https://a..b/", "an empty label in the host name"},
		{"https://.a/", "an empty label in the host name"},
		{"https://a../", "an empty label in the host name"},
		{"https://1..2/", "an empty label in the host name"},
		{"https://" HOST_63 "x/", "a label longer than 63 bytes in the host name"},
		{"https://a." HOST_63 "x./", "a label longer than 63 bytes in the host name"},
		{"https://" HOST_253 "x/", "a host name longer than 253 bytes"},
		{"https://-a.example/", "a label starts or ends with a hyphen"},
		{"https://a-.example/", "a label starts or ends with a hyphen"},
		{"https://a.-1/", "a label starts or ends with a hyphen"},
		{"https://a!b/", "a character that no host name has"},
		{"https://a,b/", "a character that no host name has"},
		{"https://a;b/", "a character that no host name has"},
		{"https://a]/", "a character that no host name has"},
		{"https://a[::1]/", "a character that no host name has"},
		{"https://a%2eb/", "a percent sign in the host or port"},
		{"https://a:%34/", "a percent sign in the host or port"},
	};

	CHECK(cases);
}

static void
test_user_info(void)
{
	static const char want[] = "user info in front of the host";
	static const struct url_case cases[] = {
		{"https://user@example.com/", want},
		{"https://user:pass@example.com/", want},
		{"https://example.com:443@evil.example/", want},
		{"https://example.com:x@evil.example:99999/", want},
		{"https://@example.com/", want},
		{"https://a%40b@example.com/", want},
		{"https://a@b@c/", want},
		{"https://[::1]@example.com/", want},
		{"https://example.com:80@/", want},
	};

	CHECK(cases);
}

static void
test_ports(void)
{
	static const struct url_case cases[] = {
		{"https://x:1/", "https name x 1"},
		{"https://x:65535", "https name x 65535"},
		{"http://x:443?q", "http name x 443"},
		{"https://x:/", "an empty port"},
		{"https://x:", "an empty port"},
		{"https://[::1]:", "an empty port"},
		{"https://x:0/", "the port starts with a zero"},
		{"https://x:0443/", "the port starts with a zero"},
		{"https://x:65536/", "the port is above 65535"},
		{"https://x:4294967739/", "the port is above 65535"},
		{"https://x:99999999999999999999999/", "the port is above 65535"},
		{"https://x:+80/", "the port is not a number"},
		{"https://x:-80/", "the port is not a number"},
		{"https://x:80a/", "the port is not a number"},
		{"https://x:80:90/", "the port is not a number"},
		{"https://x:0x50/", "the port starts with a zero"},
	};

	CHECK(cases);
}

static void
test_schemes(void)
{
	static const char other[] = "the scheme is neither https nor http";
	static const struct url_case cases[] = {
		{"ftp://example.com/", other},
		{"file:///etc/passwd", other},
		{"httpss://example.com/", other},
		{"xhttps://example.com/", other},
		{"example.com", other},
		{"//example.com/", other},
		{"http", other},
		{"https", other},
		{"https:", "no '//' after the scheme"},
		{"https:/", "no '//' after the scheme"},
		{"https:example.com/", "no '//' after the scheme"},
		{"https:/example.com/", "no '//' after the scheme"},
	};

	CHECK(cases);
}

static void
test_characters(void)
{
	static const struct url_case cases[] = {
		{" https://x/", "a space"},
		{"https://x/ ", "a space"},
		{"https://x/a b", "a space"},
		{"https://x/\t", "a control character"},
		{"https://x\n/", "a control character"},
		{"https://x/\r\nHost: y", "a control character"},
		{"https://x/\x7f", "a control character"},
		{"https://x/\xc3\xa9", "a character outside ASCII"},
		{"https://\xef\xbc\x91.1.1.1/", "a character outside ASCII"},
		{"https://x\xe3\x80\x82y/", "a character outside ASCII"},
		{"https:\\\\x/", "a backslash"},
		{"https://x\\@y/", "a backslash"},
		{"https://x/a\\b", "a backslash"},
		{"https://x/#a", "a fragment, which would never be sent"},
		{"https://x#@y/", "a fragment, which would never be sent"},
	};

	CHECK(cases);
	EXPECT_STR(describe("https://x/\0", 11), "a control character");
	EXPECT_STR(describe("https://x\0.y/", 13), "a control character");
}

static void
test_lengths(void)
{
	static char text[URL_MAX + 1];

	memset(text, 'a', sizeof(text));
	memcpy(text, "https://x/", 10);
	EXPECT_STR(describe(text, URL_MAX), "https name x 443");
	EXPECT_STR(describe(text, URL_MAX + 1), "a URL longer than 8192 bytes");
	EXPECT_STR(describe("", 0), "an empty URL");
	/* Nothing after ${len} counts. */
	EXPECT_STR(describe("https://x:8443", 9), "https name x 443");
	EXPECT_STR(describe("https://x:8443", 11), "https name x 8");
}

static void
test_local_names(void)
{
	static const char *const local[] = {"localhost", "a.localhost", "a.b.localhost",
		"localhost.localdomain", "x.localhost.localdomain", "localhost4", "x.localhost4",
		"localhost4.localdomain4", "localhost6", "localhost6.localdomain6", "ip6-localhost",
		"x.ip6-localhost", "ip6-loopback"};
	static const char *const other[] = {"", "localhos", "xlocalhost", "localhost.example",
		"localdomain", "localhost5", "ip4-localhost", "example.com"};

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		EXPECT_STR(url_is_local_name(local[i]) ? local[i] : "not local", local[i]);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		EXPECT_STR(url_is_local_name(other[i]) ? "local" : other[i], other[i]);
}

int
main(void)
{
	RUN(test_names, "names are accepted and lower-cased");
	RUN(test_addresses, "addresses in any spelling are known as such");
	RUN(test_bad_addresses, "malformed addresses are refused");
	RUN(test_bad_names, "malformed names are refused");
	RUN(test_user_info, "user info is refused before anything else is read");
	RUN(test_ports, "ports");
	RUN(test_schemes, "schemes");
	RUN(test_characters, "characters that parsers disagree about are refused");
	RUN(test_lengths, "lengths");
	RUN(test_local_names, "names of the machine itself");
	UNIT_DONE();
}
