/*
 * config_audit - all that is to be said of a configuration: its errors, and what is probably not
 * meant.
 */
#ifndef WB_CONFIG_AUDIT_H
#define WB_CONFIG_AUDIT_H

#include "findings.h"
#include "policy.h"
#include "secret.h"

/**
 * config_audit(paths, npaths, policy, secrets, findings):
 * Look at the configuration in ${paths}, as config_load and config_check do, and write what is
 * found. ${secrets}: look them up there; NULL: do not. Returns 0, or -1 when memory ran out.
 */
int config_audit(char *const *paths, size_t npaths, const struct policy *policy,
	struct secret_store *secrets, struct findings *findings);

#endif
