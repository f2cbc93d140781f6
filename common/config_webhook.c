#include "config_webhook.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config_program.h"
#include "header.h"
#include "json_text.h"
#include "secret_ref.h"
#include "signature_scheme.h"
#include "statuses.h"
#include "target.h"
#include "url.h"
#include "webhook.h"

/* References collected while a webhook is read. */
struct refs {
	struct json_span list[SECRET_REFS_MAX];
	size_t n;
};

/* What one member of a webhook has to do with others. */
struct found {
	struct refs refs;
	struct json_span private; /* the key of tls, or JSON_NONE */
	bool authorizes;          /* there is a header Authorization */
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

/*
 * A reference, and only that: a secret itself must not stand in configuration. ${refs} may be NULL:
 * one that payloads must not name.
 */
static void
check_ref(struct config_reader *r, const char *what, const struct json_span *span,
	struct refs *refs)
{
	if (!is_ref(span))
		config_error(r->file, span->p - 1,
			"%s must be the name of a secret, such as \"$WEBHOOK_SECRET\", never its value",
			what);
	else if (refs != NULL)
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
	if (signature_scheme_makes_header(key->p, key->len))
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
	if (is_ref(&value)) {
		add_ref(r, refs, &value);
		return;
	}
	wrong = header_value_error(text.p, text.len);
	if (wrong == NULL && header_is_secret(key->p, key->len))
		wrong = "this looks like a secret itself; write the name of one, such as \"$TOKEN\", whose value is all of the header";
	if (wrong != NULL)
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
		const char *wrong = NULL;

		if (n < HEADERS_MAX) {
			seen[n++] = key;
			wrong = header_error(&key, seen, n);
		} else if (n++ == HEADERS_MAX) {
			config_error(r->file, key.p - 1, "a webhook has at most %d headers",
				HEADERS_MAX);
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

/* The key's name goes into *${private}. */
static void
read_tls(struct config_reader *r, struct json_span *private)
{
	const char *at = NULL, *start;
	unsigned seen = 0;
	int member;

	json_peek(&r->js);
	start = r->js.p;
	if (!config_open_object(r, "tls"))
		return;
	while ((member = config_member(r, "tls", webhook_tls_members, WEBHOOK_TLS_MEMBERS, &seen,
			&at)) >= 0) {
		struct json_span span;

		if (!config_string(r, webhook_tls_members[member], &span, NULL))
			continue;
		check_ref(r, webhook_tls_members[member], &span, NULL);
		if (member == WEBHOOK_TLS_KEY && is_ref(&span))
			*private = span;
	}
	if (r->js.error != NULL)
		return;
	if (seen == 0)
		config_error(r->file, start, "tls must not be empty");
	if ((seen >> WEBHOOK_TLS_CERT & 1) != (seen >> WEBHOOK_TLS_KEY & 1))
		config_error(r->file, start, "\"cert\" and \"key\" go together");
}

static void
read_statuses(struct config_reader *r)
{
	struct json_span value;

	if (json_value(&r->js, &value) && !statuses_check(&value))
		config_error(r->file, value.p - (value.type == JSON_STRING), "%s", STATUSES_WRONG);
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

/* Read member ${member}, whose value comes next. */
static void
read_member(struct config_reader *r, int member, struct found *found,
	struct config_webhook *webhook)
{
	struct json_span *token = &webhook->secrets.access_token;

	switch (member) {
	case WEBHOOK_URL:
		read_url(r, &found->refs);
		break;
	case WEBHOOK_ACCESS_TOKEN:
		if (config_string(r, "access_token", token, NULL))
			check_ref(r, "access_token", token, &found->refs);
		break;
	case WEBHOOK_SECRET:
		read_secrets(r, &found->refs);
		break;
	case WEBHOOK_SIGNATURE:
		read_signature(r);
		break;
	case WEBHOOK_HEADERS:
		found->authorizes = read_headers(r, &found->refs);
		break;
	case WEBHOOK_TARGET:
		read_target(r, webhook);
		break;
	case WEBHOOK_SUCCESS_WHEN:
		config_program_read(r, r->programs->others, "success_when", NULL, NULL);
		break;
	case WEBHOOK_SUCCESS_STATUS:
		read_statuses(r);
		break;
	case WEBHOOK_TLS:
		read_tls(r, &found->private);
		break;
	}
}

void
config_webhook_read(struct config_reader *r, struct config_webhook *webhook)
{
	struct found found = {.refs.n = 0, .private.type = JSON_NONE};
	const char *at = NULL, *start;
	unsigned seen = 0;
	int member;

	json_peek(&r->js);
	start = r->js.p;
	if (!config_open_object(r, "a webhook"))
		return;
	while ((member = config_member(r, "a webhook", webhook_members, WEBHOOK_MEMBERS, &seen,
			&at)) >= 0)
		read_member(r, member, &found, webhook);
	if (r->js.error != NULL)
		return;
	webhook->span = (struct json_span){start, (size_t)(r->js.p - start), JSON_OBJECT, false};
	if (!(seen >> WEBHOOK_URL & 1))
		config_error(r->file, start, "a webhook needs \"url\"");
	if (seen >> WEBHOOK_SIGNATURE & 1 && !(seen >> WEBHOOK_SECRET & 1))
		config_error(r->file, start,
			"\"signature\" without \"secret\": name the secret to sign with");
	if (found.authorizes && seen >> WEBHOOK_ACCESS_TOKEN & 1)
		config_error(r->file, start,
			"access_token and a header Authorization exclude each other");
	if (found.private.type != JSON_NONE &&
		webhook_has_ref(found.refs.list, found.refs.n, &found.private))
		config_error(r->file, found.private.p - 1,
			"the key of tls must be named nowhere else: payloads could name it, too");
	keep_refs(r, webhook, &found.refs);
}
