#include "secret.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "diag.h"
#include "list.h"
#include "secret_provider.h"
#include "siphash.h"
#include "table.h"

#define HOST_MAX 255 /* bytes of a host, NUL not counted */

/* A tool is told of a handful of hosts and providers: lists will do. */
struct binding {
	struct binding *next;
	char *host; /* inside name, behind its NUL */
	char name[];
};

/* Outcome of one look-up. */
struct entry {
	struct table_node node;
	struct link link;  /* in failures, unless there is a value */
	const char *error; /* static; NULL if there is a value */
	struct secret_value value;
	struct secret_pattern patterns[2 * (1 + SECRET_BASE64)]; /* of its spellings */
	char name[];
};

struct secret_store {
	struct secret_provider *providers;
	struct binding *bindings;
	struct table entries;
	struct siphash_key key; /* of their names */
	struct link failures;   /* the oldest one first */
	size_t nfailures;
	struct secret_mask mask; /* of all values */
	bool bound_only;
};

struct secret_store *
secret_store_new(void)
{
	const struct rlimit none = {0, 0};
	struct secret_store *store;

	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	if ((store = calloc(1, sizeof(*store))) == NULL)
		return NULL;
	table_init(&store->entries);
	siphash_make_key(&store->key);
	list_init(&store->failures);
	return store;
}

static void
entry_free(struct entry *e)
{
	secret_value_release(&e->value);
	free(e);
}

void
secret_store_free(struct secret_store *store)
{
	if (store == NULL)
		return;
	for (size_t i = 0; i < store->entries.nbuckets; i++) {
		for (struct table_node *n = store->entries.buckets[i], *next; n != NULL; n = next) {
			next = n->next;
			entry_free(CONTAINER(n, struct entry, node));
		}
	}
	table_release(&store->entries);
	for (struct binding *b = store->bindings, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	secret_provider_free(store->providers);
	free(store);
}

int
secret_store_add(struct secret_store *store, const char *spec)
{
	return secret_provider_add(&store->providers, spec);
}

int
secret_store_add_netrc(struct secret_store *store, const char *path, const char *machine)
{
	if (store->providers == NULL && secret_provider_add_defaults(&store->providers) != 0)
		return -1;
	return secret_provider_add_netrc(&store->providers, path, machine);
}

/* Reduce ${host} to the form of struct url; returns what is wrong with it, or NULL. */
static const char *
host_normalize(char *host)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_:";
	size_t len = strlen(host), ncolons = 0;

	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		len -= 2;
		memmove(host, host + 1, len);
	} else if (len > 1 && host[len - 1] == '.') {
		len--;
	}
	host[len] = '\0';
	if (len == 0)
		return "no host behind '='";
	for (size_t i = 0; i < len; i++) {
		ncolons += host[i] == ':';
		if (strchr(allowed, host[i]) == NULL)
			return "what stands behind '=' is not a host";
	}
	if (len > HOST_MAX)
		return "what stands behind '=' is not a host";
	return ncolons == 1 ? "the host must have no port" : NULL;
}

bool
secret_store_has_providers(const struct secret_store *store)
{
	return store->providers != NULL;
}

bool
secret_store_has_bindings(const struct secret_store *store)
{
	return store->bindings != NULL;
}

int
secret_store_bind(struct secret_store *store, const char *binding)
{
	const char *equals = strchr(binding, '=');
	size_t len = equals != NULL ? (size_t)(equals - binding) : 0;
	const char *error;
	struct binding *b;

	if (secret_name_len(binding, len) == 0) {
		diag("malformed binding of a secret: expected NAME=HOST");
		return -1;
	}
	if ((b = malloc(sizeof(*b) + strlen(binding) + 1)) == NULL) {
		diag("out of memory");
		return -1;
	}
	memcpy(b->name, binding, strlen(binding) + 1);
	b->name[len] = '\0';
	b->host = b->name + len + 1;
	if ((error = host_normalize(b->host)) != NULL) {
		diag("malformed binding of secret %s: %s", b->name, error);
		free(b);
		return -1;
	}
	b->next = store->bindings;
	store->bindings = b;
	return 0;
}

void
secret_store_bound_only(struct secret_store *store)
{
	store->bound_only = true;
}

/* Why the secret ${name} must not go to ${host}, or NULL. */
static const char *
binding_error(const struct secret_store *store, const char *name, size_t len, const char *host)
{
	bool is_bound = false;

	for (const struct binding *b = store->bindings; b != NULL; b = b->next) {
		if (strlen(b->name) != len || memcmp(b->name, name, len) != 0)
			continue;
		if (host != NULL && strcasecmp(b->host, host) == 0)
			return NULL;
		is_bound = true;
	}
	if (is_bound)
		return host != NULL ? "is not bound to this host" : "is bound to a host";
	return store->bound_only ? "is not bound to a host" : NULL;
}

/* Have ${text}, if it is not empty, masked by ${pattern}. */
static void
mask_text(struct secret_store *store, struct secret_pattern *pattern, const struct secret *text,
	enum mask_kind kind)
{
	*pattern = (struct secret_pattern){.p = text->value, .len = text->len, .kind = kind};
	if (text->len != 0)
		secret_mask_add(&store->mask, pattern);
}

/* Have the value of ${e} masked. */
static void
mask_value(struct secret_store *store, struct entry *e)
{
	const struct secret_spelling *const spellings[] = {&e->value.plain, &e->value.json};
	struct secret_pattern *next = e->patterns;

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		mask_text(store, next++, &spellings[i]->bytes, MASK_BYTES);
		for (size_t j = 0; j < SECRET_BASE64; j++)
			mask_text(store, next++, &spellings[i]->base64[j], MASK_BASE64);
	}
}

/* Remember the failure ${e}, and forget the one before SECRET_FAILURES_MAX others. */
static void
keep_failure(struct secret_store *store, struct entry *e)
{
	list_append(&store->failures, &e->link);
	if (store->nfailures++ < SECRET_FAILURES_MAX)
		return;
	e = CONTAINER(list_take(&store->failures), struct entry, link);
	table_remove(&store->entries, &e->node);
	entry_free(e);
	store->nfailures--;
}

/* One for ${name} with its ${key}, of which nothing is known yet; NULL when memory runs out. */
static struct entry *
entry_new(const char *name, uint64_t key)
{
	const size_t size = strlen(name) + 1;
	struct entry *e = calloc(1, sizeof(*e) + size);

	if (e == NULL)
		return NULL;
	memcpy(e->name, name, size);
	e->node.key = key;
	return e;
}

/* The outcome for ${name} from the providers; NULL with *${error} set if that is a shortage. */
static struct entry *
look_up(struct secret_store *store, const char *name, uint64_t key, const char **error)
{
	struct entry *e;

	*error = secret_value_no_memory;
	if (store->providers == NULL && secret_provider_add_defaults(&store->providers) != 0)
		return NULL;
	if ((e = entry_new(name, key)) == NULL)
		return NULL;
	e->error = secret_provider_get(store->providers, name, &e->value);
	if (secret_provider_is_short(e->error)) {
		*error = e->error;
		entry_free(e);
		return NULL;
	}
	if (table_add(&store->entries, &e->node) != 0) {
		entry_free(e);
		return NULL;
	}
	if (e->error == NULL)
		mask_value(store, e);
	else
		keep_failure(store, e);
	return e;
}

int
secret_peek(struct secret_store *store, const char *name, size_t len, struct secret *out,
	const char **error)
{
	char text[SECRET_NAME_MAX];
	struct table_node *node;
	const struct entry *e;
	uint64_t key;

	*error = "is not the name of a secret";
	if (secret_name_len(name, len) == 0)
		return SECRET_REFUSED;
	memcpy(text, name, len);
	text[len] = '\0';
	key = siphash(&store->key, text, len);
	if ((node = table_find(&store->entries, key)) != NULL)
		e = CONTAINER(node, struct entry, node);
	else if ((e = look_up(store, text, key, error)) == NULL)
		return SECRET_SHORTAGE;
	*error = e->error;
	if (e->error != NULL)
		return SECRET_REFUSED;
	*out = e->value.plain.bytes;
	return 0;
}

int
secret_get(struct secret_store *store, const char *name, size_t len, const char *host,
	struct secret *out, const char **error)
{
	*error = binding_error(store, name, len, host);
	return *error == NULL ? secret_peek(store, name, len, out, error) : SECRET_REFUSED;
}

int
secret_store_keep(struct secret_store *store, const char *name, const char *value, size_t len)
{
	struct entry *e = entry_new(name, siphash(&store->key, name, strlen(name)));

	if (e == NULL)
		return -1;
	if (secret_value_keep(&e->value, value, len) != NULL ||
		table_add(&store->entries, &e->node) != 0) {
		entry_free(e);
		return -1;
	}
	mask_value(store, e);
	return 0;
}

void
secret_mask(const struct secret_store *store, const struct secret_mask *more, char *text,
	size_t len, size_t shown, bool cut)
{
	const struct secret_mask *masks[] = {&store->mask, more};

	secret_mask_apply(masks, more != NULL ? 2 : 1, text, len, shown, cut);
}
