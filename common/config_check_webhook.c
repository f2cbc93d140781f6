#include "config_check.h"
#include "json_find.h"
#include "json_text.h"
#include "signature_scheme.h"
#include "url_secret.h"
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

/* These check no signature: their URLs are what tells who may send. */
static bool
proves_by_url(const struct config_webhook *w)
{
	return w->target == TARGET_SLACK || w->target == TARGET_TEAMS;
}

int
config_check_webhook(const struct config_check *check, const struct config_webhook *w, bool is_used)
{
	const struct json_span value = json_find(&w->span, webhook_members[WEBHOOK_URL]);
	struct url url = {.port = 0};
	const char *why, *secret = NULL;
	struct strbuf text;

	if (!is_used && !check->has_errors)
		config_warn(check, w->file, w->at, "webhook \"%.*s\" is used by no automation",
			CONFIG_SHOWN(w->name.len), w->name.p);
	if (value.type != JSON_STRING)
		return 0;
	strbuf_init(&text, value.len + 1);
	json_decode(&text, &value);
	if (strbuf_str(&text) == NULL) {
		strbuf_release(&text);
		return -1;
	}
	if (url_parse(text.buf, text.len, &url, &why) == 0)
		secret = url_secret_why(text.buf, text.len, &url);
	else
		url.port = 0;
	strbuf_release(&text);
	if (secret != NULL)
		config_warn(check, w->file, value.p - 1,
			"%s: put it where secrets are, and write the name of one, such as \"$WEBHOOK_URL\"",
			secret);
	else if (w->secrets.nrefs == 0 && !proves_by_url(w) &&
		 json_find(&w->span, webhook_members[WEBHOOK_TLS]).type == JSON_NONE)
		config_warn(check, w->file, w->at,
			"webhook \"%.*s\" proves nothing to its receiver: give it a \"secret\" to sign with",
			CONFIG_SHOWN(w->name.len), w->name.p);
	check_keys(check, w);
	if (url.port != 0)
		check_url(check, w, &value, &url);
	return check->secrets != NULL ? config_check_secrets(check, w, &value, &url) : 0;
}
