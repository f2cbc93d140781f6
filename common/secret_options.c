#include "secret_options.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"

#define TIMEOUT_MAX_MS ((uint64_t)3600 * 1000)

int
secret_option(struct secret_store *store, int id, const char *value)
{
	uint64_t ms;

	if (id == SECRET_SECRETS)
		return secret_store_add(store, value);
	if (id == SECRET_TIMEOUT) {
		if (options_duration("secret-timeout", value, TIMEOUT_MAX_MS, &ms) != 0)
			return -1;
		secret_store_set_limit(store, ms);
		return 0;
	}
	if (id == SECRET_HOST)
		return secret_store_bind(store, value);
	secret_store_bound_only(store);
	return 0;
}

/* Call ${take} for every part of the environment variable ${variable}. */
static int
each(struct secret_store *store, const char *variable,
	int (*take)(struct secret_store *, const char *))
{
	const char *list = getenv(variable);
	char *copy, *rest, *part;
	int status = 0;

	if (list == NULL)
		return 0;
	if ((rest = copy = strdup(list)) == NULL) {
		diag("out of memory");
		return -1;
	}
	while (status == 0 && (part = strsep(&rest, ",")) != NULL)
		if (*part != '\0')
			status = take(store, part);
	if (status != 0)
		diag("the environment variable %s says so", variable);
	free(copy);
	return status;
}

int
secret_environment_places(struct secret_store *store)
{
	return secret_store_has_providers(store) ? 0 : each(store, "WB_SECRETS", secret_store_add);
}

int
secret_environment(struct secret_store *store)
{
	if (secret_environment_places(store) != 0)
		return -1;
	return each(store, "WB_SECRET_HOSTS", secret_store_bind_default);
}
