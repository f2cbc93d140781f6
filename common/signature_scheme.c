#include "signature_scheme.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *header;
	bool is_timed;
} schemes[SIGNATURE_SCHEMES] = {
	[SIGNATURE_WANDB] = {"wandb", "X-Wandb-Signature", false},
	[SIGNATURE_WANDB_HEX] = {"wandb-hex", "X-Wandb-Signature", false},
	[SIGNATURE_GITHUB] = {"github", "X-Hub-Signature-256", false},
	[SIGNATURE_STANDARD] = {"standard", "webhook-signature", true},
};

int
signature_scheme_find(const char *name, size_t len)
{
	for (int i = 0; i < SIGNATURE_SCHEMES; i++) {
		if (strlen(schemes[i].name) == len && memcmp(schemes[i].name, name, len) == 0)
			return i;
	}
	return -1;
}

const char *
signature_scheme_name(enum signature_scheme scheme)
{
	return schemes[scheme].name;
}

const char *
signature_scheme_header(enum signature_scheme scheme)
{
	return schemes[scheme].header;
}

bool
signature_scheme_makes_header(const char *name, size_t len)
{
	static const char *const standard[] = {"webhook-id", "webhook-timestamp"};

	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++)
		if (strlen(standard[i]) == len && strncasecmp(name, standard[i], len) == 0)
			return true;
	for (int i = 0; i < SIGNATURE_SCHEMES; i++)
		if (strlen(schemes[i].header) == len &&
			strncasecmp(name, schemes[i].header, len) == 0)
			return true;
	return false;
}

bool
signature_scheme_is_timed(enum signature_scheme scheme)
{
	return schemes[scheme].is_timed;
}

bool
signature_scheme_takes_all(enum signature_scheme scheme)
{
	return scheme == SIGNATURE_STANDARD;
}
