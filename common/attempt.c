#include "attempt.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "header.h"
#include "json_text.h"
#include "secret_url.h"
#include "timestamp.h"

#define HEADER_TEXT_MAX ((size_t)ATTEMPT_HEADERS_MAX * (HEADER_VALUE_MAX + 512) + SECRET_MAX)

void
attempt_init(struct attempt *a)
{
	*a = (struct attempt){.nheaders = 0};
	request_init(&a->rq);
	strbuf_init_secret(&a->header_text, HEADER_TEXT_MAX);
}

void
attempt_release(struct attempt *a)
{
	request_release(&a->rq);
	strbuf_release(&a->header_text);
}

void
attempt_clear(struct attempt *a)
{
	request_clear(&a->rq);
	strbuf_reset(&a->header_text);
	a->nheaders = 0;
}

/* Memory ran out. */
static int
fail_short(struct attempt *a, char error[REQUEST_ERROR_MAX], const char *message)
{
	a->rq.lack = SECRET_SHORTAGE;
	snprintf(error, REQUEST_ERROR_MAX, "%s", message);
	return -1;
}

static void
add_header(struct attempt *a, const char *name, size_t name_len, const char *prefix,
	const char *value, size_t len)
{
	if (strbuf_failed(&a->header_text))
		return;
	/* The buffer may still move: keep the offset, and make it a pointer at the end. */
	a->headers[a->nheaders++] = (char *)(uintptr_t)a->header_text.len;
	strbuf_add(&a->header_text, name, name_len);
	/*
	 * libcurl's spelling of a header without a value; with a colon it would
	 * leave the header out.
	 */
	strbuf_adds(&a->header_text, len == 0 && *prefix == '\0' ? ";" : ": ");
	strbuf_adds(&a->header_text, prefix);
	strbuf_add(&a->header_text, value, len);
	strbuf_addc(&a->header_text, '\0');
}

static int
add_secret_header(struct attempt *a, struct attempt_means *means, const char *name, size_t name_len,
	const char *prefix, const struct json_span *ref, char error[REQUEST_ERROR_MAX])
{
	struct secret value;
	const char *wrong;

	if (request_secret(&a->rq, ref, means->secrets, &value, error) != 0)
		return -1;
	if ((wrong = header_secret_error(value.value, value.len)) != NULL) {
		a->rq.lack = SECRET_REFUSED;
		snprintf(error, REQUEST_ERROR_MAX, "secret %.*s: %s", (int)ref->len - 1, ref->p + 1,
			wrong);
		return -1;
	}
	add_header(a, name, name_len, prefix, value.value, value.len);
	return 0;
}

/* User and secret in base64 [RFC 7617]; masks know the base64 of whatever a secret is part of. */
static int
add_basic(struct attempt *a, struct attempt_means *means, char error[REQUEST_ERROR_MAX])
{
	const struct json_span *user = &a->rec.auth_user;
	struct strbuf plain, encoded;
	struct secret value;
	char *out;

	if (request_secret(&a->rq, &a->rec.auth, means->secrets, &value, error) != 0)
		return -1;
	strbuf_init_secret(&plain, RECORD_USER_MAX + 1 + SECRET_MAX);
	strbuf_init_secret(&encoded, 2 * SECRET_MAX);
	strbuf_add(&plain, user->p, user->len);
	strbuf_addc(&plain, ':');
	strbuf_add(&plain, value.value, value.len);
	out = strbuf_room(&encoded, (plain.len + 2) / 3 * 4 + 1);
	if (!strbuf_failed(&plain) && out != NULL)
		add_header(a, "Authorization", 13, "Basic ", out,
			(size_t)EVP_EncodeBlock((unsigned char *)out,
				(const unsigned char *)plain.buf, (int)plain.len));
	a->header_text.failed |= strbuf_failed(&plain) || out == NULL;
	strbuf_release(&plain);
	strbuf_release(&encoded);
	return 0;
}

/* A header of the record, unless one of the fresh signatures takes its place. */
static int
add_record_header(struct attempt *a, struct attempt_means *means, const struct record_header *h,
	const struct signature_header *fresh, size_t nfresh, char error[REQUEST_ERROR_MAX])
{
	struct strbuf plain;

	if (signature_header_replaces(fresh, nfresh, h->name.p, h->name.len))
		return 0;
	if (record_is_ref(&h->value))
		return add_secret_header(a, means, h->name.p, h->name.len, "", &h->value, error);
	if (!h->value.escaped) {
		add_header(a, h->name.p, h->name.len, "", h->value.p, h->value.len);
		return 0;
	}
	strbuf_init(&plain, HEADER_VALUE_MAX);
	json_decode(&plain, &h->value);
	add_header(a, h->name.p, h->name.len, "", plain.buf, plain.len);
	a->header_text.failed |= strbuf_failed(&plain);
	strbuf_release(&plain);
	return 0;
}

/* Sign anew if a signature covers the time; others are as good as when they were made. */
static int
sign_afresh(struct attempt *a, struct attempt_means *means,
	struct signature_header headers[REQUEST_SIGNATURES_MAX], size_t *n,
	char error[REQUEST_ERROR_MAX])
{
	bool is_timed = false;

	*n = 0;
	for (size_t i = 0; i < a->rec.nschemes; i++)
		is_timed |= signature_scheme_is_timed(a->rec.schemes[i]);
	if (!is_timed)
		return 0;
	if (means->signer == NULL && (means->signer = signer_new()) == NULL)
		return fail_short(a, error, "libcrypto cannot be set up");
	return request_sign(&a->rq, &a->rec, means->secrets, means->signer,
		timestamp_now_ms() / 1000, headers, n, error);
}

/* All header lines of the request. Returns 0, or -1 with the reason in ${error}. */
static int
build_headers(struct attempt *a, struct attempt_means *means, char error[REQUEST_ERROR_MAX])
{
	struct signature_header fresh[REQUEST_SIGNATURES_MAX];
	const struct record *rec = &a->rec;
	bool has_agent = false, has_type = false;
	size_t nfresh;

	strbuf_reset(&a->header_text);
	a->nheaders = 0;
	if (sign_afresh(a, means, fresh, &nfresh, error) != 0)
		return -1;
	for (size_t i = 0; i < rec->nheaders; i++) {
		const struct record_header *h = &rec->headers[i];

		has_agent |= header_is(h->name.p, h->name.len, "User-Agent");
		has_type |= header_is(h->name.p, h->name.len, "Content-Type");
		if (add_record_header(a, means, h, fresh, nfresh, error) != 0)
			return -1;
	}
	for (size_t i = 0; i < nfresh; i++)
		add_header(a, fresh[i].name, strlen(fresh[i].name), "", fresh[i].value,
			strlen(fresh[i].value));
	if (rec->auth_scheme == RECORD_BEARER &&
		add_secret_header(a, means, "Authorization", 13, "Bearer ", &rec->auth, error) != 0)
		return -1;
	if (rec->auth_scheme == RECORD_BASIC && add_basic(a, means, error) != 0)
		return -1;
	if (!has_type)
		add_header(a, "Content-Type", 12, "", "application/json", 16);
	if (!has_agent)
		add_header(a, "User-Agent", 10, "wb-tools/", WB_VERSION, strlen(WB_VERSION));
	if (strbuf_failed(&a->header_text) && a->header_text.len < HEADER_TEXT_MAX - 2 * SECRET_MAX)
		return fail_short(a, error, "out of memory");
	/* Secrets may be longer than what else is in a header. */
	if (strbuf_failed(&a->header_text)) {
		a->rq.lack = SECRET_REFUSED;
		snprintf(error, REQUEST_ERROR_MAX, "headers are too long");
		return -1;
	}
	for (size_t i = 0; i < a->nheaders; i++)
		a->headers[i] = a->header_text.buf + (uintptr_t)a->headers[i];
	return 0;
}

/* One PEM text. */
static int
get_pem(struct attempt *a, struct attempt_means *means, const struct json_span *ref,
	struct secret *out, char error[REQUEST_ERROR_MAX])
{
	*out = (struct secret){.value = NULL};
	return ref->type == JSON_NONE ? 0 : request_secret(&a->rq, ref, means->secrets, out, error);
}

static int
get_tls(struct attempt *a, struct attempt_means *means, char error[REQUEST_ERROR_MAX])
{
	if (get_pem(a, means, &a->rec.tls_ca, &a->tls.ca, error) != 0 ||
		get_pem(a, means, &a->rec.tls_cert, &a->tls.cert, error) != 0 ||
		get_pem(a, means, &a->rec.tls_key, &a->tls.key, error) != 0)
		return -1;
	return 0;
}

static enum transfer_error
prepare(struct attempt *a, struct attempt_means *means, char error[ATTEMPT_ERROR_MAX])
{
	a->rq.lack = SECRET_REFUSED;
	/* Most go where the last one in this place went, which was checked. */
	if (!a->is_allowed || !request_is_for(&a->rq, &a->rec)) {
		a->is_allowed = false;
		if (request_url(&a->rq, &a->rec, means->secrets, error) != 0)
			return a->rq.is_secret_url ? TRANSFER_SECRET : TRANSFER_DENIED;
		if (!policy_check_url(means->policy, &a->rq.where, error))
			return TRANSFER_DENIED;
		a->is_allowed = true;
	}
	if (request_body(&a->rq, &a->rec, means->secrets, error) != 0 ||
		build_headers(a, means, error) != 0 || get_tls(a, means, error) != 0)
		return TRANSFER_SECRET;
	return TRANSFER_OK;
}

enum transfer_error
attempt_prepare(struct attempt *a, struct attempt_means *means, const struct record_pack *pack,
	enum transfer_fault *fault, char error[ATTEMPT_ERROR_MAX])
{
	enum transfer_error status;
	char why[REQUEST_ERROR_MAX];

	*fault = TRANSFER_THEIRS;
	record_unpack(pack, &a->rec);
	status = prepare(a, means, error);
	if (status == TRANSFER_OK || a->rq.lack == SECRET_REFUSED)
		return status;
	if (a->rq.lack != SECRET_SHORTAGE) {
		*fault = a->rq.lack == SECRET_PENDING ? TRANSFER_NOT_YET : TRANSFER_PASSING;
		return status;
	}
	*fault = TRANSFER_SHORTAGE;
	snprintf(why, sizeof(why), "%s", error);
	snprintf(error, ATTEMPT_ERROR_MAX, "cannot set up the request: %s", why);
	return TRANSFER_CONNECT;
}

void
attempt_mask(const struct attempt *a, const struct secret_store *secrets, char *text, size_t len,
	size_t shown, bool cut)
{
	struct secret_url url;

	if (!record_is_ref(&a->rec.url) || !a->rq.has_url || a->rq.url.len == 0) {
		secret_mask(secrets, NULL, text, len, shown, cut);
		return;
	}
	secret_url_init(&url, a->rq.url.buf, a->rq.where.host);
	secret_mask(secrets, &url.mask, text, len, shown, cut);
}

void
attempt_mask_message(const struct attempt *a, const struct secret_store *secrets,
	char message[TRANSFER_ERROR_MAX])
{
	const size_t len = strlen(message);
	char whole[TRANSFER_ERROR_MAX];

	memcpy(whole, message, len + 1);
	attempt_mask(a, secrets, message, len, len, len + 1 >= sizeof(whole));
	/* Somebody may have cut it before, and jq does so with the values that it tells. */
	for (const char *p = whole; (p = strstr(p, "...")) != NULL; p += strlen("...")) {
		const size_t cut_len = (size_t)(p - whole);
		char part[TRANSFER_ERROR_MAX];

		memcpy(part, whole, cut_len);
		attempt_mask(a, secrets, part, cut_len, cut_len, true);
		for (size_t i = 0; i < cut_len; i++)
			if (part[i] == '*')
				message[i] = '*';
	}
}
