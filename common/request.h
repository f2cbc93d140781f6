/*
 * request - a request record made ready: where it goes, its body with secrets in their
 * places, and its signatures.
 *
 * Everything in here may be a secret or hold one; request_release overwrites it.
 */
#ifndef WB_REQUEST_H
#define WB_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "secret.h"
#include "signature.h"
#include "strbuf.h"
#include "url.h"

#define REQUEST_ERROR_MAX 320 /* bytes of a message, NUL included */
#define REQUEST_SIGNATURES_MAX (SIGNATURE_SCHEMES * SIGNATURE_HEADERS_MAX)

/*
 * ${lack} is REFUSED if it would fail again, SHORTAGE if memory or descriptors ran out, FAILED if a
 * secret's helper did, and PENDING while one is being asked.
 */
struct request {
	struct strbuf url;       /* NUL-terminated */
	struct url where;        /* the same, taken apart */
	bool has_url;            /* false: a reference that could not be looked up */
	bool is_secret_url;      /* it came from a reference */
	struct strbuf body;      /* the bytes to be signed and sent */
	enum secret_status lack; /* what failed last: for want of what */
};

/**
 * request_init(rq), request_release(rq):
 * Buffers are kept between requests; releasing overwrites them.
 */
void request_init(struct request *rq);
void request_release(struct request *rq);

/**
 * request_clear(rq):
 * Overwrite what may be secret. A URL that stood in a record is kept.
 */
void request_clear(struct request *rq);

/**
 * request_is_for(rq, rec):
 * Whether ${rec} goes where the last one went, by a URL that stands in both, so that request_url
 * need not be called.
 */
bool request_is_for(const struct request *rq, const struct record *rec);

/**
 * request_url(rq, rec, store, error):
 * Find out where ${rec} goes. Returns 0, or -1 with the reason in ${error}: a secret that
 * is not there, or no URL.
 */
int request_url(struct request *rq, const struct record *rec, struct secret_store *store,
	char error[REQUEST_ERROR_MAX]);

/**
 * request_secret(rq, ref, store, out, error):
 * Look up ${ref} for use with this request's host. Returns 0, or -1 with the reason in
 * ${error}, which names the secret.
 */
int request_secret(struct request *rq, const struct json_span *ref, struct secret_store *store,
	struct secret *out, char error[REQUEST_ERROR_MAX]);

/**
 * request_body(rq, rec, store, error):
 * Decode the body of ${rec} and put late secrets, JSON-escaped, in their places. request_url comes
 * first. Returns 0, or -1 with the reason in ${error}.
 */
int request_body(struct request *rq, const struct record *rec, struct secret_store *store,
	char error[REQUEST_ERROR_MAX]);

/**
 * request_sign(rq, rec, store, signer, now_sec, headers, n, error):
 * Make all signatures that ${rec} asks for of the body in ${rq}, as *${n} ${headers}. Returns 0, or
 * -1 with the reason in ${error}.
 */
int request_sign(struct request *rq, const struct record *rec, struct secret_store *store,
	struct signer *signer, int64_t now_sec,
	struct signature_header headers[REQUEST_SIGNATURES_MAX], size_t *n,
	char error[REQUEST_ERROR_MAX]);

#endif
