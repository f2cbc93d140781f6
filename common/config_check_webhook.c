#include "config_check.h"
#include "json_find.h"
#include "signature_scheme.h"
#include "webhook.h"

/* The policy's judgement of a URL that stands in the configuration. */
static void
check_url(const struct config_check *check, const struct config_webhook *w,
	const struct json_span *value, const struct url *url)
{
	char error[POLICY_ERROR_MAX];

	if (!policy_check_url(check->policy, url, error))
		config_warn(check, w->file, value->p - 1, "would be denied: %s", error);
}

/* The URL that is the value of a secret. What is wrong with it is not told: it would tell of it. */
static void
check_secret_url(const struct config_check *check, const struct config_webhook *w,
	const struct json_span *ref, const struct secret *value, struct url *url)
{
	char error[POLICY_ERROR_MAX];
	const char *why;

	if (url_parse(value->value, value->len, url, &why) != 0) {
		*url = (struct url){.port = 0};
		config_warn(check, w->file, ref->p - 1,
			"secret %.*s: its value is no URL that can be sent to",
			CONFIG_SHOWN(ref->len), ref->p);
	} else if (!policy_check_url(check->policy, url, error)) {
		config_warn(check, w->file, ref->p - 1,
			"secret %.*s: its value is a URL that would be denied",
			CONFIG_SHOWN(ref->len), ref->p);
	}
}

/* Look up the secret that ${ref} names, for a request to ${host}; NULL if that is not known. */
static void
check_secret(const struct config_check *check, const struct config_webhook *w,
	const struct json_span *ref, const char *host)
{
	struct secret value;
	const char *error;
	int status =
		host != NULL
			? secret_get(check->secrets, ref->p + 1, ref->len - 1, host, &value, &error)
			: secret_peek(check->secrets, ref->p + 1, ref->len - 1, &value, &error);

	if (status != 0)
		config_warn(check, w->file, ref->p - 1, "secret %.*s: %s", CONFIG_SHOWN(ref->len),
			ref->p, error);
}

/* All secrets that the webhook names. Returns the URL's host as far as it is known. */
static void
check_secrets(const struct config_check *check, const struct config_webhook *w,
	const struct json_span *url_value, struct url *url)
{
	const struct json_span tls = json_find(&w->span, webhook_members[WEBHOOK_TLS]);
	const bool url_is_secret = secret_ref_name(url_value->p, url_value->len) != 0;
	struct secret value;
	const char *error;

	if (url_is_secret && secret_peek(check->secrets, url_value->p + 1, url_value->len - 1,
				     &value, &error) == 0)
		check_secret_url(check, w, url_value, &value, url);
	for (size_t i = 0; i < w->secrets.nrefs; i++)
		check_secret(check, w, &w->secrets.refs[i], url->port != 0 ? url->host : NULL);
	for (int i = 0; i < WEBHOOK_TLS_MEMBERS; i++) {
		const struct json_span ref = json_find(&tls, webhook_tls_members[i]);

		if (ref.type == JSON_STRING && secret_ref_name(ref.p, ref.len) != 0)
			check_secret(check, w, &ref, url->port != 0 ? url->host : NULL);
	}
}

/* Whether ${scheme} takes all of several keys. */
static bool
takes_all(const struct json_span *scheme)
{
	const int found = scheme->type == JSON_STRING && !scheme->escaped
				  ? signature_scheme_find(scheme->p, scheme->len)
				  : -1;

	return found >= 0 && signature_scheme_takes_all((enum signature_scheme)found);
}

/* Keys that sign nothing. */
static void
check_keys(const struct config_check *check, const struct config_webhook *w)
{
	const struct json_span keys = json_find(&w->span, webhook_members[WEBHOOK_SECRET]),
			       schemes = json_find(&w->span, webhook_members[WEBHOOK_SIGNATURE]);
	struct json_span item;
	struct json js;
	size_t n = 0;

	if (keys.type != JSON_ARRAY || takes_all(&schemes))
		return;
	if (schemes.type == JSON_ARRAY) {
		json_init(&js, schemes.p, schemes.len);
		json_open_array(&js);
		while (json_next_item(&js) && json_value(&js, &item))
			if (takes_all(&item))
				return;
	}
	json_init(&js, keys.p, keys.len);
	json_open_array(&js);
	while (json_next_item(&js) && json_value(&js, &item))
		if (++n == 2)
			config_warn(check, w->file, item.p - 1,
				"signs nothing: with the signatures of this webhook, only the first secret does");
}

void
config_check_webhook(const struct config_check *check, const struct config_webhook *w, bool is_used)
{
	const struct json_span value = json_find(&w->span, webhook_members[WEBHOOK_URL]);
	struct url url = {.port = 0};
	const char *why;

	if (!is_used && !check->has_errors)
		config_warn(check, w->file, w->at, "webhook \"%.*s\" is used by no automation",
			CONFIG_SHOWN(w->name.len), w->name.p);
	if (value.type != JSON_STRING)
		return;
	if (w->secrets.nrefs == 0 &&
		json_find(&w->span, webhook_members[WEBHOOK_TLS]).type == JSON_NONE)
		config_warn(check, w->file, w->at,
			"webhook \"%.*s\" proves nothing to its receiver: give it a \"secret\" to sign with",
			CONFIG_SHOWN(w->name.len), w->name.p);
	check_keys(check, w);
	if (!value.escaped && url_parse(value.p, value.len, &url, &why) == 0)
		check_url(check, w, &value, &url);
	else
		url.port = 0;
	if (check->secrets != NULL)
		check_secrets(check, w, &value, &url);
}
