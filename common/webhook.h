/*
 * webhook - the shape of a webhook, in configuration and in match records: which members there are,
 * and reading one that wb-match has checked, or somebody else has written. Pure.
 */
#ifndef WB_WEBHOOK_H
#define WB_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "secret_ref.h"
#include "target.h"

enum webhook_member {
	WEBHOOK_URL,
	WEBHOOK_ACCESS_TOKEN,
	WEBHOOK_SECRET,
	WEBHOOK_SIGNATURE,
	WEBHOOK_HEADERS,
	WEBHOOK_TARGET,
	WEBHOOK_SUCCESS_WHEN,
	WEBHOOK_SUCCESS_STATUS,
	WEBHOOK_TLS,
	WEBHOOK_MEMBERS
};

enum webhook_tls { WEBHOOK_TLS_CA, WEBHOOK_TLS_CERT, WEBHOOK_TLS_KEY, WEBHOOK_TLS_MEMBERS };

/* Their names, by number: those of a webhook, and those of its "tls". */
extern const char *const webhook_members[WEBHOOK_MEMBERS];
extern const char *const webhook_tls_members[WEBHOOK_TLS_MEMBERS];

/*
 * Spans; JSON_NONE where a member is absent. ${refs} are the secrets that payloads may name: all
 * but those of "tls", of which the key must not be among them.
 */
struct webhook {
	struct json_span member[WEBHOOK_MEMBERS];
	struct json_span tls[WEBHOOK_TLS_MEMBERS];
	enum target target;
	struct json_span refs[SECRET_REFS_MAX];
	size_t nrefs;
};

/**
 * webhook_has_ref(refs, n, ref):
 * Whether one of ${n} references at ${refs} names the same secret as ${ref}.
 */
bool webhook_has_ref(const struct json_span *refs, size_t n, const struct json_span *ref);

/**
 * webhook_read(js, webhook):
 * Read the object that comes next. False, with the error in ${js}, if it is not what wb-render can
 * make a request of. What it carries along is left to those who read the request.
 */
bool webhook_read(struct json *js, struct webhook *webhook);

#endif
