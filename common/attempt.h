/*
 * attempt - one attempt at a delivery, made ready: where it goes, its headers with secrets and
 * fresh signatures, its body.
 *
 * An attempt is made anew from the record each time, so that a time-stamped signature is fresh and
 * no secret waits in memory between attempts.
 */
#ifndef WB_ATTEMPT_H
#define WB_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"
#include "record.h"
#include "record_pack.h"
#include "request.h"
#include "secret.h"
#include "signature.h"
#include "strbuf.h"
#include "transfer.h"

#define ATTEMPT_HEADERS_MAX (RECORD_HEADERS_MAX + REQUEST_SIGNATURES_MAX + 4)
#define ATTEMPT_ERROR_MAX POLICY_ERROR_MAX /* bytes of a message, NUL included */

struct attempt {
	struct record rec;
	struct request rq;
	bool is_allowed;           /* by the policy: the URL in rq */
	struct strbuf header_text; /* NUL-terminated lines, one behind the other */
	char *headers[ATTEMPT_HEADERS_MAX];
	size_t nheaders;
	struct transfer_tls tls;
};

/* What attempts are made with; all borrowed but the signer. */
struct attempt_means {
	const struct policy *policy;
	struct secret_store *secrets;
	struct signer *signer; /* made when the first signature is; the owner frees it */
};

/**
 * attempt_init(a), attempt_release(a):
 * Buffers are kept between attempts; releasing overwrites them.
 */
void attempt_init(struct attempt *a);
void attempt_release(struct attempt *a);

/**
 * attempt_prepare(a, means, pack, fault, error):
 * Make the record in ${pack}, which must stay until attempt_clear, ready to be sent. Returns
 * TRANSFER_OK, or TRANSFER_DENIED or TRANSFER_SECRET, or, for lack of memory or descriptors,
 * TRANSFER_CONNECT; with the reason in ${error} and, in *${fault}, whose fault it is:
 * TRANSFER_NOT_YET if it is to be called again when secret_store_next has said that a look-up is
 * over.
 */
enum transfer_error attempt_prepare(struct attempt *a, struct attempt_means *means,
	const struct record_pack *pack, enum transfer_fault *fault, char error[ATTEMPT_ERROR_MAX]);

/**
 * attempt_clear(a):
 * Overwrite what may be secret.
 */
void attempt_clear(struct attempt *a);

/**
 * attempt_mask(a, secrets, text, len, shown, cut):
 * Overwrite with '*' what the first ${shown} of ${len} bytes at ${text}, from a server, hold of
 * secrets: values, and the parts of a URL that is a secret (secret_url.h). ${cut}: as for
 * secret_mask.
 */
void attempt_mask(const struct attempt *a, const struct secret_store *secrets, char *text,
	size_t len, size_t shown, bool cut);

/**
 * attempt_mask_message(a, secrets, message):
 * The same with a message that may repeat what a server said, and may have cut it: at its end, or
 * before "...".
 */
void attempt_mask_message(const struct attempt *a, const struct secret_store *secrets,
	char message[TRANSFER_ERROR_MAX]);

#endif
