/*
 * config_online - whether the queues and jobs of a configuration are there, asked of the servers
 * that they are on.
 */
#ifndef WB_CONFIG_ONLINE_H
#define WB_CONFIG_ONLINE_H

#include <stddef.h>

#include "config.h"
#include "findings.h"
#include "graphql.h"

struct config_online {
	const struct config *config;
	/* how to ask; base_url is the server of actions that name none. A key goes only where the
	   store has it bound to. */
	struct graphql_options graphql;
	struct findings *findings;
	size_t unanswered; /* errors among the findings that say that something cannot be told */
};

/**
 * config_online(online):
 * Ask once for each queue and each job of all automations, disabled ones, too, and write what is
 * missing. A queue that is named with and without a priority is asked for twice: old servers know
 * nothing of priorities, which only those who use them are to be told. A server that fails is said
 * once, at the first place, and asked nothing more. A key
 * out of ~/.netrc is a warning. Webhooks are not called. Returns 0, or -1 when
 * memory ran out.
 */
int config_online(struct config_online *online);

/**
 * config_online_bind(secrets, server):
 * Let no secret of the store go anywhere but where it is bound to, and the usual key to ${server},
 * a URL. Returns 0, or -1 after a message.
 */
int config_online_bind(struct secret_store *secrets, const char *server);

#endif
