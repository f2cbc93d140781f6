#include "secret.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "diag.h"
#include "secret_mask.h"
#include "secret_provider.h"
#include "secret_ref.h"

#define HOST_MAX 255 /* bytes of a host, NUL not counted */

/* A tool knows a handful of names, hosts and providers: lists will do. */
struct binding {
	struct binding *next;
	char *host; /* inside name, behind its NUL */
	char name[];
};

/* Outcome of one look-up. */
struct entry {
	struct entry *next;
	const char *error; /* static; NULL if there is a value */
	struct secret_value value;
	char name[];
};

struct secret_store {
	struct secret_provider *providers;
	struct binding *bindings;
	struct entry *entries;
	bool bound_only;
};

struct secret_store *
secret_store_new(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	return calloc(1, sizeof(struct secret_store));
}

void
secret_store_free(struct secret_store *store)
{
	if (store == NULL)
		return;
	for (struct entry *e = store->entries, *next; e != NULL; e = next) {
		next = e->next;
		secret_value_release(&e->value);
		free(e);
	}
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

/* The outcome for ${name}: the cached one, else from the providers; NULL when memory runs out. */
static struct entry *
entry_find(struct secret_store *store, const char *name)
{
	const size_t size = strlen(name) + 1;
	struct entry *e;

	for (e = store->entries; e != NULL; e = e->next) {
		if (strcmp(e->name, name) == 0)
			return e;
	}
	if (store->providers == NULL && secret_provider_add_defaults(&store->providers) != 0)
		return NULL;
	if ((e = calloc(1, sizeof(*e) + size)) == NULL)
		return NULL;
	memcpy(e->name, name, size);
	e->error = secret_provider_get(store->providers, name, &e->value);
	e->next = store->entries;
	store->entries = e;
	return e;
}

int
secret_peek(struct secret_store *store, const char *name, size_t len, struct secret *out,
	const char **error)
{
	char text[SECRET_NAME_MAX];
	const struct entry *e;

	*error = "is not the name of a secret";
	if (secret_name_len(name, len) == 0)
		return -1;
	memcpy(text, name, len);
	text[len] = '\0';
	if ((e = entry_find(store, text)) == NULL) {
		*error = "out of memory";
		return -1;
	}
	*error = e->error;
	if (e->error != NULL)
		return -1;
	*out = e->value.plain;
	return 0;
}

int
secret_get(struct secret_store *store, const char *name, size_t len, const char *host,
	struct secret *out, const char **error)
{
	*error = binding_error(store, name, len, host);
	return *error == NULL ? secret_peek(store, name, len, out, error) : -1;
}

int
secret_store_keep(struct secret_store *store, const char *name, const char *value, size_t len)
{
	const size_t size = strlen(name) + 1;
	struct entry *e = calloc(1, sizeof(*e) + size);

	if (e == NULL)
		return -1;
	memcpy(e->name, name, size);
	if (secret_value_keep(&e->value, value, len) != NULL) {
		free(e);
		return -1;
	}
	e->next = store->entries;
	store->entries = e;
	return 0;
}

void
secret_mask(const struct secret_store *store, char *text, size_t len, bool cut)
{
	const char *end = text + len, *until = text;

	/* Values may overlap: a byte is masked when all that starts up to it was looked for. */
	for (char *p = text; p < end; p++) {
		for (const struct entry *e = store->entries; e != NULL; e = e->next) {
			size_t n, m;

			if (e->error != NULL)
				continue;
			n = secret_mask_match(p, end, &e->value.plain, cut);
			m = secret_mask_match(p, end, &e->value.base64, cut);
			n = n > m ? n : m;
			if (until < p + n)
				until = p + n;
		}
		if (p < until)
			*p = '*';
	}
}
