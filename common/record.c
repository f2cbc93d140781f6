#include "record.h"

#include <string.h>

#include "header.h"
#include "json_text.h"
#include "statuses.h"

bool
record_is_ref(const struct json_span *span)
{
	return span->type == JSON_STRING && !span->escaped &&
	       secret_ref_name(span->p, span->len) != 0;
}

static bool
is(const struct json_span *key, const char *name)
{
	return json_equal(key, name, strlen(name));
}

static bool
read_string(struct json *js, struct json_span *out, const char *complaint)
{
	if (json_peek(js) != JSON_STRING)
		return json_fail(js, js->p, complaint);
	return json_value(js, out);
}

static bool
read_ref(struct json *js, struct json_span *out)
{
	if (!read_string(js, out, "a secret's reference is not a string"))
		return false;
	return record_is_ref(out) ||
	       json_fail(js, out->p - 1, "not a reference to a secret, \"$NAME\"");
}

static const char *
value_error(const struct json_span *value)
{
	char decoded[HEADER_VALUE_MAX];
	size_t len = 0;

	if (record_is_ref(value))
		return NULL;
	if (value->len >= sizeof(decoded))
		return "a header's value is longer than 8 KiB";
	if (!value->escaped)
		return header_value_error(value->p, value->len);
	for (const char *p = value->p, *end = p + value->len; p < end;) {
		struct json_char c = json_char_at(p, end);

		decoded[len++] = c.code < 0x7f ? (char)c.code : '\x7f';
		p += c.len;
	}
	return header_value_error(decoded, len);
}

static bool
has_header(const struct record *rec, const char *name)
{
	for (size_t i = 0; i < rec->nheaders; i++)
		if (header_is(rec->headers[i].name.p, rec->headers[i].name.len, name))
			return true;
	return false;
}

static bool
read_headers(struct json *js, struct record *rec)
{
	const char *wrong;
	struct json_span key;

	json_peek(js);
	rec->headers_span.p = js->p;
	rec->nheaders = 0;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		struct record_header *h = &rec->headers[rec->nheaders];

		if (rec->nheaders++ == RECORD_HEADERS_MAX)
			return json_fail(js, key.p, "more than 64 headers");
		h->name = key;
		if ((wrong = header_name_error(key.p, key.len)) != NULL)
			return json_fail(js, key.p, wrong);
		if (!read_string(js, &h->value, "a header's value is not a string"))
			return false;
		if ((wrong = value_error(&h->value)) != NULL)
			return json_fail(js, h->value.p, wrong);
	}
	rec->headers_span.len = (size_t)(js->p - rec->headers_span.p);
	rec->headers_span.type = JSON_OBJECT;
	return js->error == NULL;
}

/* A whole number that fits; the scanner has checked the spelling. */
static bool
read_offset(struct json *js, size_t *out)
{
	struct json_span span;

	if (json_peek(js) != JSON_NUMBER || !json_value(js, &span))
		return json_fail(js, js->p, "\"at\" is not a number");
	if (span.len > 15)
		return json_fail(js, span.p, "\"at\" is out of bounds");
	*out = 0;
	for (size_t i = 0; i < span.len; i++) {
		if (span.p[i] < '0' || span.p[i] > '9')
			return json_fail(js, span.p, "\"at\" is not a byte offset");
		*out = *out * 10 + (size_t)(span.p[i] - '0');
	}
	return true;
}

static bool
read_late(struct json *js, struct record *rec)
{
	struct json_span key;

	rec->nlate = 0;
	if (!json_open_array(js))
		return false;
	while (json_next_item(js)) {
		struct record_late *late = &rec->late[rec->nlate];
		bool has_at = false;

		if (rec->nlate++ == SECRET_REFS_MAX)
			return json_fail(js, js->p, "more than 32 secrets in one body");
		late->ref.type = JSON_NONE;
		if (!json_open_object(js))
			return false;
		while (json_next_member(js, &key)) {
			if (is(&key, "at"))
				has_at = read_offset(js, &late->at);
			else if (is(&key, "ref"))
				read_ref(js, &late->ref);
			else
				json_value(js, NULL);
		}
		if (js->error != NULL)
			return false;
		if (!has_at || late->ref.type == JSON_NONE)
			return json_fail(js, js->p, "a secret's place needs \"at\" and \"ref\"");
		if (rec->nlate > 1 && late->at < late[-1].at)
			return json_fail(js, js->p, "secrets' places are not in ascending order");
	}
	return js->error == NULL;
}

/* Printable, without what would end it [RFC 7617, 2]. */
static bool
read_user(struct json *js, struct record *rec)
{
	struct json_span *user = &rec->auth_user;

	if (!read_string(js, user, "\"user\" is not a string"))
		return false;
	if (user->escaped || user->len == 0 || user->len > RECORD_USER_MAX)
		return json_fail(js, user->p, "\"user\" has 1 to 64 characters without escapes");
	for (size_t i = 0; i < user->len; i++)
		if (user->p[i] <= ' ' || user->p[i] >= 0x7f || strchr(":$`", user->p[i]) != NULL)
			return json_fail(js, user->p + i,
				"\"user\" holds printable ASCII without : $ and `");
	return true;
}

static bool
read_auth(struct json *js, struct record *rec)
{
	struct json_span key, scheme = {.type = JSON_NONE};

	rec->auth_scheme = RECORD_NO_AUTH;
	rec->auth.type = rec->auth_user.type = JSON_NONE;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "scheme"))
			read_string(js, &scheme, "\"scheme\" is not a string");
		else if (is(&key, "ref"))
			read_ref(js, &rec->auth);
		else if (is(&key, "user"))
			read_user(js, rec);
		else
			json_value(js, NULL);
	}
	if (js->error != NULL)
		return false;
	rec->auth_scheme = is(&scheme, "bearer")  ? RECORD_BEARER
			   : is(&scheme, "basic") ? RECORD_BASIC
						  : RECORD_NO_AUTH;
	if (rec->auth_scheme == RECORD_NO_AUTH || rec->auth.type == JSON_NONE)
		return json_fail(js, js->p,
			"\"auth\" needs \"scheme\", \"bearer\" or \"basic\", and \"ref\"");
	if (rec->auth_scheme == RECORD_BASIC && rec->auth_user.type == JSON_NONE)
		return json_fail(js, js->p, "\"auth\" with \"scheme\": \"basic\" needs \"user\"");
	return true;
}

static bool
read_launch(struct json *js, struct record *rec)
{
	struct record_launch *l = &rec->launch;
	const struct {
		const char *name;
		struct json_span *span;
	} members[] = {{"queue_entity", &l->queue_entity}, {"queue", &l->queue},
		{"entity", &l->entity}, {"project", &l->project}};
	struct json_span key;

	rec->is_launch = true;
	for (size_t i = 0; i < 4; i++)
		members[i].span->type = JSON_NONE;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		size_t i = 0;

		while (i < 4 && !is(&key, members[i].name))
			i++;
		if (i == 4)
			json_value(js, NULL);
		else
			read_string(js, members[i].span, "a name in \"launch\" is not a string");
	}
	for (size_t i = 0; i < 4 && js->error == NULL; i++)
		if (members[i].span->type == JSON_NONE)
			return json_fail(js, js->p,
				"\"launch\" needs \"queue_entity\", \"queue\", \"entity\" and \"project\"");
	return js->error == NULL;
}

static bool
add_scheme(struct json *js, struct record *rec)
{
	struct json_span name;
	int scheme;

	if (!read_string(js, &name, "a signature scheme is not a string"))
		return false;
	if ((scheme = signature_scheme_find(name.p, name.len)) < 0)
		return json_fail(js, name.p, "unknown signature scheme");
	for (size_t i = 0; i < rec->nschemes; i++)
		if (strcmp(signature_scheme_header(rec->schemes[i]),
			    signature_scheme_header((enum signature_scheme)scheme)) == 0)
			return json_fail(js, name.p, "two signatures for one header");
	rec->schemes[rec->nschemes++] = (enum signature_scheme)scheme;
	return true;
}

static bool
add_key(struct json *js, struct record *rec)
{
	if (rec->nkeys == SIGNATURE_KEYS_MAX)
		return json_fail(js, js->p, "more than 8 keys");
	return read_ref(js, &rec->keys[rec->nkeys]) && ++rec->nkeys;
}

/* One value, or an array of them, through ${add}, which counts them in *${n}. */
static bool
one_or_more(struct json *js, struct record *rec, size_t *n,
	bool (*add)(struct json *, struct record *))
{
	*n = 0;
	if (json_peek(js) != JSON_ARRAY)
		return add(js, rec);
	json_open_array(js);
	while (json_next_item(js))
		if (!add(js, rec))
			return false;
	return js->error == NULL;
}

static bool
read_sign(struct json *js, struct record *rec)
{
	struct json_span key;

	rec->nschemes = rec->nkeys = 0;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "scheme"))
			one_or_more(js, rec, &rec->nschemes, add_scheme);
		else if (is(&key, "refs"))
			one_or_more(js, rec, &rec->nkeys, add_key);
		else
			json_value(js, NULL);
	}
	if (js->error == NULL && (rec->nschemes == 0 || rec->nkeys == 0))
		return json_fail(js, js->p, "\"sign\" needs \"scheme\" and \"refs\"");
	return js->error == NULL;
}

static bool
read_method(struct json *js, struct record *rec)
{
	struct json_span method;

	(void)rec;
	if (!read_string(js, &method, "\"method\" is not a string"))
		return false;
	return json_equal(&method, "POST", 4) || json_fail(js, method.p, "\"method\" is not POST");
}

static bool
read_url(struct json *js, struct record *rec)
{
	return read_string(js, &rec->url, "\"url\" is not a string");
}

static bool
read_body(struct json *js, struct record *rec)
{
	return read_string(js, &rec->body, "\"body\" is not a string");
}

static bool
read_success_when(struct json *js, struct record *rec)
{
	struct json_span *program = &rec->success_when;

	if (!read_string(js, program, "\"success_when\" is not a string"))
		return false;
	return (program->len > 0 && program->len <= RECORD_PROGRAM_MAX) ||
	       json_fail(js, program->p, "\"success_when\" has 1 to 65536 bytes");
}

static bool
read_success_status(struct json *js, struct record *rec)
{
	struct json_span *value = &rec->success_status;

	return json_value(js, value) &&
	       (statuses_check(value) || json_fail(js, value->p, STATUSES_WRONG));
}

static bool
read_tls(struct json *js, struct record *rec)
{
	struct json_span key;

	rec->tls_ca.type = rec->tls_cert.type = rec->tls_key.type = JSON_NONE;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "ca"))
			read_ref(js, &rec->tls_ca);
		else if (is(&key, "cert"))
			read_ref(js, &rec->tls_cert);
		else if (is(&key, "key"))
			read_ref(js, &rec->tls_key);
		else
			json_value(js, NULL);
	}
	if (js->error != NULL)
		return false;
	if ((rec->tls_cert.type == JSON_NONE) != (rec->tls_key.type == JSON_NONE))
		return json_fail(js, js->p, "\"tls\" needs both of \"cert\" and \"key\" or none");
	return rec->tls_ca.type != JSON_NONE || rec->tls_cert.type != JSON_NONE ||
	       json_fail(js, js->p, "\"tls\" has neither \"ca\" nor \"cert\" and \"key\"");
}

/* Of duplicate members the last counts, whole: nothing of an earlier one may shine through. */
static void
forget_request(struct record *rec)
{
	rec->url.type = rec->body.type = rec->headers_span.type = rec->auth.type =
		rec->auth_user.type = JSON_NONE;
	rec->auth_scheme = RECORD_NO_AUTH;
	rec->is_launch = false;
	rec->nheaders = rec->nlate = rec->nschemes = rec->nkeys = 0;
	rec->success_when.type = rec->success_status.type = JSON_NONE;
	rec->tls_ca.type = rec->tls_cert.type = rec->tls_key.type = JSON_NONE;
}

static bool
read_request_member(struct json *js, struct record *rec, const struct json_span *key)
{
	static const struct {
		const char *name;
		bool (*read)(struct json *, struct record *);
	} members[] = {
		{"method", read_method},
		{"url", read_url},
		{"headers", read_headers},
		{"body", read_body},
		{"secrets", read_late},
		{"auth", read_auth},
		{"launch", read_launch},
		{"sign", read_sign},
		{"success_when", read_success_when},
		{"success_status", read_success_status},
		{"tls", read_tls},
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (is(key, members[i].name))
			return members[i].read(js, rec);
	return json_value(js, NULL);
}

static bool
read_request(struct json *js, struct record *rec)
{
	struct json_span key;

	forget_request(rec);
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key))
		if (!read_request_member(js, rec, &key))
			return false;
	if (js->error != NULL)
		return false;
	if (rec->url.type == JSON_NONE)
		return json_fail(js, js->p, "the request has no \"url\"");
	if (rec->body.type == JSON_NONE)
		return json_fail(js, js->p, "the request has no \"body\"");
	if (rec->auth_scheme != RECORD_NO_AUTH && has_header(rec, "Authorization"))
		return json_fail(js, js->p,
			"\"auth\" and an Authorization header exclude each other");
	return rec->headers_span.type != JSON_NONE ||
	       json_fail(js, js->p, "the request has no \"headers\"");
}

static bool
read_automation(struct json *js, struct record *rec)
{
	struct json_span key;

	rec->automation.type = JSON_NONE;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "name"))
			read_string(js, &rec->automation, "the automation's name is not a string");
		else
			json_value(js, NULL);
	}
	return js->error == NULL;
}

static bool
read_delivery_id(struct json *js, struct record *rec)
{
	if (!read_string(js, &rec->delivery_id, "\"delivery_id\" is not a string"))
		return false;
	if (rec->delivery_id.len == 0 || rec->delivery_id.len > DELIVERY_ID_MAX)
		return json_fail(js, rec->delivery_id.p, "\"delivery_id\" has 1 to 64 characters");
	for (size_t i = 0; i < rec->delivery_id.len; i++) {
		char c = rec->delivery_id.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    c == '-' || c == '_'))
			return json_fail(js, rec->delivery_id.p,
				"\"delivery_id\" holds [A-Za-z0-9_-] only");
	}
	return true;
}

/* What of a record has been there, beside what stands in it. */
struct seen {
	bool event, event_type, automation, request;
};

/* Somebody has left out a stage, perhaps. */
static bool
fail_without_id(struct json *js, const struct seen *seen)
{
	if (seen->event && seen->automation && !seen->request)
		return json_fail(js, js->p,
			"the record has no \"delivery_id\": it is one of wb-match, and wb-render comes first");
	if (seen->event_type && !seen->event)
		return json_fail(js, js->p,
			"the record has no \"delivery_id\": it is an event, and wb-match and wb-render come first");
	return json_fail(js, js->p, "the record has no \"delivery_id\"");
}

bool
record_read(struct json *js, struct record *rec)
{
	struct seen seen = {.event = false};
	struct json_span key;

	rec->delivery_id.type = rec->automation.type = rec->url.type = JSON_NONE;
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (is(&key, "delivery_id")) {
			read_delivery_id(js, rec);
		} else if (is(&key, "event")) {
			seen.event = event_read(js, &rec->event);
		} else if (is(&key, "automation")) {
			seen.automation = read_automation(js, rec);
		} else if (is(&key, "request")) {
			seen.request = read_request(js, rec);
		} else {
			seen.event_type |= is(&key, "event_type");
			json_value(js, NULL);
		}
	}
	if (js->error != NULL)
		return false;
	if (rec->delivery_id.type == JSON_NONE)
		return fail_without_id(js, &seen);
	if (!seen.event)
		return json_fail(js, js->p, "the record has no \"event\"");
	if (rec->automation.type == JSON_NONE)
		return json_fail(js, js->p, "the record has no automation with a \"name\"");
	return rec->url.type != JSON_NONE || json_fail(js, js->p, "the record has no \"request\"");
}

bool
record_is_signed(const struct record *rec)
{
	for (size_t i = 0; i < rec->nschemes; i++)
		if (!has_header(rec, signature_scheme_header(rec->schemes[i])) ||
			(rec->schemes[i] == SIGNATURE_STANDARD &&
				(!has_header(rec, "webhook-id") ||
					!has_header(rec, "webhook-timestamp"))))
			return false;
	return true;
}

bool
record_signs_with(const struct record *rec, size_t i)
{
	for (size_t n = 0; n < rec->nschemes; n++)
		if (i == 0 || signature_scheme_takes_all(rec->schemes[n]))
			return true;
	return false;
}
