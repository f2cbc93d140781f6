/*
 * What a webhook's secrets hold: see config_check.h. What is wrong with a value is judged by the
 * code that will use it, and said without telling of it.
 */
#include <stdlib.h>
#include <string.h>

#include "config_check.h"
#include "header.h"
#include "json_find.h"
#include "json_text.h"
#include "signature.h"
#include "tls_check.h"
#include "webhook.h"

/* Say what is wrong with the secret that ${ref} names. */
static void
warn(const struct config_check *check, const struct config_webhook *w, const struct json_span *ref,
	const char *why)
{
	config_warn(check, w->file, ref->p - 1, "secret %.*s: %s", CONFIG_SHOWN(ref->len), ref->p,
		why);
}

/* The URL that is the value of a secret. What is wrong with it is not told: it would tell of it. */
static void
check_url(const struct config_check *check, const struct config_webhook *w,
	const struct json_span *ref, const struct secret *value, struct url *url)
{
	char error[POLICY_ERROR_MAX];
	const char *why;

	if (url_parse(value->value, value->len, url, &why) != 0) {
		*url = (struct url){.port = 0};
		warn(check, w, ref, "its value is no URL that can be sent to");
	} else if (!policy_check_url(check->policy, url, error)) {
		warn(check, w, ref, "its value is a URL that would be denied");
	}
}

/* Look up ${ref} for a request to ${host}; NULL if that is not known. False after a warning. */
static bool
look_up(const struct config_check *check, const struct config_webhook *w,
	const struct json_span *ref, const char *host, struct secret *value)
{
	const char *error;
	const int status =
		host != NULL
			? secret_get(check->secrets, ref->p + 1, ref->len - 1, host, value, &error)
			: secret_peek(check->secrets, ref->p + 1, ref->len - 1, value, &error);

	if (status != SECRET_FOUND)
		warn(check, w, ref, error);
	return status == SECRET_FOUND;
}

/* Whether ${ref} is ${value}, one of the items of it, or the value of one of its members. */
static bool
is_in(const struct json_span *value, const struct json_span *ref)
{
	struct json_span item;
	struct json js;

	if (value->type == JSON_STRING)
		return json_equal(value, ref->p, ref->len);
	json_init(&js, value->p, value->len);
	if (value->type == JSON_ARRAY && json_open_array(&js))
		while (json_next_item(&js) && json_value(&js, &item))
			if (is_in(&item, ref))
				return true;
	json_init(&js, value->p, value->len);
	if (value->type == JSON_OBJECT && json_open_object(&js))
		while (json_next_member(&js, &item) && json_value(&js, &item))
			if (is_in(&item, ref))
				return true;
	return false;
}

/*
 * Signing something is how to know whether a key can be used: *${why}, or NULL. Returns 0, or -1
 * when memory ran out.
 */
static int
check_key(const struct config_webhook *w, const struct secret *key, const char **why)
{
	static const char standard[] = "standard";
	const struct json_span schemes = json_find(&w->span, webhook_members[WEBHOOK_SIGNATURE]),
			       name = {standard, sizeof(standard) - 1, JSON_STRING, false};
	struct signature_header headers[SIGNATURE_HEADERS_MAX];
	struct signer *signer;
	int status = 0;
	size_t n;

	*why = NULL;
	if (!is_in(&schemes, &name))
		return 0;
	if ((signer = signer_new()) == NULL)
		return -1;
	status = signature_make(signer, SIGNATURE_STANDARD, key, 1, "id", 0, "", 0, headers, &n);
	signer_free(signer);
	if (status == SIGNATURE_BAD_KEY)
		*why = "it starts with whsec_ but is not base64 behind it";
	return status == SIGNATURE_FAILED ? -1 : 0;
}

static bool
is_blank(const struct secret *value)
{
	size_t i = 0;

	while (i < value->len && strchr(" \t\r\n", value->value[i]) != NULL &&
		value->value[i] != '\0')
		i++;
	return i == value->len;
}

/* Whether the value of ${ref} can be used for what it is for. Returns 0, or -1. */
static int
check_value(const struct config_check *check, const struct config_webhook *w,
	const struct json_span *ref, const struct secret *value)
{
	const struct json_span token = json_find(&w->span, webhook_members[WEBHOOK_ACCESS_TOKEN]),
			       headers = json_find(&w->span, webhook_members[WEBHOOK_HEADERS]),
			       keys = json_find(&w->span, webhook_members[WEBHOOK_SECRET]);
	const char *why = NULL;
	int status = 0;

	if (is_blank(value))
		why = "its value is white space only";
	else if (is_in(&token, ref) || is_in(&headers, ref))
		why = header_secret_error(value->value, value->len);
	if (why == NULL && is_in(&keys, ref))
		status = check_key(w, value, &why);
	if (why != NULL)
		warn(check, w, ref, why);
	return status;
}

/* Certificates and the key. */
static void
check_tls(const struct config_check *check, const struct config_webhook *w, const char *host)
{
	const struct json_span tls = json_find(&w->span, webhook_members[WEBHOOK_TLS]);
	struct json_span refs[WEBHOOK_TLS_MEMBERS];
	struct secret values[WEBHOOK_TLS_MEMBERS] = {{NULL, 0}};
	struct transfer_tls used;
	const char *why;

	for (int i = 0; i < WEBHOOK_TLS_MEMBERS; i++) {
		refs[i] = json_find(&tls, webhook_tls_members[i]);
		if (refs[i].type == JSON_STRING && secret_ref_name(refs[i].p, refs[i].len) != 0 &&
			!look_up(check, w, &refs[i], host, &values[i]))
			values[i].value = NULL;
	}
	used = (struct transfer_tls){values[WEBHOOK_TLS_CA], values[WEBHOOK_TLS_CERT],
		values[WEBHOOK_TLS_KEY]};
	if ((why = tls_check(&used)) != NULL)
		config_warn(check, w->file, tls.p, "%s", why);
}

int
config_check_secrets(const struct config_check *check, const struct config_webhook *w,
	const struct json_span *url_value, struct url *url)
{
	const bool url_is_secret = secret_ref_name(url_value->p, url_value->len) != 0;
	const char *error, *host;
	struct secret value;
	int status = 0;

	if (url_is_secret && secret_peek(check->secrets, url_value->p + 1, url_value->len - 1,
				     &value, &error) == SECRET_FOUND)
		check_url(check, w, url_value, &value, url);
	host = url->port != 0 ? url->host : NULL;
	for (size_t i = 0; i < w->secrets.nrefs && status == 0; i++)
		if (look_up(check, w, &w->secrets.refs[i], host, &value))
			status = check_value(check, w, &w->secrets.refs[i], &value);
	check_tls(check, w, host);
	return status;
}
