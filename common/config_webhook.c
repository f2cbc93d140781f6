#include "config_webhook.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "header.h"
#include "json_text.h"
#include "secret_ref.h"
#include "signature_scheme.h"
#include "target.h"
#include "url.h"

enum { URL, ACCESS_TOKEN, SECRET, SIGNATURE, HEADERS, TARGET, MEMBERS };
static const char *const names[MEMBERS] = {"url", "access_token", "secret", "signature", "headers",
	"target"};

/* References collected while a webhook is read. */
struct refs {
	struct json_span list[SECRET_REFS_MAX];
	size_t n;
};

static void
add_ref(struct config_reader *r, struct refs *refs, const struct json_span *span)
{
	if (refs->n == SECRET_REFS_MAX)
		config_error(r->file, span->p - 1, "more than %d secrets in one webhook",
			SECRET_REFS_MAX);
	else
		refs->list[refs->n++] = *span;
}

static bool
is_ref(const struct json_span *span)
{
	return !span->escaped && secret_ref_name(span->p, span->len) != 0;
}

/* A reference, and only that: a secret itself must not stand in configuration. */
static void
check_ref(struct config_reader *r, const char *what, const struct json_span *span,
	struct refs *refs)
{
	if (!is_ref(span))
		config_error(r->file, span->p - 1,
			"%s must be the name of a secret, such as \"$WEBHOOK_SECRET\", never its value",
			what);
	else
		add_ref(r, refs, span);
}

static void
read_url(struct config_reader *r, struct refs *refs)
{
	struct json_span span;
	const char *error;
	struct text text;
	struct url url;

	if (!config_string(r, "url", &span, &text))
		return;
	if (is_ref(&span))
		add_ref(r, refs, &span);
	else if (url_parse(text.p, text.len, &url, &error) != 0)
		config_error(r->file, span.p - 1, "\"url\": %s", error);
}

static void
read_secrets(struct config_reader *r, struct refs *refs)
{
	struct json_span *spans;
	struct text *list;
	size_t n;

	if (!config_strings(r, "secret", &spans, &list, &n))
		return;
	for (size_t i = 0; i < n; i++)
		check_ref(r, "secret", &spans[i], refs);
	if (n > SIGNATURE_KEYS_MAX)
		config_error(r->file, spans[0].p - 1, "\"secret\": more than %d",
			SIGNATURE_KEYS_MAX);
}

static void
read_signature(struct config_reader *r)
{
	struct json_span *spans;
	struct text *list;
	size_t n;

	if (!config_strings(r, "signature", &spans, &list, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		int scheme = signature_scheme_find(list[i].p, list[i].len);

		if (scheme < 0)
			config_error(r->file, spans[i].p - 1,
				"unknown signature \"%.*s\"; known are wandb, wandb-hex, github and standard",
				(int)(list[i].len < 100 ? list[i].len : 100), list[i].p);
		for (size_t j = 0; scheme >= 0 && j < i; j++) {
			int other = signature_scheme_find(list[j].p, list[j].len);

			if (other >= 0 &&
				strcmp(signature_scheme_header((enum signature_scheme)scheme),
					signature_scheme_header((enum signature_scheme)other)) == 0)
				config_error(r->file, spans[i].p - 1,
					"two signatures for one header, %s",
					signature_scheme_header((enum signature_scheme)scheme));
		}
	}
}

/* What is wrong with setting the header ${key}, the last of the ${n} in ${seen}; or NULL. */
static const char *
header_error(const struct json_span *key, const struct json_span *seen, size_t n)
{
	for (int i = 0; i < SIGNATURE_SCHEMES; i++)
		if (header_is(key->p, key->len, signature_scheme_header((enum signature_scheme)i)))
			return "this header is set by wb-sign: name a secret and a signature instead";
	for (size_t i = 0; i + 1 < n; i++)
		if (seen[i].len == key->len && strncasecmp(seen[i].p, key->p, key->len) == 0)
			return "stands here twice";
	return header_name_error(key->p, key->len);
}

static void
read_header_value(struct config_reader *r, const struct json_span *key, struct refs *refs)
{
	struct json_span value;
	const char *wrong;
	struct text text;

	if (!config_string(r, "a header's value", &value, &text))
		return;
	if (is_ref(&value))
		add_ref(r, refs, &value);
	else if ((wrong = header_value_error(text.p, text.len)) != NULL)
		config_error(r->file, value.p - 1, "header \"%.*s\": %s",
			(int)(key->len < 100 ? key->len : 100), key->p, wrong);
}

/* Returns whether Authorization is among them. */
static bool
read_headers(struct config_reader *r, struct refs *refs)
{
	struct json_span seen[HEADERS_MAX], key;
	bool authorizes = false;
	size_t n = 0;

	if (!config_open_object(r, "headers"))
		return false;
	while (json_next_member(&r->js, &key)) {
		const char *wrong = "more than 32 headers";

		if (n < HEADERS_MAX) {
			seen[n++] = key;
			wrong = header_error(&key, seen, n);
		}
		authorizes |= header_is(key.p, key.len, "Authorization");
		if (wrong != NULL)
			config_error(r->file, key.p - 1, "header \"%.*s\": %s",
				(int)(key.len < 100 ? key.len : 100), key.p, wrong);
		read_header_value(r, &key, refs);
	}
	return authorizes;
}

static void
read_target(struct config_reader *r, struct config_webhook *webhook)
{
	struct json_span span;
	struct text text;

	if (!config_string(r, "target", &span, &text))
		return;
	webhook->target = target_find(text.p, text.len);
	if (webhook->target == TARGET_NONE)
		config_error(r->file, span.p - 1,
			"unknown target \"%.*s\"; known are github, slack and teams",
			(int)(text.len < 100 ? text.len : 100), text.p);
}

static void
keep_refs(struct config_reader *r, struct config_webhook *webhook, const struct refs *refs)
{
	struct json_span *list = arena_alloc(r->arena, (refs->n + 1) * sizeof(*list));

	if (list == NULL) {
		config_out_of_memory(r->file);
		return;
	}
	memcpy(list, refs->list, refs->n * sizeof(*list));
	webhook->secrets.refs = list;
	webhook->secrets.nrefs = refs->n;
}

void
config_webhook_read(struct config_reader *r, struct config_webhook *webhook)
{
	struct refs refs = {.n = 0};
	const char *at = NULL, *start;
	bool authorizes = false;
	unsigned seen = 0;
	int member;

	json_peek(&r->js);
	start = r->js.p;
	if (!config_open_object(r, "a webhook"))
		return;
	while ((member = config_member(r, "a webhook", names, MEMBERS, &seen, &at)) >= 0) {
		switch (member) {
		case URL:
			read_url(r, &refs);
			break;
		case ACCESS_TOKEN:
			if (config_string(r, "access_token", &webhook->secrets.access_token, NULL))
				check_ref(r, "access_token", &webhook->secrets.access_token, &refs);
			break;
		case SECRET:
			read_secrets(r, &refs);
			break;
		case SIGNATURE:
			read_signature(r);
			break;
		case HEADERS:
			authorizes = read_headers(r, &refs);
			break;
		case TARGET:
			read_target(r, webhook);
			break;
		}
	}
	if (r->js.error != NULL)
		return;
	webhook->span = (struct json_span){start, (size_t)(r->js.p - start), JSON_OBJECT, false};
	if (!(seen >> URL & 1))
		config_error(r->file, start, "a webhook needs \"url\"");
	if (seen >> SIGNATURE & 1 && !(seen >> SECRET & 1))
		config_error(r->file, start,
			"\"signature\" without \"secret\": name the secret to sign with");
	if (authorizes && seen >> ACCESS_TOKEN & 1)
		config_error(r->file, start,
			"access_token and a header Authorization exclude each other");
	keep_refs(r, webhook, &refs);
}
