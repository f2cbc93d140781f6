#include "wandb_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "tls_check.h"
#include "url.h"

#define TIMEOUT_MAX_MS ((uint64_t)3600 * 1000)
#define RETRY_MAX_MS ((uint64_t)7 * 24 * 3600 * 1000)
#define SERVER "https://api.wandb.ai"

int
wandb_args_init(struct wandb_args *args)
{
	*args = (struct wandb_args){.graphql = {.secrets = secret_store_new(),
					    .policy = &args->policy.policy,
					    .jobs = 4,
					    .timeout_ms = 60000,
					    .connect_timeout_ms = 10000,
					    .retries = 5,
					    .retry_max_ms = 300000}};
	policy_args_init(&args->policy);
	if (args->graphql.secrets != NULL)
		return 0;
	diag("out of memory");
	return -1;
}

void
wandb_args_release(struct wandb_args *args)
{
	secret_store_free(args->graphql.secrets);
	policy_args_release(&args->policy);
}

int
wandb_option(struct wandb_args *args, int id, const char *value)
{
	struct graphql_options *g = &args->graphql;
	uint64_t n;

	switch (id) {
	case WANDB_TIMEOUT:
		return options_duration("timeout", value, TIMEOUT_MAX_MS, &g->timeout_ms);
	case WANDB_RETRIES:
		if (options_number("retries", value, 0, 100, &n) != 0)
			return -1;
		g->retries = (unsigned)n;
		return 0;
	case WANDB_RETRY_MAX_TIME:
		return options_duration("retry-max-time", value, RETRY_MAX_MS, &g->retry_max_ms);
	default:
		return policy_option(&args->policy, id, value);
	}
}

static int
set_server(struct wandb_args *args)
{
	const char *url = getenv("WANDB_BASE_URL");
	size_t len;

	if (url == NULL || url[0] == '\0')
		url = SERVER;
	if (strlen(url) >= sizeof(args->server)) {
		diag("WANDB_BASE_URL is too long");
		return -1;
	}
	for (len = strlen(url); len > 0 && url[len - 1] == '/';)
		len--;
	memcpy(args->server, url, len);
	args->server[len] = '\0';
	args->graphql.base_url = args->server;
	return 0;
}

static int
set_key(struct wandb_args *args)
{
	const char *home = getenv("HOME"), *wrong;
	char path[4096];
	struct url where;

	/* A URL that is none is told of later. */
	if (home == NULL || home[0] != '/' ||
		url_parse(args->server, strlen(args->server), &where, &wrong) != 0 ||
		(size_t)snprintf(path, sizeof(path), "%s/.netrc", home) >= sizeof(path))
		return 0;
	if (secret_store_add_netrc(args->graphql.secrets, path, where.host) == 0)
		return 0;
	diag("out of memory");
	return -1;
}

int
wandb_args_finish(struct wandb_args *args)
{
	if (args->policy.ca_file != NULL && tls_check_file(args->policy.ca_file, "--cacert") != 0)
		return -1;
	args->graphql.ca_file = args->policy.ca_file;
	args->graphql.proxy = args->policy.proxy;
	return set_server(args) == 0 ? set_key(args) : -1;
}
