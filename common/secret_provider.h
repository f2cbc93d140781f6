/*
 * secret_provider - places where secrets are looked up: the environment, directories of files, a
 * netrc file, and programs, which are only named here: secret_fetch.h runs them. Later kinds go
 * here.
 */
#ifndef WB_SECRET_PROVIDER_H
#define WB_SECRET_PROVIDER_H

#include "secret_command.h"
#include "secret_value.h"
#include "strbuf.h"

struct secret_provider; /* a list, in the order in which they are asked */

/**
 * secret_provider_add(list, spec):
 * Append what ${spec} describes: "env", "dir:PATH", "exec:COMMAND", or "default", which is what
 * secret_provider_add_defaults appends. Returns 0, or -1 after a message (diag).
 */
int secret_provider_add(struct secret_provider **list, const char *spec);

/**
 * secret_provider_add_defaults(list):
 * Append the environment, $CREDENTIALS_DIRECTORY and /run/secrets. In the second one, a file may
 * be called secrets_NAME, too. Returns 0, or -1 when memory runs out and nothing is appended.
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
 * secret_provider_next(p):
 * The one behind ${p}, or NULL.
 */
const struct secret_provider *secret_provider_next(const struct secret_provider *p);

/**
 * secret_provider_command(p):
 * The program that is to be asked, or NULL if ${p} is none.
 */
const struct secret_command *secret_provider_command(const struct secret_provider *p);

/**
 * secret_provider_list(list, sb):
 * Append what is asked, for people: "the environment, /run/secrets", but for netrc files.
 */
void secret_provider_list(const struct secret_provider *list, struct strbuf *sb);

/**
 * secret_provider_describe(p, name, out):
 * Say where ${p} has the secret ${name} from, for messages: "the environment variable NAME".
 * Returns ${out}.
 */
const char *secret_provider_describe(const struct secret_provider *p, const char *name,
	char out[SECRET_ORIGIN_MAX]);

/**
 * secret_provider_ask(p, name, value, error):
 * Ask ${p}, which is no program, and no others, for ${name}, a valid name. Returns SECRET_FOUND
 * with ${value} filled, SECRET_ABSENT if it does not know the name, or SECRET_REFUSED or
 * SECRET_SHORTAGE with *${error}, static, saying what is wrong with what was found.
 */
enum secret_status secret_provider_ask(const struct secret_provider *p, const char *name,
	struct secret_value *value, const char **error);

#endif
