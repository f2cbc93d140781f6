#include "policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "diag.h"

void
policy_init(struct policy *policy)
{
	policy->nhosts = 0;
	policy->allow_http = false;
	address_policy_init(&policy->addresses);
}

void
policy_release(struct policy *policy)
{
	address_policy_release(&policy->addresses);
}

int
policy_allow_host(struct policy *policy, const char *name)
{
	if (*name != '\0' && strpbrk(name, "/:@ ") == NULL && policy->nhosts < POLICY_HOSTS_MAX) {
		policy->hosts[policy->nhosts++] = name;
		return 0;
	}
	diag("--allow-host takes a host's name, at most %d times, not '%s'", POLICY_HOSTS_MAX,
		name);
	return -1;
}

bool
policy_host_is_open(const struct policy *policy, const char *host)
{
	for (size_t i = 0; i < policy->nhosts; i++)
		if (strcasecmp(policy->hosts[i], host) == 0)
			return true;
	return false;
}

/*
 * An address in the URL itself is refused in every spelling, but for a plain one inside
 * a range that was opened.
 */
static bool
check_literal(const struct policy *policy, const struct url *url, char error[POLICY_ERROR_MAX])
{
	static const struct address_policy nothing_open = {NULL, 0};
	struct sockaddr_storage sa;
	const char *refused;

	if (!url->canonical || address_parse(url->host, &sa) != 0) {
		snprintf(error, POLICY_ERROR_MAX, "the URL's host is an address, oddly spelled: %s",
			url->host);
		return false;
	}
	if (address_allowed(&policy->addresses, (struct sockaddr *)&sa))
		return true;
	refused = address_refused(&nothing_open, (struct sockaddr *)&sa);
	snprintf(error, POLICY_ERROR_MAX,
		"the URL's host is an address, %s%s%s; --allow-net %s would open it", url->host,
		refused != NULL ? " in " : "", refused != NULL ? refused : "", url->host);
	return false;
}

bool
policy_check_url(const struct policy *policy, const struct url *url, char error[POLICY_ERROR_MAX])
{
	if (!url->https && !policy->allow_http) {
		snprintf(error, POLICY_ERROR_MAX,
			"the URL is http, not https; --allow-http would open it");
		return false;
	}
	if (url->host_type == URL_HOST_ADDRESS)
		return check_literal(policy, url, error);
	if (url_is_local_name(url->host) && !policy_host_is_open(policy, url->host)) {
		snprintf(error, POLICY_ERROR_MAX,
			"%s is this machine; --allow-host %s would open it", url->host, url->host);
		return false;
	}
	return true;
}

bool
policy_check_address(const struct policy *policy, const struct url *url, const struct sockaddr *sa,
	char error[POLICY_ERROR_MAX])
{
	char text[ADDRESS_TEXT_MAX];
	const char *refused;

	if (policy_host_is_open(policy, url->host) ||
		(refused = address_refused(&policy->addresses, sa)) == NULL)
		return true;
	/* No more than is needed; an IPv4 address within IPv6 is opened by its range. */
	address_format(sa, text);
	snprintf(error, POLICY_ERROR_MAX,
		"%s has the address %s, in %s; --allow-net %s would open it", url->host, text,
		refused,
		sa->sa_family == AF_INET6 && strchr(refused, ':') == NULL ? refused : text);
	return false;
}
