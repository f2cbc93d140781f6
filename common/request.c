#include "request.h"

#include <stdio.h>
#include <string.h>

#include "json_text.h"

#define BODY_MAX ((size_t)1024 * 1024 * 1024)

void
request_init(struct request *rq)
{
	*rq = (struct request){.has_url = false};
	strbuf_init_secret(&rq->url, URL_MAX + 1);
	strbuf_init_secret(&rq->body, BODY_MAX);
}

void
request_release(struct request *rq)
{
	strbuf_release(&rq->url);
	strbuf_release(&rq->body);
}

void
request_clear(struct request *rq)
{
	strbuf_reset(&rq->body);
	if (!rq->is_secret_url)
		return;
	strbuf_reset(&rq->url);
	rq->has_url = false;
}

bool
request_is_for(const struct request *rq, const struct record *rec)
{
	return rq->has_url && !rq->is_secret_url && !rec->url.escaped &&
	       rec->url.len == rq->url.len && memcmp(rec->url.p, rq->url.buf, rq->url.len) == 0;
}

static int
fail(struct request *rq, char error[REQUEST_ERROR_MAX], const char *message)
{
	rq->lack = SECRET_REFUSED;
	snprintf(error, REQUEST_ERROR_MAX, "%s", message);
	return -1;
}

static int
fail_url(struct request *rq, char error[REQUEST_ERROR_MAX], const char *why)
{
	rq->lack = SECRET_REFUSED;
	snprintf(error, REQUEST_ERROR_MAX, "malformed URL: %s", why);
	return -1;
}

static int
fail_short(struct request *rq, char error[REQUEST_ERROR_MAX], const char *message)
{
	(void)fail(rq, error, message);
	rq->lack = SECRET_SHORTAGE;
	return -1;
}

/* The secret of ${len} bytes at ${name} is not to be had. */
static int
fail_secret(struct request *rq, char error[REQUEST_ERROR_MAX], const char *name, size_t len,
	const char *why, enum secret_status status)
{
	rq->lack = status;
	snprintf(error, REQUEST_ERROR_MAX, "secret %.*s: %s", (int)len, name, why);
	return -1;
}

int
request_secret(struct request *rq, const struct json_span *ref, struct secret_store *store,
	struct secret *out, char error[REQUEST_ERROR_MAX])
{
	const size_t len = secret_ref_name(ref->p, ref->len);
	const char *why;
	const enum secret_status status =
		secret_get(store, ref->p + 1, len, rq->has_url ? rq->where.host : NULL, out, &why);

	return status == SECRET_FOUND ? 0 : fail_secret(rq, error, ref->p + 1, len, why, status);
}

/*
 * The URL that a secret holds. A binding can only be checked against the host inside it,
 * so it is looked up twice.
 */
static int
secret_url(struct request *rq, const struct json_span *ref, struct secret_store *store,
	char error[REQUEST_ERROR_MAX])
{
	const size_t len = secret_ref_name(ref->p, ref->len);
	struct secret value;
	const char *why;
	const enum secret_status status = secret_peek(store, ref->p + 1, len, &value, &why);

	if (status != SECRET_FOUND)
		return fail_secret(rq, error, ref->p + 1, len, why, status);
	if (url_parse(value.value, value.len, &rq->where, &why) != 0) {
		rq->lack = SECRET_REFUSED;
		snprintf(error, REQUEST_ERROR_MAX, "secret %.*s: malformed URL: %s", (int)len,
			ref->p + 1, why);
		return -1;
	}
	rq->has_url = true;
	if (request_secret(rq, ref, store, &value, error) != 0)
		return -1;
	strbuf_add(&rq->url, value.value, value.len);
	return 0;
}

int
request_url(struct request *rq, const struct record *rec, struct secret_store *store,
	char error[REQUEST_ERROR_MAX])
{
	const char *why;

	rq->has_url = false;
	strbuf_reset(&rq->url);
	rq->is_secret_url = record_is_ref(&rec->url);
	if (rq->is_secret_url) {
		if (secret_url(rq, &rec->url, store, error) != 0)
			return -1;
	} else {
		json_decode(&rq->url, &rec->url);
		if (strbuf_failed(&rq->url))
			return rec->url.len > URL_MAX
				       ? fail_url(rq, error, "longer than 8192 bytes")
				       : fail_short(rq, error, "out of memory");
		if (url_parse(rq->url.buf != NULL ? rq->url.buf : "", rq->url.len, &rq->where,
			    &why) != 0)
			return fail_url(rq, error, why);
		rq->has_url = true;
	}
	return strbuf_str(&rq->url) != NULL ? 0 : fail_short(rq, error, "out of memory");
}

/* Make room for ${len} bytes at ${at} inside ${body} and put the JSON-escaped ${value} there. */
static void
insert(struct strbuf *body, size_t at, const struct secret *value)
{
	struct strbuf escaped;

	strbuf_init_secret(&escaped, SECRET_MAX * 6);
	json_escape(&escaped, value->value, value->len);
	if (!strbuf_failed(&escaped) && strbuf_room(body, escaped.len) != NULL) {
		memmove(body->buf + at + escaped.len, body->buf + at, body->len - at);
		memcpy(body->buf + at, escaped.buf, escaped.len);
		body->len += escaped.len;
	}
	body->failed |= strbuf_failed(&escaped);
	strbuf_release(&escaped);
}

int
request_body(struct request *rq, const struct record *rec, struct secret_store *store,
	char error[REQUEST_ERROR_MAX])
{
	struct strbuf *body = &rq->body;
	struct secret value;

	strbuf_reset(body);
	json_decode(body, &rec->body);
	/* From the last to the first, so that earlier offsets stay true. */
	for (size_t i = rec->nlate; i > 0 && !strbuf_failed(body); i--) {
		const struct record_late *late = &rec->late[i - 1];

		if (late->at > body->len)
			return fail(rq, error, "a secret's place is behind the end of the body");
		if (request_secret(rq, &late->ref, store, &value, error) != 0)
			return -1;
		insert(body, late->at, &value);
	}
	if (strbuf_failed(body))
		return fail_short(rq, error, "out of memory");
	return 0;
}

int
request_sign(struct request *rq, const struct record *rec, struct secret_store *store,
	struct signer *signer, int64_t now_sec,
	struct signature_header headers[REQUEST_SIGNATURES_MAX], size_t *n,
	char error[REQUEST_ERROR_MAX])
{
	struct secret keys[SIGNATURE_KEYS_MAX];
	char id[DELIVERY_ID_MAX + 1];
	size_t nkeys = 0;

	*n = 0;
	memcpy(id, rec->delivery_id.p, rec->delivery_id.len);
	id[rec->delivery_id.len] = '\0';
	/* A key that signs nothing may be gone already. */
	while (nkeys < rec->nkeys && record_signs_with(rec, nkeys)) {
		if (request_secret(rq, &rec->keys[nkeys], store, &keys[nkeys], error) != 0)
			return -1;
		nkeys++;
	}
	for (size_t i = 0; i < rec->nschemes; i++) {
		size_t made = 0;
		int status = signature_make(signer, rec->schemes[i], keys, nkeys, id, now_sec,
			rq->body.buf != NULL ? rq->body.buf : "", rq->body.len, headers + *n,
			&made);

		if (status == SIGNATURE_BAD_KEY)
			return fail(rq, error,
				"the secret starts with whsec_ but is not base64 behind it");
		if (status != 0)
			return fail_short(rq, error, "libcrypto failed or memory ran out");
		*n += made;
	}
	return 0;
}
