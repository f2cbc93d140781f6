/*
 * secret_options - the options by which every tool that needs secrets is told where they are
 * (SECRET_PLACES), and, if it does not say so itself, where they may go.
 */
#ifndef WB_SECRET_OPTIONS_H
#define WB_SECRET_OPTIONS_H

#include <stdbool.h>

#include "options.h"
#include "secret.h"

enum { SECRET_SECRETS = 9100, SECRET_TIMEOUT, SECRET_HOST, SECRET_BOUND_ONLY };
/* clang-format off */
#define SECRET_PLACES                                                                              \
	{SECRET_SECRETS, 0, "secrets", "SPEC", "look secrets up in SPEC: env, dir:PATH, exec:COMMAND or default (repeatable)"}, \
	{SECRET_TIMEOUT, 0, "secret-timeout", "TIME", "end COMMAND after TIME (default 10s)"}
#define SECRET_OPTIONS                                                                             \
	SECRET_PLACES,                                                                             \
	{SECRET_HOST, 0, "secret-host", "NAME=HOST", "let secret NAME go to HOST only (repeatable)"}, \
	{SECRET_BOUND_ONLY, 0, "bound-only", NULL, "let secrets without --secret-host go nowhere"}
/* clang-format on */

/**
 * secret_is_option(id):
 * Whether it is one of SECRET_OPTIONS.
 */
static inline bool
secret_is_option(int id)
{
	return id >= SECRET_SECRETS && id <= SECRET_BOUND_ONLY;
}

/**
 * secret_option(store, id, value):
 * Take one of SECRET_OPTIONS. Returns 0, or -1 after a message.
 */
int secret_option(struct secret_store *store, int id, const char *value);

/**
 * secret_environment_places(store):
 * Take $WB_SECRETS, comma-separated, where no option said otherwise. To be called after the
 * options. Returns 0, or -1 after a message.
 */
int secret_environment_places(struct secret_store *store);

/**
 * secret_environment(store):
 * The same with $WB_SECRET_HOSTS, too.
 */
int secret_environment(struct secret_store *store);

#endif
