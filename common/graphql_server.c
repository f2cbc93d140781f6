#include "graphql_server.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "diag.h"
#include "graphql.h"

#define BASIC_NAME "Authorization" /* of the secret that is made of the key */

static int
set_url(struct graphql_server *s, const struct graphql_options *options)
{
	const char *base = options->base_url, *wrong = NULL;
	size_t len = strlen(base);
	char why[POLICY_ERROR_MAX];

	while (len > 0 && base[len - 1] == '/')
		len--;
	if (url_parse(base, len, &s->where, &wrong) != 0) {
		/* What stands before an @ may be a key. */
		if (memchr(base, '@', len) != NULL)
			diag("WANDB_BASE_URL: %s", wrong);
		else
			diag("WANDB_BASE_URL: %s: '%.*s'", wrong, (int)(len < 200 ? len : 200),
				base);
		return -1;
	}
	if (memchr(base, '?', len) != NULL) {
		diag("WANDB_BASE_URL has a query; it is a server's URL, such as https://api.wandb.ai");
		return -1;
	}
	snprintf(s->url, sizeof(s->url), "%.*s/graphql", (int)len, base);
	if (!policy_check_url(options->policy, &s->where, why)) {
		diag("WANDB_BASE_URL: %s", why);
		return -1;
	}
	return 0;
}

#define KEY_LEN_MIN 16 /* W&B's have 40 bytes and more */

/* "api:KEY" in base64, kept as a secret of its own. */
static int
set_authorization(struct graphql_server *s, struct secret_store *secrets, const struct secret *key)
{
	struct strbuf plain;
	char *out;
	int status = -1;

	strbuf_init_secret(&plain, SECRET_MAX + 8);
	strbuf_lit(&plain, "api:");
	strbuf_add(&plain, key->value, key->len);
	strbuf_lit(&s->authorization, "Authorization: Basic ");
	out = strbuf_room(&s->authorization, (plain.len + 2) / 3 * 4 + 1);
	if (!strbuf_failed(&plain) && out != NULL &&
		secret_store_keep(secrets, BASIC_NAME, plain.buf, plain.len) == 0) {
		s->authorization.len += (size_t)EVP_EncodeBlock((unsigned char *)out,
			(const unsigned char *)plain.buf, (int)plain.len);
		status = strbuf_str(&s->authorization) != NULL ? 0 : -1;
	}
	strbuf_release(&plain);
	if (status != 0)
		diag("out of memory");
	return status;
}

static int
set_key(struct graphql_server *s, const struct graphql_options *options)
{
	const char *name = options->key != NULL ? options->key : GRAPHQL_KEY, *wrong;
	char binding[URL_HOST_MAX + 32];
	struct secret key;

	snprintf(binding, sizeof(binding), "%s=%s", GRAPHQL_KEY, s->where.host);
	if (strchr(s->where.host, ':') != NULL)
		snprintf(binding, sizeof(binding), "%s=[%s]", GRAPHQL_KEY, s->where.host);
	if (options->key == NULL && secret_store_bind(options->secrets, binding) != 0)
		return -1;
	if (secret_get(options->secrets, name, strlen(name), s->where.host, &key, &wrong) != 0) {
		secret_origin(options->secrets, name, s->key_origin);
		diag("the key for %s%s%s: %s; set %s, or a password for machine %s in ~/.netrc",
			s->where.host, s->key_origin[0] != '\0' ? ", from " : "", s->key_origin,
			wrong, name, s->where.host);
		return -1;
	}
	secret_origin(options->secrets, name, s->key_origin);
	/* Shorter ones would be masked out of all that the server says. */
	if (key.len < KEY_LEN_MIN) {
		diag("the key for %s, from %s, is too short to be one", s->where.host,
			s->key_origin);
		return -1;
	}
	for (size_t i = 0; i < key.len; i++) {
		if (key.value[i] <= ' ' || key.value[i] >= 0x7f) {
			diag("the key for %s, from %s, holds a byte that no key has, number %zu",
				s->where.host, s->key_origin, i + 1);
			return -1;
		}
	}
	return set_authorization(s, options->secrets, &key);
}

int
graphql_server_init(struct graphql_server *s, const struct graphql_options *options)
{
	static char type[] = "Content-Type: application/json",
		    agent[] = "User-Agent: wb-tools/" WB_VERSION,
		    accept[] = "Accept: application/json";

	*s = (struct graphql_server){.headers = {NULL, type, accept, agent}};
	strbuf_init_secret(&s->authorization, SECRET_MAX * 2);
	if (set_url(s, options) != 0 || set_key(s, options) != 0)
		return -1;
	s->headers[0] = s->authorization.buf;
	return 0;
}

void
graphql_server_release(struct graphql_server *s)
{
	strbuf_release(&s->authorization);
}
