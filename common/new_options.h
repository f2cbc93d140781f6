/*
 * new_options - the options by which a new automation is described, and an event that sets one off.
 */
#ifndef WB_NEW_OPTIONS_H
#define WB_NEW_OPTIONS_H

#include "new_automation.h"
#include "options.h"
#include "strbuf.h"

enum {
	NEW_ON = 9300, /* these are in the order of enum rule_field */
	NEW_ENTITY,
	NEW_PROJECT,
	NEW_COLLECTION,
	NEW_ALIAS,
	NEW_TAG,
	NEW_AUTHOR,
	NEW_ALIAS_REGEX,
	NEW_TAG_REGEX,
	NEW_WHEN,
	NEW_COOLDOWN,
	NEW_COOLDOWN_BY,
	NEW_PAYLOAD,
	NEW_PAYLOAD_JQ,
	NEW_WEBHOOK,
	NEW_TEMPLATE,
	NEW_URL,
	NEW_SECRET,
	NEW_SIGNATURE,
	NEW_ACCESS_TOKEN,
	NEW_HEADER,
	NEW_TARGET,
	NEW_SUCCESS_WHEN,
	NEW_SUCCESS_STATUS,
	NEW_LAUNCH, /* these are in the order of enum launch_member */
	NEW_QUEUE_ENTITY,
	NEW_JOB,
	NEW_DOCKER_IMAGE,
	NEW_RUN_PROJECT,
	NEW_RUN_NAME,
	NEW_RESOURCE,
	NEW_RESOURCE_ARGS,
	NEW_OVERRIDES,
	NEW_TEMPLATE_VARIABLES,
	NEW_PRIORITY,
	NEW_API_KEY,
	NEW_BASE_URL,
	NEW_RUN_CONFIG,
	NEW_DESCRIPTION,
	NEW_DISABLED,
	NEW_FILE
};

/* clang-format off */
#define NEW_OPTIONS                                                                                \
	{NEW_ON, 0, "on", "TYPE", "add, test: what happens: link, unlink, create, alias, tag, untag, collection-tag or collection-untag"},          \
	{NEW_ENTITY, 0, "entity", "ENTITY", "add, test: where it happens"},                        \
	{NEW_PROJECT, 0, "project", "PROJECT", "add, test: where it happens"},                     \
	{NEW_COLLECTION, 0, "collection", "NAME", "add, test: where it happens"},                  \
	{NEW_ALIAS, 0, "alias", "ALIAS", "add, test: the alias that is added"},                    \
	{NEW_TAG, 0, "tag", "TAG", "add, test: the tag"},                                          \
	{NEW_AUTHOR, 0, "author", "USER", "add, test: who did it"},                                \
	{NEW_ALIAS_REGEX, 0, "alias-regex", "REGEX", "add: what fits the alias"},                  \
	{NEW_TAG_REGEX, 0, "tag-regex", "REGEX", "add: what fits the tag"},                        \
	{NEW_WHEN, 0, "when", "PROGRAM", "add: what must be true of the event, in jq"},            \
	{NEW_COOLDOWN, 0, "cooldown", "TIME", "add: how long it rests when it has matched"},       \
	{NEW_COOLDOWN_BY, 0, "cooldown-by", "WHAT", "add: what rests: automation (default) or collection"}, \
	{NEW_PAYLOAD, 0, "payload", "JSON|@FILE", "add, test: what is sent"},                      \
	{NEW_PAYLOAD_JQ, 0, "payload-jq", "PROGRAM", "add: what makes that of the event, in jq"},  \
	{NEW_WEBHOOK, 'w', "webhook", "NAME", "add: the webhook to use, or to make"},              \
	{NEW_TEMPLATE, 0, "template", "NAME", "add: begin with what suits a receiver: github, slack, teams, gitlab, pagerduty or generic"}, \
	{NEW_URL, 0, "url", "URL|$NAME", "add: make a webhook that sends there"},                  \
	{NEW_SECRET, 0, "secret", "$NAME", "add: the webhook signs with it (repeatable)"},         \
	{NEW_SIGNATURE, 0, "signature", "SCHEME", "add: how the webhook signs: wandb, wandb-hex, github or standard (repeatable)"},       \
	{NEW_ACCESS_TOKEN, 0, "access-token", "$NAME", "add: the webhook has this bearer token"},  \
	{NEW_HEADER, 'H', "header", "NAME:VALUE", "add: the webhook has this header (repeatable)"}, \
	{NEW_TARGET, 0, "target", "TARGET", "add: whose limits hold for the webhook: github, slack or teams"},     \
	{NEW_SUCCESS_WHEN, 0, "success-when", "PROGRAM", "add: the webhook's answers must be so, in jq"}, \
	{NEW_SUCCESS_STATUS, 0, "success-status", "STATUS", "add: the webhook takes it as a success, too (repeatable)"}, \
	{NEW_LAUNCH, 0, "launch", "QUEUE", "add: put a job on this queue of W&B Launch"},           \
	{NEW_QUEUE_ENTITY, 0, "queue-entity", "ENTITY", "add: who owns the queue (default: as of --run-project)"}, \
	{NEW_JOB, 0, "job", "JOB", "add: the job, as ENTITY/PROJECT/NAME:ALIAS"},                  \
	{NEW_DOCKER_IMAGE, 0, "docker-image", "IMAGE", "add: the image to be run instead of a job"}, \
	{NEW_RUN_PROJECT, 0, "run-project", "ENTITY/PROJECT", "add: where the job's run goes"},    \
	{NEW_RUN_NAME, 0, "run-name", "TEXT", "add: what the run is called"},                      \
	{NEW_RESOURCE, 0, "resource", "NAME", "add: where it runs, such as kubernetes"},           \
	{NEW_RESOURCE_ARGS, 0, "resource-args", "JSON|@FILE", "add: settings of that"},            \
	{NEW_OVERRIDES, 0, "overrides", "JSON|@FILE", "add: what differs from the job"},           \
	{NEW_RUN_CONFIG, 0, "run-config", "JSON|@FILE", "add: the run's configuration, if no more differs"}, \
	{NEW_TEMPLATE_VARIABLES, 0, "template-variables", "JSON|@FILE", "add: values for the queue's template"}, \
	{NEW_PRIORITY, 0, "priority", "N", "add: in queues that have priorities"},                 \
	{NEW_API_KEY, 0, "api-key", "$NAME", "add: the key for W&B (default $WANDB_API_KEY)"},     \
	{NEW_BASE_URL, 0, "base-url", "URL", "add: the W&B server of the queue"},                  \
	{NEW_DESCRIPTION, 0, "description", "TEXT", "add: text for readers"},                      \
	{NEW_DISABLED, 0, "disabled", NULL, "add: do not enable it yet"},                          \
	{NEW_FILE, 0, "file", "FILE", "add: the file to make"}
/* clang-format on */

struct new_args {
	struct new_automation automation; /* but for its name; texts are borrowed */
	const char *file;                 /* or NULL */
	struct strbuf payload, launch[LAUNCH_MEMBERS], run_config; /* what is JSON */
};

/**
 * new_args_init(args), new_args_release(args):
 * Nothing is said at first.
 */
void new_args_init(struct new_args *args);
void new_args_release(struct new_args *args);

/**
 * new_is_option(id):
 * Whether it is one of NEW_OPTIONS.
 */
static inline bool
new_is_option(int id)
{
	return id >= NEW_ON && id <= NEW_FILE;
}

/**
 * new_option(args, id, value):
 * Take one of NEW_OPTIONS. Returns 0, or -1 after a message.
 */
int new_option(struct new_args *args, int id, const char *value);

#endif
