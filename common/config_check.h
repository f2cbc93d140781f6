/*
 * config_check - what is no error in a configuration, but probably not meant.
 */
#ifndef WB_CONFIG_CHECK_H
#define WB_CONFIG_CHECK_H

#include <stdbool.h>

#include "config.h"
#include "policy.h"
#include "secret.h"

#define CONFIG_CHECK_MESSAGE_MAX 1024 /* bytes of a warning, NUL included */

struct config_check {
	const struct config *config;
	bool has_errors; /* what was not read could use any webhook */
	const struct policy *policy;
	struct secret_store *secrets; /* where to look them up; NULL: not at all */
	config_report_fn *warn;       /* is told of each */
	void *ctx;
};

/**
 * config_check(check):
 * Look for automations that can never match, that do the same, or whose payloads break a limit of
 * their target; for webhooks that nobody uses, that prove nothing to their receivers, whose URLs
 * the policy refuses or which are secrets themselves, or whose secrets cannot be looked up or used;
 * for servers and keys of jobs of the same kind; and for programs that look at the environment,
 * which is empty. Values of secrets are in no message.
 * Returns 0, or -1 when memory ran out.
 */
int config_check(const struct config_check *check);

/* ---- what it is made of ---- */

/**
 * config_warn(check, file, at, fmt, ...):
 * Tell of something at ${at}.
 */
void config_warn(const struct config_check *check, const struct config_file *file, const char *at,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/**
 * config_check_repeated(check, list, n):
 * Those of ${n} automations that match the same events as one before them, and do the same. Returns
 * 0, or -1 when memory ran out.
 */
int config_check_repeated(const struct config_check *check, const struct config_automation *list,
	size_t n);

/**
 * config_check_webhook(check, webhook, is_used):
 * A webhook and its secrets; ${is_used}: by an automation. Returns 0, or -1 when memory ran out.
 */
int config_check_webhook(const struct config_check *check, const struct config_webhook *webhook,
	bool is_used);

/**
 * config_check_launch(check, automation):
 * The server and the key of one that queues a job, and has no error.
 */
void config_check_launch(const struct config_check *check,
	const struct config_automation *automation);

/**
 * config_check_secrets(check, webhook, url_value, url):
 * Look up all secrets of a webhook: whether they are there, and can be used for what they are for.
 * ${url_value} is its URL as written, and ${url} that, taken apart; port 0: it is a secret, or
 * none. Returns 0, or -1 when memory ran out.
 */
int config_check_secrets(const struct config_check *check, const struct config_webhook *webhook,
	const struct json_span *url_value, struct url *url);

#endif
