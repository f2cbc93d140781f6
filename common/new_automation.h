/*
 * new_automation - a configuration file for one automation, made of options. Pure.
 */
#ifndef WB_NEW_AUTOMATION_H
#define WB_NEW_AUTOMATION_H

#include <stdbool.h>
#include <stddef.h>

#include "launch.h"
#include "rules.h"
#include "strbuf.h"

#define NEW_AUTOMATION_FILE_BYTES 100 /* of a file's name, but for what makes it unique */
#define NEW_AUTOMATION_ERROR_MAX 256  /* bytes of a message, NUL included */

/* Values of an option that may be given several times. */
struct new_values {
	const char **list;
	size_t n;
};

/* What it is to be like; NULL or none: not said. Texts are borrowed. */
struct new_automation {
	const char *name, *description;
	bool disabled;
	struct new_values conditions[RULE_FIELDS];
	const char *when, *cooldown, *cooldown_by;
	const char *payload, *payload_jq; /* JSON, or a program; one of them at most */
	/* the webhook that it uses, and, if it is to be made, what that is like */
	const char *webhook;
	bool makes_webhook;
	const char *url, *access_token, *target, *success_when;
	struct new_values secrets, signatures, headers; /* "NAME: VALUE" */
	struct new_values success_statuses;             /* numbers */
	const char *template;                           /* such as "github": what else it is like */
	/*
	 * Or the job that it queues: members of the action, those that are no strings as JSON.
	 * run_config is one of overrides, and excludes others.
	 */
	const char *launch[LAUNCH_MEMBERS], *run_config;
};

/**
 * new_automation_says_webhook(a):
 * Whether it says what a webhook is like, beside its name and its URL.
 */
static inline bool
new_automation_says_webhook(const struct new_automation *a)
{
	return a->access_token != NULL || a->target != NULL || a->success_when != NULL ||
	       a->secrets.n + a->signatures.n + a->headers.n + a->success_statuses.n > 0;
}

/**
 * new_automation_write(a, sb, error):
 * Append the file, laid out for people. Returns 0, or -1 with the reason in ${error}: a text that
 * is empty or not UTF-8, a secret that is none, a header without a colon, an unknown template,
 * something missing, or parts of both a webhook and a job. Whether all of it goes together is for
 * config_load to say. Running out of memory is an error of ${sb}.
 */
int new_automation_write(const struct new_automation *a, struct strbuf *sb,
	char error[NEW_AUTOMATION_ERROR_MAX]);

/**
 * new_automation_type(name):
 * The event type that ${name} is short for, such as "alias", or is itself; NULL if there is none.
 */
const char *new_automation_type(const char *name);

/**
 * new_automation_file(name, sb):
 * Append a file's name for an automation called ${name}: letters, digits, '.', '_', '-' and what is
 * not ASCII stay, all else becomes '-'. A longer one than NEW_AUTOMATION_FILE_BYTES is cut, and
 * some digits of a digest of ${name} make it unique.
 */
void new_automation_file(const char *name, struct strbuf *sb);

#endif
