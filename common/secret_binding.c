#include "secret_binding.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "diag.h"
#include "secret_ref.h"

#define HOST_MAX 255 /* bytes of a host, NUL not counted */

/* A tool is told of a handful: a list will do. */
struct secret_binding {
	struct secret_binding *next;
	bool is_default;
	char *host; /* inside name, behind its NUL */
	char name[];
};

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

/* Whether a binding of the secret ${name} was asked for by name. */
static bool
is_chosen(const struct secret_binding *list, const char *name)
{
	for (; list != NULL; list = list->next)
		if (!list->is_default && strcmp(list->name, name) == 0)
			return true;
	return false;
}

int
secret_binding_add(struct secret_binding **list, const char *text, bool is_default)
{
	const char *equals = strchr(text, '=');
	size_t len = equals != NULL ? (size_t)(equals - text) : 0;
	struct secret_binding *b;
	const char *error;

	if (secret_name_len(text, len) == 0) {
		diag("malformed binding of a secret: expected NAME=HOST");
		return -1;
	}
	if ((b = malloc(sizeof(*b) + strlen(text) + 1)) == NULL) {
		diag("out of memory");
		return -1;
	}
	memcpy(b->name, text, strlen(text) + 1);
	b->name[len] = '\0';
	b->host = b->name + len + 1;
	if ((error = host_normalize(b->host)) != NULL) {
		diag("malformed binding of secret %s: %s", b->name, error);
		free(b);
		return -1;
	}
	if (is_default && is_chosen(*list, b->name)) {
		free(b);
		return 0;
	}
	b->is_default = is_default;
	b->next = *list;
	*list = b;
	return 0;
}

void
secret_binding_free(struct secret_binding *list)
{
	for (struct secret_binding *next; list != NULL; list = next) {
		next = list->next;
		free(list);
	}
}

const char *
secret_binding_error(const struct secret_binding *list, const char *name, size_t len,
	const char *host, bool bound_only)
{
	bool is_bound = false;

	for (const struct secret_binding *b = list; b != NULL; b = b->next) {
		if (strlen(b->name) != len || memcmp(b->name, name, len) != 0)
			continue;
		if (host != NULL && strcasecmp(b->host, host) == 0)
			return NULL;
		is_bound = true;
	}
	if (is_bound)
		return host != NULL ? "is not bound to this host" : "is bound to a host";
	return bound_only ? "is not bound to a host" : NULL;
}
