#include "webhook.h"

#include <string.h>

#include "jq_program.h"
#include "json_text.h"
#include "statuses.h"

const char *const webhook_members[WEBHOOK_MEMBERS] = {"url", "access_token", "secret", "signature",
	"headers", "target", "success_when", "success_status", "tls"};
const char *const webhook_tls_members[WEBHOOK_TLS_MEMBERS] = {"ca", "cert", "key"};

/* Their types; JSON_NONE: more than one. */
static const struct {
	enum json_type type;
	const char *complaint;
} shapes[WEBHOOK_MEMBERS] = {
	[WEBHOOK_URL] = {JSON_STRING, "\"url\" is not a string"},
	[WEBHOOK_ACCESS_TOKEN] = {JSON_STRING, "\"access_token\" is not a string"},
	[WEBHOOK_HEADERS] = {JSON_OBJECT, "\"headers\" is not an object"},
	[WEBHOOK_TARGET] = {JSON_STRING, "\"target\" is not a string"},
	[WEBHOOK_SUCCESS_WHEN] = {JSON_STRING, "\"success_when\" is not a string"},
	[WEBHOOK_TLS] = {JSON_OBJECT, "\"tls\" is not an object"},
};

/* Which of ${n} ${names} ${key} is; ${n} if none. */
static size_t
find(const struct json_span *key, const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && !json_equal(key, names[i], strlen(names[i])))
		i++;
	return i;
}

static bool
is_ref(const struct json_span *span)
{
	return span->type == JSON_STRING && !span->escaped &&
	       secret_ref_name(span->p, span->len) != 0;
}

static bool
fail_ref(struct json *js, const struct json_span *span)
{
	return json_fail(js, span->p, "not a reference to a secret, \"$NAME\"");
}

static bool
add_ref(struct json *js, struct webhook *w, const struct json_span *span, bool needed)
{
	if (!is_ref(span))
		return !needed || fail_ref(js, span);
	if (w->nrefs == SECRET_REFS_MAX)
		return json_fail(js, span->p, "more than 32 secrets in one webhook");
	w->refs[w->nrefs++] = *span;
	return true;
}

/* A string or an array of strings, all references. */
static bool
add_secrets(struct json *js, struct webhook *w, const struct json_span *span)
{
	struct json_span item;
	struct json inner;

	if (span->type != JSON_ARRAY)
		return add_ref(js, w, span, true);
	json_init(&inner, span->p, span->len);
	json_open_array(&inner);
	while (json_next_item(&inner) && json_value(&inner, &item))
		if (!add_ref(js, w, &item, true))
			return false;
	return true;
}

static bool
add_header_refs(struct json *js, struct webhook *w)
{
	const struct json_span *headers = &w->member[WEBHOOK_HEADERS];
	struct json_span key, value;
	struct json inner;

	json_init(&inner, headers->p, headers->len);
	json_open_object(&inner);
	while (json_next_member(&inner, &key) && json_value(&inner, &value))
		if (!add_ref(js, w, &value, false))
			return false;
	return true;
}

bool
webhook_has_ref(const struct json_span *refs, size_t n, const struct json_span *ref)
{
	for (size_t i = 0; i < n; i++)
		if (refs[i].len == ref->len && memcmp(refs[i].p, ref->p, ref->len) == 0)
			return true;
	return false;
}

static bool
read_tls(struct json *js, struct webhook *w)
{
	const struct json_span *tls = &w->member[WEBHOOK_TLS], *cert = &w->tls[WEBHOOK_TLS_CERT],
			       *private = &w->tls[WEBHOOK_TLS_KEY];
	struct json_span key, value;
	struct json inner;

	json_init(&inner, tls->p, tls->len);
	json_open_object(&inner);
	while (json_next_member(&inner, &key) && json_value(&inner, &value)) {
		size_t i = find(&key, webhook_tls_members, WEBHOOK_TLS_MEMBERS);

		if (i == WEBHOOK_TLS_MEMBERS)
			continue;
		if (!is_ref(&value))
			return fail_ref(js, &value);
		w->tls[i] = value;
	}
	if ((cert->type == JSON_NONE) != (private->type == JSON_NONE))
		return json_fail(js, tls->p, "\"tls\" needs both of \"cert\" and \"key\" or none");
	if (cert->type == JSON_NONE && w->tls[WEBHOOK_TLS_CA].type == JSON_NONE)
		return json_fail(js, tls->p, "\"tls\" has neither \"ca\" nor \"cert\" and \"key\"");
	return private->type == JSON_NONE || !webhook_has_ref(w->refs, w->nrefs, private) ||
	       json_fail(js, private->p, "the webhook names the key of \"tls\" elsewhere, too");
}

/*
 * Decoded first: a target that is spelled with escapes has its limits and entities like any other.
 */
static enum target
find_target(const struct json_span *span)
{
	/* No target's name is longer. On the heap, want of memory would leave checks out. */
	char name[16];
	size_t len = 0;

	for (const char *p = span->p, *end = p + span->len; p < end;) {
		struct json_char c = json_char_at(p, end);

		if (len == sizeof(name) || c.code >= 0x80)
			return TARGET_NONE;
		name[len++] = (char)c.code;
		p += c.len;
	}
	return target_find(name, len);
}

static bool
check(struct json *js, struct webhook *w)
{
	const struct json_span *m = w->member;

	if (m[WEBHOOK_URL].type == JSON_NONE)
		return json_fail(js, js->p, "the webhook has no \"url\"");
	if (m[WEBHOOK_TARGET].type != JSON_NONE &&
		(w->target = find_target(&m[WEBHOOK_TARGET])) == TARGET_NONE)
		return json_fail(js, m[WEBHOOK_TARGET].p,
			"unknown target; known are github, slack and teams");
	if (m[WEBHOOK_SUCCESS_WHEN].type != JSON_NONE &&
		(m[WEBHOOK_SUCCESS_WHEN].len == 0 || m[WEBHOOK_SUCCESS_WHEN].len > JQ_PROGRAM_MAX))
		return json_fail(js, m[WEBHOOK_SUCCESS_WHEN].p,
			"\"success_when\" has 1 to 65536 bytes");
	if (m[WEBHOOK_SUCCESS_STATUS].type != JSON_NONE &&
		!statuses_check(&m[WEBHOOK_SUCCESS_STATUS]))
		return json_fail(js, m[WEBHOOK_SUCCESS_STATUS].p, STATUSES_WRONG);
	if (!add_ref(js, w, &m[WEBHOOK_URL], false))
		return false;
	if (m[WEBHOOK_ACCESS_TOKEN].type != JSON_NONE &&
		!add_ref(js, w, &m[WEBHOOK_ACCESS_TOKEN], true))
		return false;
	if (m[WEBHOOK_SECRET].type != JSON_NONE && !add_secrets(js, w, &m[WEBHOOK_SECRET]))
		return false;
	if (m[WEBHOOK_HEADERS].type != JSON_NONE && !add_header_refs(js, w))
		return false;
	return m[WEBHOOK_TLS].type == JSON_NONE || read_tls(js, w);
}

bool
webhook_read(struct json *js, struct webhook *w)
{
	struct json_span key;

	*w = (struct webhook){.target = TARGET_NONE};
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		size_t i = find(&key, webhook_members, WEBHOOK_MEMBERS);

		if (i == WEBHOOK_MEMBERS)
			json_value(js, NULL);
		else if (shapes[i].complaint != NULL && json_peek(js) != shapes[i].type)
			json_fail(js, js->p, shapes[i].complaint);
		else
			json_value(js, &w->member[i]);
	}
	return js->error == NULL && check(js, w);
}
