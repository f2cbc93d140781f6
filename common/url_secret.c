#include "url_secret.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define VALUE_MIN 8 /* bytes of a parameter that is a secret; shorter ones are ordinary words */

/* Services whose URLs have a secret in their path; a host that begins with a dot: any under it. */
static const struct {
	const char *host, *path;
} services[] = {
	{"hooks.slack.com", "/services/"},
	{"hooks.slack.com", "/workflows/"},
	{"hooks.slack.com", "/triggers/"},
	{"hooks.slack-gov.com", "/services/"},
	{".webhook.office.com", "/"},
	{"outlook.office.com", "/webhook/"},
	{"discord.com", "/api/webhooks/"},
	{".discord.com", "/api/webhooks/"},
	{"discordapp.com", "/api/webhooks/"},
	{"hooks.zapier.com", "/hooks/"},
	{"api.telegram.org", "/bot"},
};

/* Names of parameters, in any case. */
static const char *const parameters[] = {"access_token", "api-key", "api_key", "apikey",
	"auth_token", "password", "private_token", "secret", "sig", "signature", "token"};

static bool
is_host(const char *host, const char *known)
{
	const size_t len = strlen(host), known_len = strlen(known);

	if (known[0] != '.')
		return strcmp(host, known) == 0;
	return len > known_len && strcmp(host + len - known_len, known) == 0;
}

static bool
is_parameter(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (strlen(parameters[i]) == len && strncasecmp(parameters[i], name, len) == 0)
			return true;
	return false;
}

/* Whether one of the parameters in ${len} bytes at ${p} is a secret. */
static bool
has_secret(const char *p, size_t len)
{
	const char *const end = p + len;

	while (p < end) {
		const char *stop = memchr(p, '&', (size_t)(end - p)), *equals;

		if (stop == NULL)
			stop = end;
		equals = memchr(p, '=', (size_t)(stop - p));
		if (equals != NULL && stop - equals > VALUE_MIN &&
			is_parameter(p, (size_t)(equals - p)))
			return true;
		p = stop + 1;
	}
	return false;
}

const char *
url_secret_why(const char *text, size_t len, const struct url *url)
{
	const char *const end = text + len,
			  *path = text + strlen(url->https ? "https://" : "http://"), *query;

	/* where the authority ends */
	while (path < end && *path != '/' && *path != '?')
		path++;
	query = path < end ? memchr(path, '?', (size_t)(end - path)) : NULL;
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		const size_t need = strlen(services[i].path);

		if (is_host(url->host, services[i].host) && (size_t)(end - path) > need &&
			memcmp(path, services[i].path, need) == 0)
			return "whoever knows this URL can send there";
	}
	if (query != NULL && has_secret(query + 1, (size_t)(end - query - 1)))
		return "a parameter of this URL is a secret";
	return NULL;
}
