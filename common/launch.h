/*
 * launch - the shape of a launch action, in configuration and in match records: which members it
 * has, whether they are as they must be, and the run spec that they make. Pure.
 *
 * The run spec is what W&B's own client queues for the same job: wb-automations(5), LAUNCH.
 */
#ifndef WB_LAUNCH_H
#define WB_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "strbuf.h"

#define LAUNCH_BASE_URL "https://api.wandb.ai" /* where none is named */
#define LAUNCH_API_KEY "$WANDB_API_KEY"        /* the reference, where none is given */
#define LAUNCH_ERROR_MAX 160                   /* bytes of a message, NUL included */
#define LAUNCH_PRIORITY_MAX 999999999

enum launch_member {
	LAUNCH_QUEUE,
	LAUNCH_QUEUE_ENTITY,
	LAUNCH_JOB,
	LAUNCH_DOCKER_IMAGE,
	LAUNCH_PROJECT,
	LAUNCH_NAME,
	LAUNCH_RESOURCE,
	LAUNCH_RESOURCE_ARGS,
	LAUNCH_OVERRIDES,
	LAUNCH_TEMPLATE_VARIABLES,
	LAUNCH_PRIORITY,
	LAUNCH_KEY,
	LAUNCH_URL,
	LAUNCH_MEMBERS
};

/* Their names, by number. */
#define LAUNCH_MEMBER_NAMES                                                                        \
	"queue", "queue_entity", "job", "docker_image", "project", "name", "resource",             \
		"resource_args", "overrides", "template_variables", "priority", "api_key",         \
		"base_url"
extern const char *const launch_members[LAUNCH_MEMBERS];

/* Spans; JSON_NONE where a member is absent. */
struct launch {
	struct json_span member[LAUNCH_MEMBERS];
};

/**
 * launch_member_find(key):
 * The number of the member called so, or LAUNCH_MEMBERS.
 */
size_t launch_member_find(const struct json_span *key);

/**
 * launch_check(l, at, error):
 * Whether ${l} can be queued. If not, the reason is in ${error} and *${at}, in a member's text, is
 * where it is wrong; NULL: something is missing.
 */
bool launch_check(const struct launch *l, const char **at, char error[LAUNCH_ERROR_MAX]);

/**
 * launch_check_server(url, error):
 * Whether ${url} can be a server's base URL: http or https, without a query. If not, the reason is
 * in ${error}.
 */
bool launch_check_server(const char *url, char error[LAUNCH_ERROR_MAX]);

/**
 * launch_run_place(l, entity, project):
 * Entity and project of the run, the two parts of the member "project", as spelled. ${l} is one
 * that launch_check found good.
 */
void launch_run_place(const struct launch *l, struct json_span *entity, struct json_span *project);

/**
 * launch_queue_entity(l):
 * Who owns the queue: the run's entity, unless the action says.
 */
struct json_span launch_queue_entity(const struct launch *l);

/**
 * launch_spec_template(sb, l):
 * Append the run spec as a payload template, in which only name and overrides have variables; it
 * has at least one member.
 */
void launch_spec_template(struct strbuf *sb, const struct launch *l);

#endif
