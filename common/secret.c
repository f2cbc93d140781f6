#include "secret.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <openssl/evp.h>

#include "diag.h"
#include "json_text.h"
#include "utf8.h"
#include "wipe.h"

#define DIR_MAX 4096  /* bytes of a directory's path, NUL included */
#define HOST_MAX 255  /* bytes of a host, NUL not counted */
#define NEWLINE_MAX 2 /* bytes at the end of a file that are not part of the value */

/* A tool knows a handful of names, hosts and providers: lists will do. */
struct provider {
	struct provider *next;
	bool checks_mode;
	char *dir; /* inside text; NULL: the environment */
	char text[];
};

struct binding {
	struct binding *next;
	char *host; /* inside name, behind its NUL */
	char name[];
};

/* Outcome of one look-up. */
struct entry {
	struct entry *next;
	const char *error; /* static; NULL if there is a value */
	char *arena;       /* the value, then its base64 */
	size_t arena_len;
	struct secret value, base64;
	char name[];
};

struct secret_store {
	struct provider *providers;
	struct binding *bindings;
	struct entry *entries;
	bool bound_only;
};

static const char not_found[] = "not found";
static const char no_memory[] = "out of memory";

/* Pages of their own, since locking and leaving out of dumps go by page. */
static char *
arena_new(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)mlock(p, len); /* the limit may be 0; a value in swap is better than none */
#if defined(MADV_DONTDUMP)
	(void)madvise(p, len, MADV_DONTDUMP);
#elif defined(MADV_NOCORE)
	(void)madvise(p, len, MADV_NOCORE);
#endif
	return p;
}

static void
arena_free(char *arena, size_t len)
{
	if (arena == NULL)
		return;
	wipe(arena, len);
	munmap(arena, len);
}

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
		arena_free(e->arena, e->arena_len);
		free(e);
	}
	for (struct binding *b = store->bindings, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	for (struct provider *p = store->providers, *next; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	free(store);
}

/* Append a provider: files in ${dir}, or the environment if that is NULL. */
static int
provider_add(struct secret_store *store, const char *dir, bool checks_mode)
{
	const size_t size = dir != NULL ? strlen(dir) + 1 : 0;
	struct provider *p = calloc(1, sizeof(*p) + size), **end = &store->providers;

	if (p == NULL)
		return -1;
	p->checks_mode = checks_mode;
	if (dir != NULL)
		p->dir = memcpy(p->text, dir, size);
	while (*end != NULL)
		end = &(*end)->next;
	*end = p;
	return 0;
}

/* Docker makes the files of /run/secrets readable by all of a container: no check of those. */
static int
providers_default(struct secret_store *store)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (provider_add(store, NULL, false) != 0 ||
		(dir != NULL && dir[0] == '/' && provider_add(store, dir, true) != 0))
		return -1;
	return provider_add(store, "/run/secrets", false);
}

int
secret_store_add(struct secret_store *store, const char *spec)
{
	const char *dir = strncmp(spec, "dir:", 4) == 0 ? spec + 4 : NULL;
	struct stat st;

	if (dir == NULL && strcmp(spec, "env") != 0) {
		diag("unknown provider of secrets: expected env or dir:PATH");
		return -1;
	}
	if (dir != NULL && strlen(dir) >= DIR_MAX) {
		diag("path of the secrets directory is too long");
		return -1;
	}
	if (dir != NULL && stat(dir, &st) != 0) {
		diag("cannot use secrets directory '%s': %s", dir, strerror(errno));
		return -1;
	}
	if (dir != NULL && !S_ISDIR(st.st_mode)) {
		diag("cannot use secrets directory '%s': not a directory", dir);
		return -1;
	}
	if (provider_add(store, dir, true) != 0) {
		diag("out of memory");
		return -1;
	}
	return 0;
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

/* Copy a value into the entry, with what secret_mask will look for. Returns an error or NULL. */
static const char *
entry_keep(struct entry *e, const char *value, size_t len)
{
	const size_t base64_size = (len + 2) / 3 * 4 + 1;

	if (len == 0)
		return "is empty";
	if (len > SECRET_MAX)
		return "is longer than 65536 bytes";
	if ((e->arena = arena_new(len + base64_size)) == NULL)
		return no_memory;
	e->arena_len = len + base64_size;
	memcpy(e->arena, value, len);
	EVP_EncodeBlock((unsigned char *)e->arena + len, (unsigned char *)e->arena, (int)len);
	e->value = (struct secret){e->arena, len};
	/* Without its padding, so that it is found with and without. */
	e->base64 = (struct secret){e->arena + len, (len * 4 + 2) / 3};
	return NULL;
}

static const char *
load_env(struct entry *e)
{
	const char *value = getenv(e->name);

	return value != NULL ? entry_keep(e, value, strlen(value)) : not_found;
}

static const char *
read_value(struct entry *e, int fd)
{
	const size_t size = SECRET_MAX + NEWLINE_MAX + 1; /* one byte more than is allowed */
	char *buf = arena_new(size);
	const char *error = "file cannot be read";
	size_t len = 0;
	ssize_t n = 1;

	if (buf == NULL)
		return no_memory;
	while (len < size && n > 0) {
		if ((n = read(fd, buf + len, size - len)) > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n >= 0) {
		if (len > 0 && buf[len - 1] == '\n')
			len -= len > 1 && buf[len - 2] == '\r' ? 2 : 1;
		error = entry_keep(e, buf, len);
	}
	arena_free(buf, size);
	return error;
}

/* Follows links: Kubernetes mounts every secret through two of them. */
static const char *
load_file(struct entry *e, const struct provider *p)
{
	char path[DIR_MAX + SECRET_NAME_MAX];
	const char *error;
	struct stat st;
	int fd, n;

	n = snprintf(path, sizeof(path), "%s/%s", p->dir, e->name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return "path of its file is too long";
	/* O_NONBLOCK: opening a fifo must not wait for its writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return not_found;
	if (fd < 0)
		return errno == EACCES ? "file cannot be opened: permission denied"
				       : "file cannot be opened";
	if (fstat(fd, &st) != 0)
		error = "file cannot be read";
	else if (!S_ISREG(st.st_mode))
		error = "is not a regular file";
	else if (p->checks_mode && (st.st_mode & S_IRWXO) != 0)
		error = "file is readable or writable by others";
	else
		error = read_value(e, fd);
	close(fd);
	return error;
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
	if (store->providers == NULL && providers_default(store) != 0)
		return NULL;
	if ((e = calloc(1, sizeof(*e) + size)) == NULL)
		return NULL;
	memcpy(e->name, name, size);
	e->error = not_found;
	for (struct provider *p = store->providers; p != NULL && e->error == not_found; p = p->next)
		e->error = p->dir != NULL ? load_file(e, p) : load_env(e);
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
		*error = no_memory;
		return -1;
	}
	*error = e->error;
	if (e->error != NULL)
		return -1;
	*out = e->value;
	return 0;
}

int
secret_get(struct secret_store *store, const char *name, size_t len, const char *host,
	struct secret *out, const char **error)
{
	*error = binding_error(store, name, len, host);
	return *error == NULL ? secret_peek(store, name, len, out, error) : -1;
}

/* Decode the JSON escape at ${p} into *${n} bytes; returns its own length, 0 if malformed. */
static size_t
unescape(const char *p, const char *end, unsigned char out[4], size_t *n)
{
	const ptrdiff_t need = end - p >= 2 && p[1] == 'u' ? 6 : 2;
	struct json_char c;

	if (end - p < need)
		return 0;
	for (ptrdiff_t i = 2; i < need; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return 0;
	}
	c = json_char_at(p, end);
	if (c.code > 0x10ffff || (c.code >= 0xd800 && c.code < 0xe000))
		return 0;
	*n = utf8_encode(out, c.code);
	return c.len;
}

/*
 * How many bytes at the start of ${text} spell ${s} JSON-escaped, 0 if they do not. By decoding,
 * since every writer escapes differently: PHP writes \/, Python \u00e9.
 */
static size_t
match_escaped(const char *text, const char *end, const struct secret *s)
{
	const char *p = text;
	size_t at = 0;

	while (at < s->len) {
		unsigned char bytes[4] = {0};
		size_t n = 1, taken = 1;

		if (p >= end)
			return 0;
		bytes[0] = (unsigned char)*p;
		if (*p == '\\' && (taken = unescape(p, end, bytes, &n)) == 0)
			return 0;
		if (n > s->len - at || memcmp(s->value + at, bytes, n) != 0)
			return 0;
		p += taken;
		at += n;
	}
	return (size_t)(p - text);
}

/* How many bytes at the start of ${text} spell ${s} in either way. */
static size_t
match(const char *text, const char *end, const struct secret *s)
{
	size_t plain = 0, escaped = 0;

	if (*text == s->value[0] && (size_t)(end - text) >= s->len &&
		memcmp(text, s->value, s->len) == 0)
		plain = s->len;
	if (*text == s->value[0] || *text == '\\')
		escaped = match_escaped(text, end, s);
	return plain > escaped ? plain : escaped;
}

void
secret_mask(const struct secret_store *store, char *text, size_t len)
{
	const char *end = text + len, *until = text;

	/* Values may overlap: a byte is masked when all that starts up to it was looked for. */
	for (char *p = text; p < end; p++) {
		for (const struct entry *e = store->entries; e != NULL; e = e->next) {
			size_t n, m;

			if (e->error != NULL)
				continue;
			n = match(p, end, &e->value);
			m = match(p, end, &e->base64);
			n = n > m ? n : m;
			if (until < p + n)
				until = p + n;
		}
		if (p < until)
			*p = '*';
	}
}
