#include "config_check.h"

#include <string.h>

#include "url.h"

/* The server, if it is named here, and the key for it. */
void
config_check_launch(const struct config_check *check, const struct config_automation *a)
{
	const struct json_span *server = &a->launch.member[LAUNCH_URL],
			       *key = &a->launch.member[LAUNCH_KEY];
	const char *name = key->type != JSON_NONE ? key->p + 1 : &LAUNCH_API_KEY[1];
	const size_t len = key->type != JSON_NONE ? key->len - 1 : strlen(name);
	char denied[POLICY_ERROR_MAX];
	const char *host = NULL, *why;
	struct secret value;
	struct url url;

	if (server->type != JSON_NONE && url_parse(server->p, server->len, &url, &why) == 0) {
		host = url.host;
		if (!policy_check_url(check->policy, &url, denied))
			config_warn(check, a->file, server->p - 1, "would be denied: %s", denied);
	}
	if (check->secrets != NULL &&
		(host != NULL ? secret_get(check->secrets, name, len, host, &value, &why)
			      : secret_peek(check->secrets, name, len, &value, &why)) != 0)
		config_warn(check, a->file,
			key->type != JSON_NONE ? key->p - 1 : a->launch.member[LAUNCH_QUEUE].p - 1,
			"secret $%.*s: %s", CONFIG_SHOWN(len), name, why);
}
