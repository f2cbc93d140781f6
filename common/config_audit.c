#include "config_audit.h"

#include "config_check.h"

int
config_audit(char *const *paths, size_t npaths, const struct policy *policy,
	struct secret_store *secrets, struct findings *findings)
{
	size_t nerrors;
	struct config *config =
		config_load_partly(paths, npaths, findings_error, findings, &nerrors);
	const struct config_check check = {.config = config,
		.has_errors = nerrors > 0,
		.policy = policy,
		.secrets = secrets,
		.warn = findings_warning,
		.ctx = findings};
	const int status = config == NULL ? -1 : config_check(&check);

	config_free(config);
	return status;
}
