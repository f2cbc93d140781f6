#include "secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "clock.h"
#include "diag.h"
#include "list.h"
#include "portable.h"
#include "secret_binding.h"
#include "secret_fetch.h"
#include "secret_provider.h"
#include "siphash.h"
#include "table.h"

#define SAID_LINES_MAX 5 /* of what a helper that failed said, the last ones */
#define NOT_FOUND_MAX ((size_t)16 * 1024 * 1024) /* bytes of a message that names all places */
#define PRINTED_MIN 4 /* bytes that it printed and may have said; less is in any text */

/* A name that is known, or being looked up. */
struct entry {
	struct table_node node;
	struct link link; /* in failures, if there is an error */
	enum secret_status status;
	const char *error; /* static, the store's or ${told}; NULL if there is a value */
	char *told;
	int64_t until_ms; /* how long the error is good for; 0: for ever */
	struct look_up *look_up;
	const struct secret_provider *from; /* whose value it is, or was refused; NULL: none */
	struct secret_value value;
	struct secret_pattern patterns[2 * (1 + SECRET_BASE64)]; /* of its spellings */
	char name[];
};

struct look_up {
	struct secret_fetch fetch;
	struct entry *entry;
};

struct secret_store {
	struct secret_provider *providers;
	struct secret_fetcher fetcher;
	struct secret_binding *bindings;
	struct table entries;
	struct siphash_key key; /* of their names */
	struct link failures;   /* the oldest one first */
	size_t nfailures;
	struct secret_mask mask; /* of all values */
	char *not_found;         /* what is said of a name that nobody knows; NULL: not made yet */
	bool bound_only, goes_on;
};

struct secret_store *
secret_store_new(void)
{
	const struct rlimit none = {0, 0};
	struct secret_store *store;

	(void)setrlimit(RLIMIT_CORE, &none);
	portable_hide();
	if ((store = calloc(1, sizeof(*store))) == NULL)
		return NULL;
	table_init(&store->entries);
	siphash_make_key(&store->key);
	list_init(&store->failures);
	secret_fetcher_init(&store->fetcher);
	return store;
}

static void
look_up_free(struct look_up *l)
{
	if (l != NULL)
		secret_fetch_release(&l->fetch);
	free(l);
}

static void
entry_free(struct entry *e)
{
	look_up_free(e->look_up);
	secret_value_release(&e->value);
	free(e->told);
	free(e);
}

void
secret_store_free(struct secret_store *store)
{
	if (store == NULL)
		return;
	secret_fetcher_release(&store->fetcher);
	for (size_t i = 0; i < store->entries.nbuckets; i++) {
		for (struct table_node *n = store->entries.buckets[i], *next; n != NULL; n = next) {
			next = n->next;
			entry_free(CONTAINER(n, struct entry, node));
		}
	}
	table_release(&store->entries);
	secret_binding_free(store->bindings);
	secret_provider_free(store->providers);
	free(store->not_found);
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

bool
secret_store_has_providers(const struct secret_store *store)
{
	return store->providers != NULL;
}

void
secret_store_set_limit(struct secret_store *store, uint64_t ms)
{
	store->fetcher.limit_ms = (int64_t)ms;
}

int64_t
secret_store_pause_ms(const struct secret_store *store)
{
	const int64_t limit_ms = store->fetcher.limit_ms;

	return limit_ms < SECRET_PAUSE_MAX_MS ? limit_ms : SECRET_PAUSE_MAX_MS;
}

int
secret_store_bind(struct secret_store *store, const char *binding)
{
	return secret_binding_add(&store->bindings, binding, false);
}

int
secret_store_bind_default(struct secret_store *store, const char *binding)
{
	return secret_binding_add(&store->bindings, binding, true);
}

void
secret_store_bound_only(struct secret_store *store)
{
	store->bound_only = true;
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

/* Forget ${e}, a failure. */
static void
forget(struct secret_store *store, struct entry *e)
{
	list_remove(&e->link);
	store->nfailures--;
	table_remove(&store->entries, &e->node);
	entry_free(e);
}

/* Remember the failure ${e}, and forget the one before SECRET_FAILURES_MAX others. */
static void
keep_failure(struct secret_store *store, struct entry *e)
{
	list_append(&store->failures, &e->link);
	if (++store->nfailures > SECRET_FAILURES_MAX)
		forget(store, CONTAINER(store->failures.next, struct entry, link));
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

/* Tell the end of what a helper that failed said on standard error, but for secrets. */
static void
tell_said(const struct secret_store *store, const struct entry *e, struct secret_helper *h)
{
	struct secret_pattern printed = {.p = h->intake.buf, .len = h->intake.len};
	struct secret_mask more = {.first = {NULL}};
	const char *line = h->said.buf, *end, *next;
	size_t nlines = 0;

	while (printed.len > 0 && printed.p[printed.len - 1] == '\n')
		printed.len--;
	if (printed.len >= PRINTED_MIN)
		secret_mask_add(&more, &printed);
	if (h->said.len == 0)
		return;
	secret_mask(store, &more, h->said.buf, h->said.len, h->said.len, false);
	end = line + h->said.len;
	for (const char *p = end; p > line; p--)
		if (p[-1] == '\n' && p < end && ++nlines == SAID_LINES_MAX)
			line = p;
	for (; line < end; line = next + 1) {
		if ((next = memchr(line, '\n', (size_t)(end - line))) == NULL)
			next = end;
		if (next > line)
			diag("secret %s: its helper says: %.*s", e->name, (int)(next - line), line);
	}
}

/* What is to be said of a name that nobody knows: where it was looked for. */
static int
make_not_found(struct secret_store *store)
{
	struct strbuf sb;

	if (store->not_found != NULL)
		return 0;
	strbuf_init(&sb, NOT_FOUND_MAX);
	strbuf_lit(&sb, "not found in ");
	secret_provider_list(store->providers, &sb);
	if (strbuf_str(&sb) != NULL)
		store->not_found = strdup(sb.buf);
	strbuf_release(&sb);
	return store->not_found != NULL ? 0 : -1;
}

/* The look-up of ${e} is over; false: for lack of something, so that nothing is known of it. */
static bool
settle(struct secret_store *store, struct entry *e)
{
	struct secret_fetch *f = &e->look_up->fetch;

	e->status = f->status;
	e->error = f->error == secret_fetch_not_found ? store->not_found : f->error;
	if (e->status == SECRET_SHORTAGE) {
		table_remove(&store->entries, &e->node);
		entry_free(e);
		return false;
	}
	if (e->status == SECRET_FOUND || e->status == SECRET_REFUSED)
		e->from = f->at;
	if (e->status == SECRET_FOUND) {
		e->value = f->value;
		f->value = (struct secret_value){.arena = NULL};
		mask_value(store, e);
	}
	if (e->status == SECRET_FAILED) {
		e->told = strdup(e->error);
		e->error = e->told != NULL ? e->told : "helper failed";
		e->until_ms = clock_ms() + secret_store_pause_ms(store);
		tell_said(store, e, &f->helper);
	}
	look_up_free(e->look_up);
	e->look_up = NULL;
	if (e->status != SECRET_FOUND)
		keep_failure(store, e);
	return true;
}

/* What is known of ${name} by asking for it; NULL with *${error} set if that is a shortage. */
static struct entry *
look_up(struct secret_store *store, const char *name, uint64_t key, const char **error)
{
	struct look_up *l = NULL;
	struct entry *e;

	*error = secret_value_no_memory;
	if (store->providers == NULL && secret_provider_add_defaults(&store->providers) != 0)
		return NULL;
	if (make_not_found(store) != 0)
		return NULL;
	if ((e = entry_new(name, key)) == NULL || (l = calloc(1, sizeof(*l))) == NULL ||
		table_add(&store->entries, &e->node) != 0) {
		free(l);
		free(e);
		return NULL;
	}
	l->entry = e;
	e->look_up = l;
	if (store->goes_on)
		secret_fetch_start(&store->fetcher, &l->fetch, store->providers, e->name);
	else
		secret_fetch_run(&store->fetcher, &l->fetch, store->providers, e->name);
	*error = l->fetch.error;
	e->status = l->fetch.status;
	return e->status == SECRET_PENDING || settle(store, e) ? e : NULL;
}

enum secret_status
secret_peek(struct secret_store *store, const char *name, size_t len, struct secret *out,
	const char **error)
{
	char text[SECRET_NAME_MAX];
	struct table_node *node;
	struct entry *e = NULL;
	uint64_t key;

	*error = "is not the name of a secret";
	if (secret_name_len(name, len) == 0)
		return SECRET_REFUSED;
	memcpy(text, name, len);
	text[len] = '\0';
	key = siphash(&store->key, text, len);
	if ((node = table_find(&store->entries, key)) != NULL)
		e = CONTAINER(node, struct entry, node);
	if (e != NULL && e->until_ms != 0 && clock_ms() >= e->until_ms) {
		forget(store, e);
		e = NULL;
	}
	if (e == NULL && (e = look_up(store, text, key, error)) == NULL)
		return SECRET_SHORTAGE;
	*error = e->status == SECRET_PENDING ? "is being looked up" : e->error;
	if (e->status == SECRET_FOUND)
		*out = e->value.plain.bytes;
	return e->status;
}

enum secret_status
secret_get(struct secret_store *store, const char *name, size_t len, const char *host,
	struct secret *out, const char **error)
{
	*error = secret_binding_error(store->bindings, name, len, host, store->bound_only);
	return *error == NULL ? secret_peek(store, name, len, out, error) : SECRET_REFUSED;
}

const char *
secret_origin(const struct secret_store *store, const char *name, char out[SECRET_ORIGIN_MAX])
{
	const uint64_t key = siphash(&store->key, name, strlen(name));
	const struct table_node *node = table_find(&store->entries, key);
	const struct entry *e = node != NULL ? CONTAINER(node, struct entry, node) : NULL;

	out[0] = '\0';
	return e != NULL && e->from != NULL ? secret_provider_describe(e->from, name, out) : out;
}

void
secret_store_go_on(struct secret_store *store)
{
	store->goes_on = true;
}

_Static_assert(SECRET_FDS_MAX >= SECRET_FETCH_FDS_MAX, "as many as there may be");

size_t
secret_store_poll(const struct secret_store *store, struct pollfd fds[SECRET_FDS_MAX],
	int64_t *until_ms)
{
	return secret_fetcher_poll(&store->fetcher, fds, until_ms);
}

bool
secret_store_next(struct secret_store *store)
{
	struct secret_fetch *f = secret_fetcher_next(&store->fetcher);

	if (f != NULL)
		(void)settle(store, CONTAINER(f, struct look_up, fetch)->entry);
	return f != NULL;
}

void
secret_store_stop(struct secret_store *store)
{
	secret_fetcher_stop(&store->fetcher);
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
