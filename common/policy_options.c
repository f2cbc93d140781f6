#include "policy_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "portable.h"
#include "url.h"

void
policy_args_init(struct policy_args *args)
{
	policy_init(&args->policy);
	args->proxy = args->ca_file = NULL;
}

void
policy_args_release(struct policy_args *args)
{
	policy_release(&args->policy);
}

static int
allow_net(struct policy *policy, const char *cidr)
{
	if (address_policy_allow(&policy->addresses, cidr) == 0)
		return 0;
	if (errno == ENOMEM)
		diag("out of memory");
	else
		diag("--allow-net takes a range such as 10.1.0.0/16 or fd00::/8, not '%s'", cidr);
	return -1;
}

/* Whether ${rest}, of a proxy's URL behind the scheme, is a host, with or without user and port. */
static bool
check_proxy(const char *rest, const char **wrong)
{
	const size_t len = strcspn(rest, "/?#");
	const char *at = portable_last(rest, '@', len), *host = at != NULL ? at + 1 : rest;
	char text[sizeof("http://") + URL_HOST_MAX + sizeof("[]:65535")];
	struct url url;

	*wrong = "a path behind the host";
	if (rest[len] != '\0' && strcmp(rest + len, "/") != 0)
		return false;
	*wrong = "a space or control character in front of the host";
	for (const char *p = rest; p < host; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	*wrong = "a host that is too long";
	if ((size_t)snprintf(text, sizeof(text), "http://%.*s", (int)(len - (size_t)(host - rest)),
		    host) >= sizeof(text))
		return false;
	return url_parse(text, strlen(text), &url, wrong) == 0;
}

/*
 * A proxy must look names up itself: libcurl would look them up for the other kinds, unseen by the
 * policy. And an empty one is an unset variable. It may hold a password, so it is not shown.
 */
static int
set_proxy(struct policy_args *args, const char *value)
{
	static const char *const schemes[] = {"http://", "https://", "socks5h://", "socks4a://"};
	const char *wrong;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i]);

		if (strncmp(value, schemes[i], len) != 0 || value[len] == '\0')
			continue;
		if (check_proxy(value + len, &wrong)) {
			args->proxy = value;
			return 0;
		}
		diag("--proxy takes a URL such as http://proxy.acme.example:3128; this one has %s",
			wrong);
		return -1;
	}
	diag("--proxy takes a URL that starts with http://, https://, socks5h:// or socks4a://");
	return -1;
}

int
policy_option(struct policy_args *args, int id, const char *value)
{
	switch (id) {
	case POLICY_ALLOW_HTTP:
		args->policy.allow_http = true;
		return 0;
	case POLICY_ALLOW_NET:
		return allow_net(&args->policy, value);
	case POLICY_ALLOW_HOST:
		return policy_allow_host(&args->policy, value);
	case POLICY_PROXY:
		return set_proxy(args, value);
	default:
		args->ca_file = value;
		return 0;
	}
}
