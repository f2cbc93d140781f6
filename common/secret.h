/*
 * secret - values looked up by name, when needed and by the tool that needs them; bound to hosts;
 * wiped after use.
 *
 * Configuration and pipes hold references only: "$NAME" (secret_ref.h). Default providers, in this
 * order: environment variable NAME, file $CREDENTIALS_DIRECTORY/NAME (systemd), file
 * /run/secrets/NAME. The last newline (LF or CRLF) of a file, or of what a program prints, is not
 * part of the value. Values are cached for the life of the store in memory that is locked against
 * swapping where the limits allow and left out of core dumps, and are overwritten by
 * secret_store_free. The environment is left as it is.
 *
 * Records mention names, and strangers may write records: what a million names take that are none
 * is bounded.
 */
#ifndef WB_SECRET_H
#define WB_SECRET_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret_mask.h"
#include "secret_ref.h"
#include "secret_value.h"

#define SECRET_FDS_MAX 8 /* descriptors that are waited for at the same time */

#define SECRET_FAILURES_MAX 1024  /* names without a value that are remembered, the last ones */
#define SECRET_PAUSE_MAX_MS 10000 /* see secret_store_pause_ms */

struct secret_store;

/**
 * secret_store_new():
 * A store with no provider yet; NULL when memory runs out. Turns core dumps of this process off
 * (RLIMIT_CORE, and PR_SET_DUMPABLE where there is one).
 */
struct secret_store *secret_store_new(void);

/**
 * secret_store_free(store):
 * Overwrite and free every value.
 */
void secret_store_free(struct secret_store *store);

/**
 * secret_store_add(store, spec):
 * Add a provider: "env", "dir:PATH" (file PATH/NAME, which others may not read or write, in a
 * directory to which only its owner can write, unless it is sticky and the file is root's or ours),
 * "exec:COMMAND" (a helper, run with NAME as its last argument: secret_command.h, secret_helper.h),
 * or "default", all the default ones. Those added are asked in order, until one knows the name, and
 * replace the default ones. Returns 0, or -1 after a message (diag).
 */
int secret_store_add(struct secret_store *store, const char *spec);

/**
 * secret_store_add_netrc(store, path, machine):
 * Ask, after those that there are, or the default ones, the file ${path} for the password of
 * ${machine}, whatever name is looked up. Returns 0, or -1 when memory runs out.
 */
int secret_store_add_netrc(struct secret_store *store, const char *path, const char *machine);

/**
 * secret_store_has_providers(store):
 * Whether secret_store_add added one (or the first look-up the default ones).
 */
bool secret_store_has_providers(const struct secret_store *store);

/**
 * secret_store_set_limit(store, ms):
 * How long a helper may take; SECRET_HELPER_LIMIT_MS by default.
 */
void secret_store_set_limit(struct secret_store *store, uint64_t ms);

/**
 * secret_store_pause_ms(store):
 * For how long a helper that failed is not asked for the same name again: as long as it may take,
 * at most SECRET_PAUSE_MAX_MS.
 */
int64_t secret_store_pause_ms(const struct secret_store *store);

/**
 * secret_store_bind(store, binding):
 * From now on the secret NAME of "NAME=HOST" goes to HOST only; repeat it for more hosts. HOST is a
 * host name, or an address as the URL spells it; any case, no port. Returns 0, or -1 after a
 * message, which leaves out what stands behind "=": it may be a value, given by mistake.
 */
int secret_store_bind(struct secret_store *store, const char *binding);

/**
 * secret_store_bind_default(store, binding):
 * The same, unless secret_store_bind was called for NAME before.
 */
int secret_store_bind_default(struct secret_store *store, const char *binding);

/**
 * secret_store_bound_only(store):
 * From now on a secret without a binding goes nowhere.
 */
void secret_store_bound_only(struct secret_store *store);

/**
 * secret_get(store, name, len, host, out, error):
 * Look up the secret of ${len} bytes at ${name} (without "$") for use with ${host} (as struct url
 * has it; NULL for a use that sends it nowhere, which only a secret without binding allows, and no
 * secret does after secret_store_bound_only). Returns SECRET_FOUND and fills *${out}, or another
 * enum secret_status but SECRET_ABSENT with *${error} set to a text without the value, valid until
 * the next call: "not found in the environment, /run/secrets", "is empty", "is not bound to this
 * host", "file is readable or writable by others", "helper 'get' ended with status 1" and so on.
 * Values and refusals are cached: a provider is asked once a name. So are failures of helpers for a
 * while; what such a one said on standard error is told (diag). A name refused to ${host} is not
 * looked up.
 */
enum secret_status secret_get(struct secret_store *store, const char *name, size_t len,
	const char *host, struct secret *out, const char **error);

/**
 * secret_origin(store, name, out):
 * Where the value of the secret ${name} is from that was found, or that cannot be used, for
 * messages; "" if there was none. Returns ${out}.
 */
const char *secret_origin(const struct secret_store *store, const char *name,
	char out[SECRET_ORIGIN_MAX]);

/**
 * secret_peek(store, name, len, out, error):
 * The same whatever the bindings say: for a secret that is the URL itself, whose host must be known
 * before secret_get can judge. The value must go nowhere until secret_get has allowed it.
 */
enum secret_status secret_peek(struct secret_store *store, const char *name, size_t len,
	struct secret *out, const char **error);

/**
 * secret_store_go_on(store):
 * From now on secret_get and _peek do not wait for a helper but return SECRET_PENDING until
 * secret_store_next says that one is over. To be called before either.
 */
void secret_store_go_on(struct secret_store *store);

/**
 * secret_store_next(store):
 * Go on with helpers, without waiting. Returns whether a look-up is over; there may be more.
 */
bool secret_store_next(struct secret_store *store);

/**
 * secret_store_poll(store, fds, until_ms):
 * When secret_store_next has something to do: when it is *${until_ms} by clock_ms (-1: never), or
 * when one of ${fds} is ready, of which there are as many as this returns.
 */
size_t secret_store_poll(const struct secret_store *store, struct pollfd fds[SECRET_FDS_MAX],
	int64_t *until_ms);

/**
 * secret_store_stop(store):
 * End all helpers, and ask none any more.
 */
void secret_store_stop(struct secret_store *store);

/**
 * secret_store_keep(store, name, value, len):
 * Keep what was made of secrets, such as what stands in a header, as the secret ${name}, which
 * nothing looks up: so that it is masked and overwritten as they are. Returns 0, or -1 when memory
 * runs out or it is too long.
 */
int secret_store_keep(struct secret_store *store, const char *name, const char *value, size_t len);

/**
 * secret_mask(store, more, text, len, shown, cut):
 * Overwrite with '*', in place, every occurrence in the first ${shown} of ${len} bytes at ${text}
 * of a value that the store has looked up, of its base64, alone or inside of other data, or of what
 * is in ${more}, which may be NULL; in any spelling and otherwise as secret_mask_apply does it. For
 * what a server sent back. Values of fewer than 4 bytes are masked too. Needs no memory, so it
 * cannot fail.
 */
void secret_mask(const struct secret_store *store, const struct secret_mask *more, char *text,
	size_t len, size_t shown, bool cut);

#endif
