/*
 * imported_payload - payloads of W&B's webhooks, and what else has variables, as ours. Pure but for
 * memory.
 */
#ifndef WB_IMPORTED_PAYLOAD_H
#define WB_IMPORTED_PAYLOAD_H

#include <stdbool.h>

#include "names.h"
#include "template.h"

#define IMPORTED_PAYLOAD_ERROR_MAX 320 /* bytes of a message, NUL included */

/**
 * imported_payload_check(what, payload, secrets, error):
 * Whether ${payload} is one of ours and means there what it means in W&B: it is JSON, not nested
 * too deep for a configuration file, and all its variables are ones of W&B, or the names of
 * ${secrets}. If not, ${error} says why of ${what}; it is empty if memory ran out.
 */
bool imported_payload_check(const char *what, const struct text *payload,
	const struct template_secrets *secrets, char error[IMPORTED_PAYLOAD_ERROR_MAX]);

/**
 * imported_payload_check_fixed(what, value, error):
 * Whether ${value}, valid JSON, has no variables of W&B: ours would leave them as they are.
 */
bool imported_payload_check_fixed(const char *what, const struct text *value,
	char error[IMPORTED_PAYLOAD_ERROR_MAX]);

#endif
