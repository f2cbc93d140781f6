/*
 * secret_binding - which secrets may go to which hosts.
 */
#ifndef WB_SECRET_BINDING_H
#define WB_SECRET_BINDING_H

#include <stdbool.h>
#include <stddef.h>

struct secret_binding; /* a list */

/**
 * secret_binding_add(list, text, is_default):
 * Add ${text}, "NAME=HOST", as secret_store_bind has it, or, with ${is_default},
 * secret_store_bind_default. Returns 0, or -1 after a message.
 */
int secret_binding_add(struct secret_binding **list, const char *text, bool is_default);

/**
 * secret_binding_free(list):
 * NULL is fine.
 */
void secret_binding_free(struct secret_binding *list);

/**
 * secret_binding_error(list, name, len, host, bound_only):
 * Why the secret of ${len} bytes at ${name} must not go to ${host} (as struct url has it; NULL:
 * nowhere), static; or NULL if it may. With ${bound_only} one without a binding must not.
 */
const char *secret_binding_error(const struct secret_binding *list, const char *name, size_t len,
	const char *host, bool bound_only);

#endif
