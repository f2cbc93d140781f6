#include "poll_options.h"

#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "poll_run.h"
#include "timestamp.h"

#define SINCE_AHEAD_MAX_MS ((int64_t)24 * 3600 * 1000) /* clocks and time zones that are off */
#define INTERVAL_MAX_MS ((uint64_t)7 * 24 * 3600 * 1000)

int
poll_args_init(struct poll_args *args)
{
	*args = (struct poll_args){.first = REGISTRY_BASELINE, .interval_ms = 30000};
	return wandb_args_init(&args->wandb);
}

void
poll_args_release(struct poll_args *args)
{
	wandb_args_release(&args->wandb);
}

static int
set_first(struct poll_args *args, enum registry_first first)
{
	if (args->first != REGISTRY_BASELINE && args->first != first) {
		diag("--since and --all exclude each other");
		return -1;
	}
	args->first = first;
	return 0;
}

static int
set_since(struct poll_args *args, const char *value)
{
	if (timestamp_parse(value, strlen(value), &args->since_ms) != 0) {
		diag("--since takes a time such as 2026-11-24T02:25:00Z, not '%s'", value);
		return -1;
	}
	if (set_first(args, REGISTRY_SINCE) != 0)
		return -1;
	/* What is made before that time would never be told of. */
	if (args->since_ms > timestamp_now_ms() + SINCE_AHEAD_MAX_MS) {
		diag("--since %s is more than a day ahead of the clock of this machine", value);
		return -1;
	}
	return 0;
}

int
poll_option(struct poll_args *args, int id, const char *value)
{
	uint64_t n;

	switch (id) {
	case POLL_STATE:
		args->state = value;
		return 0;
	case POLL_RUN:
		args->run = value;
		return poll_run_check(value);
	case POLL_REGISTRIES:
		args->organization = value;
		return 0;
	case POLL_SINCE:
		return set_since(args, value);
	case POLL_ALL:
		return set_first(args, REGISTRY_ALL);
	case POLL_INCLUDE_LATEST:
		args->include_latest = true;
		return 0;
	case POLL_AUTO_COMMIT:
		args->auto_commit = true;
		return 0;
	case POLL_FOLLOW:
		args->follow = true;
		return 0;
	case POLL_INTERVAL:
		args->has_interval = true;
		return options_duration("interval", value, INTERVAL_MAX_MS, &args->interval_ms);
	case POLL_JOBS:
		if (options_number("jobs", value, 1, GRAPHQL_JOBS_MAX, &n) != 0)
			return -1;
		args->wandb.graphql.jobs = (size_t)n;
		return 0;
	default:
		return wandb_option(&args->wandb, id, value);
	}
}

int
poll_operand(struct poll_args *args, const char *value)
{
	if (args->operand != NULL) {
		diag("too many operands: '%s'", value);
		return -1;
	}
	args->operand = value;
	return 0;
}

/* ENTITY/PROJECT[/COLLECTION] */
static int
set_scope(struct poll_args *args)
{
	struct registry_scope *scope = &args->scope;
	const char *text = args->operand, *first = strchr(text, '/'),
		   *second = first != NULL ? strchr(first + 1, '/') : NULL;
	const char *end = text + strlen(text), *project_end = second != NULL ? second : end;

	if (first == NULL)
		goto bad;
	scope->entity = (struct text){text, (size_t)(first - text)};
	scope->project = (struct text){first + 1, (size_t)(project_end - first) - 1};
	scope->collection = (struct text){second != NULL ? second + 1 : end,
		second != NULL ? (size_t)(end - second) - 1 : 0};
	if (scope->entity.len > 0 && scope->project.len > 0 &&
		(second == NULL || (scope->collection.len > 0 && strchr(second + 1, '/') == NULL)))
		return 0;
bad:
	diag("'%s' is not ENTITY/PROJECT or ENTITY/PROJECT/COLLECTION, such as acme/model-registry",
		text);
	return -1;
}

/* What must be given, and what goes with what. */
static int
check_args(const struct poll_args *args)
{
	if (args->has_interval && !args->follow) {
		diag("--interval goes with --follow");
		return -1;
	}
	if (args->state == NULL || args->state[0] == '\0') {
		diag("where is the state? Say --state FILE");
		return -1;
	}
	if ((args->operand == NULL) == (args->organization == NULL) ||
		(args->organization != NULL && args->organization[0] == '\0')) {
		diag("what is to be polled? Say ENTITY/PROJECT, ENTITY/PROJECT/COLLECTION or --registries ORG");
		return -1;
	}
	return 0;
}

/* Which registry, as it is asked for and as it is called in messages and states. */
static int
set_registry(struct poll_args *args)
{
	if (args->organization != NULL)
		args->scope.organization =
			(struct text){args->organization, strlen(args->organization)};
	else if (set_scope(args) != 0)
		return -1;
	if ((size_t)snprintf(args->scope_text, sizeof(args->scope_text), "%s%s",
		    args->organization != NULL ? "the registries of " : "",
		    args->organization != NULL ? args->organization : args->operand) >=
		sizeof(args->scope_text)) {
		diag("'%.40s...' is too long for the name of a registry",
			args->organization != NULL ? args->organization : args->operand);
		return -1;
	}
	return 0;
}

static void
set_first_text(struct poll_args *args)
{
	if (args->first == REGISTRY_SINCE)
		snprintf(args->first_text, sizeof(args->first_text), "since %lld",
			(long long)args->since_ms);
	else
		snprintf(args->first_text, sizeof(args->first_text), "%s",
			args->first == REGISTRY_ALL ? "all" : "baseline");
}

int
poll_args_finish(struct poll_args *args)
{
	set_first_text(args);
	if (check_args(args) != 0 || set_registry(args) != 0)
		return -1;
	return wandb_args_finish(&args->wandb);
}
