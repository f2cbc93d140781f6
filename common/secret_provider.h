/*
 * secret_provider - where secrets are looked up: the environment, directories of
 * files. Later kinds go here.
 */
#ifndef WB_SECRET_PROVIDER_H
#define WB_SECRET_PROVIDER_H

#include <stdbool.h>

#include "secret_value.h"

struct secret_provider; /* a list, in the order in which they are asked */

/**
 * secret_provider_add(list, spec):
 * Append the provider that ${spec} describes: "env" or "dir:PATH". Returns 0, or -1
 * after a message (diag).
 */
int secret_provider_add(struct secret_provider **list, const char *spec);

/**
 * secret_provider_add_defaults(list):
 * Append the environment, $CREDENTIALS_DIRECTORY and /run/secrets. Returns 0, or -1 when memory
 * runs out and nothing is appended.
 */
int secret_provider_add_defaults(struct secret_provider **list);

/**
 * secret_provider_add_netrc(list, path, machine):
 * Append the file ${path}, as netrc has it: whatever the name that is asked for, the secret is the
 * password of ${machine}. Returns 0, or -1 when memory runs out.
 */
int secret_provider_add_netrc(struct secret_provider **list, const char *path, const char *machine);

/**
 * secret_provider_free(list):
 * Free the whole list; NULL is fine.
 */
void secret_provider_free(struct secret_provider *list);

/**
 * secret_provider_get(list, name, value):
 * Ask one after another for ${name}, a valid name, until one knows it. Returns NULL with ${value}
 * filled, or a static text: what is wrong with what was found ends the search too.
 */
const char *secret_provider_get(const struct secret_provider *list, const char *name,
	struct secret_value *value);

/**
 * secret_provider_is_short(error):
 * Whether ${error}, a text of secret_provider_get, says that memory or descriptors have run out,
 * which says nothing of the secret.
 */
bool secret_provider_is_short(const char *error);

#endif
