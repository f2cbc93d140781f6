/*
 * wandb_options - the options by which every program that asks a W&B server is told how patient to
 * be, and where the server and its key are.
 */
#ifndef WB_WANDB_OPTIONS_H
#define WB_WANDB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "graphql.h"
#include "options.h"
#include "policy_options.h"

#define WANDB_SERVER_MAX 1024 /* bytes of a server's URL, NUL included */

enum { WANDB_TIMEOUT = 9600, WANDB_RETRIES, WANDB_RETRY_MAX_TIME };
/* clang-format off */
#define WANDB_OPTIONS                                                                              \
	{WANDB_TIMEOUT, 0, "timeout", "TIME", "give a request TIME in all (default 60s)"},         \
	{WANDB_RETRIES, 'r', "retries", "N", "try a request again at most N times (default 5)"},   \
	{WANDB_RETRY_MAX_TIME, 0, "retry-max-time", "TIME",                                        \
		"begin no attempt later than TIME after the first one (default 5m)"}
/* clang-format on */

struct wandb_args {
	struct policy_args policy;
	struct graphql_options graphql; /* its secrets are owned */
	char server[WANDB_SERVER_MAX];
};

/**
 * wandb_args_init(args), wandb_args_release(args):
 * Init sets what holds without options. Returns 0, or -1 after a message; to be released either
 * way.
 */
int wandb_args_init(struct wandb_args *args);
void wandb_args_release(struct wandb_args *args);

/**
 * wandb_option(args, id, value):
 * Take one of WANDB_OPTIONS or POLICY_OPTIONS, or of SECRET_PLACES, for the key.
 * Returns 0, or -1 after a message.
 */
int wandb_option(struct wandb_args *args, int id, const char *value);

/**
 * wandb_args_finish(args):
 * After the options: find the server, by $WANDB_BASE_URL, and where its key may be: beside the
 * usual places, in ~/.netrc. From then on args->graphql is for graphql_new. Returns 0, or -1 after
 * a message.
 */
int wandb_args_finish(struct wandb_args *args);

#endif
