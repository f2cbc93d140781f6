/*
 * secret - values looked up by name, when needed and by the tool that needs them; bound to hosts; wiped after use.
 *
 * Configuration and pipes hold references only: "$NAME". Default providers, in this order: environment variable NAME,
 * file $CREDENTIALS_DIRECTORY/NAME (systemd), file /run/secrets/NAME. A file's last newline is not part of the value.
 * Values are cached for the life of the store in memory that is locked against swapping where the limits allow and left
 * out of core dumps, and are overwritten by secret_store_free.
 */
#ifndef WB_SECRET_H
#define WB_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_MAX (64 * 1024) /* bytes of a value */
#define SECRET_NAME_MAX 128    /* bytes of a name, NUL included */

struct secret_store;

/* A value: borrowed from the store, valid until it is freed. May hold any byte; never empty. */
struct secret {
	const char *value;
	size_t len;
};

/**
 * secret_ref_name(ref, len):
 * If ${len} bytes at ${ref} are a reference, "$" and a name of [A-Za-z_][A-Za-z0-9_]*, at most SECRET_NAME_MAX - 1 bytes, return the
 * length of the name, which starts at ${ref} + 1; else 0.
 */
size_t secret_ref_name(const char *ref, size_t len);

/**
 * secret_store_new():
 * A store with no provider yet; NULL when memory runs out. Turns core dumps of this process off (RLIMIT_CORE, and
 * PR_SET_DUMPABLE where there is one).
 */
struct secret_store *secret_store_new(void);

/**
 * secret_store_free(store):
 * Overwrite and free every value.
 */
void secret_store_free(struct secret_store *store);

/**
 * secret_store_add(store, spec):
 * Add a provider: "env", or "dir:PATH" (file PATH/NAME). Those added are asked in order, and replace the default ones.
 * Returns 0, or -1 after a message (diag).
 */
int secret_store_add(struct secret_store *store, const char *spec);

/**
 * secret_store_bind(store, binding):
 * From now on the secret NAME of "NAME=HOST" goes to HOST only; repeat it for more hosts. Returns 0, or -1 after a message.
 */
int secret_store_bind(struct secret_store *store, const char *binding);

/**
 * secret_store_bound_only(store):
 * From now on a secret without a binding goes nowhere.
 */
void secret_store_bound_only(struct secret_store *store);

/**
 * secret_get(store, name, len, host, out, error):
 * Look up the secret of ${len} bytes at ${name} (without "$") for use with ${host} (lower case, NULL for a use that sends it nowhere,
 * which then must not be bound-only either: NULL is allowed only to a secret without binding). Returns 0 and fills *${out}, or -1 with *${error} set
 * to a static text without the value: "not found", "is empty", "is not bound to this host", "file is readable by others" and so on.
 * Values and failures are cached: a provider is asked once a name.
 */
int secret_get(struct secret_store *store, const char *name, size_t len, const char *host, struct secret *out, const char **error);

/**
 * secret_mask(store, text, len):
 * Overwrite with '*', in place, every occurrence in ${len} bytes at ${text} of a value that the store has handed out: as it is, JSON-escaped, or
 * in base64 (as it would stand in basic authorization). For what a server sent back and for dry runs. Values of fewer than 4 bytes
 * are masked too.
 */
void secret_mask(const struct secret_store *store, char *text, size_t len);

#endif
