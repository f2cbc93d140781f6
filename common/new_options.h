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
	NEW_DESCRIPTION,
	NEW_DISABLED,
	NEW_FILE
};

/* clang-format off */
#define NEW_OPTIONS                                                                                \
	{NEW_ON, 0, "on", "TYPE", "add, test: what happens, such as link, alias or tag"},          \
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
	{NEW_TEMPLATE, 0, "template", "NAME", "add: for github, slack, teams, gitlab, pagerduty or generic"}, \
	{NEW_URL, 0, "url", "URL|$NAME", "add: make a webhook that sends there"},                  \
	{NEW_SECRET, 0, "secret", "$NAME", "add: the webhook signs with it (repeatable)"},         \
	{NEW_SIGNATURE, 0, "signature", "SCHEME", "add: the webhook signs so (repeatable)"},       \
	{NEW_ACCESS_TOKEN, 0, "access-token", "$NAME", "add: the webhook has this bearer token"},  \
	{NEW_HEADER, 'H', "header", "NAME:VALUE", "add: the webhook has this header (repeatable)"}, \
	{NEW_TARGET, 0, "target", "TARGET", "add: the webhook is for github, slack or teams"},     \
	{NEW_SUCCESS_WHEN, 0, "success-when", "PROGRAM", "add: the webhook's answers must be so, in jq"}, \
	{NEW_DESCRIPTION, 0, "description", "TEXT", "add: text for readers"},                      \
	{NEW_DISABLED, 0, "disabled", NULL, "add: do not enable it yet"},                          \
	{NEW_FILE, 0, "file", "FILE", "add: the file to make"}
/* clang-format on */

struct new_args {
	struct new_automation automation; /* but for its name; texts are borrowed */
	const char *file;                 /* or NULL */
	struct strbuf payload;
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
