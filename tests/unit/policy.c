/* policy - which URLs and addresses a delivery may go to, and what each option opens. */
#include "unit.h"
#include "policy.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Why ${policy} refuses ${text}, or "fine". */
static const char *
judge_url(const struct policy *policy, const char *text)
{
	static char error[POLICY_ERROR_MAX];
	const char *why;
	struct url url;

	if (url_parse(text, strlen(text), &url, &why) != 0)
		return why;
	return policy_check_url(policy, &url, error) ? "fine" : error;
}

/* Why ${policy} does not let https://${host}/ go to ${address}, or "fine". */
static const char *
judge_address(const struct policy *policy, const char *host, const char *address)
{
	static char error[POLICY_ERROR_MAX];
	struct url url = {.https = true};
	struct sockaddr_storage sa;

	snprintf(url.host, sizeof(url.host), "%s", host);
	if (address_parse(address, &sa) != 0)
		return "malformed";
	return policy_check_address(policy, &url, (const struct sockaddr *)&sa, error) ? "fine"
										       : error;
}

static void
test_closed(void)
{
	struct policy policy;

	policy_init(&policy);
	EXPECT_STR(judge_url(&policy, "https://hooks.example.com/a"), "fine");
	EXPECT_STR(judge_url(&policy, "https://hooks.example.com:8443/a"), "fine");
	EXPECT_STR(judge_url(&policy, "http://hooks.example.com/a"),
		"the URL is http, not https; --allow-http would open it");
	EXPECT_STR(judge_url(&policy, "https://10.1.2.3/"),
		"the URL's host is an address, 10.1.2.3 in 10.0.0.0/8; --allow-net 10.1.2.3 would "
		"open it");
	EXPECT_STR(judge_url(&policy, "https://8.8.8.8/"),
		"the URL's host is an address, 8.8.8.8; --allow-net 8.8.8.8 would open it");
	EXPECT_STR(judge_url(&policy, "https://[2606:4700::1]/"),
		"the URL's host is an address, 2606:4700::1; --allow-net 2606:4700::1 would open "
		"it");
	EXPECT_STR(judge_url(&policy, "https://[::ffff:10.0.0.1]/"),
		"the URL's host is an address, ::ffff:10.0.0.1 in 10.0.0.0/8; --allow-net "
		"::ffff:10.0.0.1 would open it");
	policy_release(&policy);
}

static void
test_odd_addresses(void)
{
	static const char *const hosts[] = {"127.1", "2130706433", "0x7f.0.0.1", "0x7f000001",
		"017700000001", "127.0.0.1.", "0177.0.0.1", "127.0.0.01", "1.2.3", "256.1.1.1"};
	struct policy policy;

	policy_init(&policy);
	for (int opened = 0; opened < 2; opened++) {
		for (size_t i = 0; i < COUNT(hosts); i++) {
			char url[64], want[128];
			size_t len = strlen(hosts[i]);

			snprintf(url, sizeof(url), "https://%s/", hosts[i]);
			len -= hosts[i][len - 1] == '.';
			snprintf(want, sizeof(want),
				"the URL's host is an address, oddly spelled: %.*s", (int)len,
				hosts[i]);
			EXPECT_STR(judge_url(&policy, url), want);
		}
		EXPECT(address_policy_allow(&policy.addresses, "0.0.0.0/0") == 0);
	}
	policy_release(&policy);
}

static void
test_allow_net(void)
{
	struct policy policy;

	policy_init(&policy);
	EXPECT(address_policy_allow(&policy.addresses, "10.1.0.0/16") == 0);
	EXPECT_STR(judge_url(&policy, "https://10.1.2.3/"), "fine");
	EXPECT_STR(judge_url(&policy, "https://[::ffff:10.1.2.3]/"), "fine");
	EXPECT_STR(judge_url(&policy, "https://10.2.2.3/"),
		"the URL's host is an address, 10.2.2.3 in 10.0.0.0/8; --allow-net 10.2.2.3 would "
		"open it");
	EXPECT_STR(judge_url(&policy, "http://10.1.2.3/"),
		"the URL is http, not https; --allow-http would open it");
	EXPECT_STR(judge_address(&policy, "a.test", "10.1.255.255"), "fine");
	EXPECT_STR(judge_address(&policy, "a.test", "::ffff:10.1.0.0"), "fine");
	EXPECT_STR(judge_address(&policy, "a.test", "10.2.0.0"),
		"a.test has the address 10.2.0.0, in 10.0.0.0/8; --allow-net 10.2.0.0 would open "
		"it");
	EXPECT_STR(judge_address(&policy, "a.test", "9.9.9.9"), "fine");
	policy_release(&policy);
}

static void
test_allow_net_local(void)
{
	struct policy policy;

	policy_init(&policy);
	EXPECT(address_policy_allow(&policy.addresses, "127.0.0.0/8") == 0);
	EXPECT_STR(judge_url(&policy, "https://localhost/"),
		"localhost is this machine; --allow-host localhost would open it");
	EXPECT_STR(judge_url(&policy, "https://a.localhost./"),
		"a.localhost is this machine; --allow-host a.localhost would open it");
	policy_release(&policy);
}

static void
test_allow_host(void)
{
	struct policy policy;

	policy_init(&policy);
	EXPECT(policy_allow_host(&policy, "Hooks.Internal") == 0);
	EXPECT(policy_allow_host(&policy, "localhost") == 0);
	EXPECT(policy_allow_host(&policy, "10.0.0.1") == 0);
	EXPECT_STR(judge_url(&policy, "https://localhost/"), "fine");
	EXPECT_STR(judge_url(&policy, "https://LOCALHOST./"), "fine");
	EXPECT_STR(judge_url(&policy, "https://a.localhost/"),
		"a.localhost is this machine; --allow-host a.localhost would open it");
	EXPECT_STR(judge_url(&policy, "http://localhost/"),
		"the URL is http, not https; --allow-http would open it");
	EXPECT_STR(judge_address(&policy, "hooks.internal", "10.0.0.1"), "fine");
	EXPECT_STR(judge_address(&policy, "hooks.internal", "169.254.169.254"), "fine");
	EXPECT_STR(judge_address(&policy, "hooks.internal", "::1"), "fine");
	EXPECT_STR(judge_address(&policy, "a.hooks.internal", "10.0.0.1"),
		"a.hooks.internal has the address 10.0.0.1, in 10.0.0.0/8; --allow-net 10.0.0.1 "
		"would open it");
	EXPECT_STR(judge_address(&policy, "internal", "::1"),
		"internal has the address ::1, in ::/96; --allow-net ::1 would open it");
	/* a name was opened, not an address in a URL */
	EXPECT_STR(judge_url(&policy, "https://10.0.0.1/"),
		"the URL's host is an address, 10.0.0.1 in 10.0.0.0/8; --allow-net 10.0.0.1 would "
		"open it");
	policy_release(&policy);
}

static void
test_allow_host_names(void)
{
	static const char *const malformed[] = {"", "a/b", "a:443", "me@a", "a b", "https://a"};
	struct policy policy;

	policy_init(&policy);
	for (size_t i = 0; i < COUNT(malformed); i++)
		EXPECT(policy_allow_host(&policy, malformed[i]) == -1);
	for (size_t i = 0; i < POLICY_HOSTS_MAX; i++)
		EXPECT(policy_allow_host(&policy, "a.test") == 0);
	EXPECT(policy_allow_host(&policy, "b.test") == -1);
	EXPECT(policy_host_is_open(&policy, "a.test"));
	EXPECT(!policy_host_is_open(&policy, "b.test"));
	policy_release(&policy);
}

static void
test_allow_http(void)
{
	struct policy policy;

	policy_init(&policy);
	policy.allow_http = true;
	EXPECT_STR(judge_url(&policy, "http://a.test/"), "fine");
	EXPECT_STR(judge_url(&policy, "https://a.test/"), "fine");
	EXPECT_STR(judge_url(&policy, "http://127.0.0.1/"),
		"the URL's host is an address, 127.0.0.1 in 127.0.0.0/8; --allow-net 127.0.0.1 "
		"would open it");
	EXPECT_STR(judge_url(&policy, "http://localhost/"),
		"localhost is this machine; --allow-host localhost would open it");
	EXPECT_STR(judge_address(&policy, "a.test", "127.0.0.1"),
		"a.test has the address 127.0.0.1, in 127.0.0.0/8; --allow-net 127.0.0.1 would "
		"open it");
	policy_release(&policy);
}

static void
test_longest(void)
{
	char host[URL_HOST_MAX + 1];
	struct policy policy;

	memset(host, 'a', URL_HOST_MAX);
	host[63] = host[127] = host[191] = '.';
	memcpy(host + URL_HOST_MAX - 10, ".localhost", 11);
	policy_init(&policy);
	/* the message holds the name twice, and whole */
	EXPECT(strstr(judge_address(&policy, host, "::1"), "--allow-net ::1 would open it") !=
		NULL);
	EXPECT(strlen(judge_address(&policy, host, "::1")) > URL_HOST_MAX);
	policy_release(&policy);
}

int
main(void)
{
	RUN(test_closed, "policy: https to names, and nothing else, when nothing is opened");
	RUN(test_odd_addresses, "policy: an oddly spelled address is refused whatever is opened");
	RUN(test_allow_net,
		"policy: an opened range holds for URLs and names, and only for its addresses");
	RUN(test_allow_net_local, "policy: an opened range does not open localhost as a name");
	RUN(test_allow_host, "policy: an opened host is open wherever it is, and no other name is");
	RUN(test_allow_host_names, "policy: names that can be opened, and how many");
	RUN(test_allow_http, "policy: allowing http opens no address and no local name");
	RUN(test_longest, "policy: the longest host fits into the message");
	UNIT_DONE();
}
