/*
 * poll_options - the command line of `wb-event poll`: what is polled, where the state is, and how.
 */
#ifndef WB_POLL_OPTIONS_H
#define WB_POLL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "poll_state.h"
#include "registry_change.h"
#include "registry_read.h"
#include "wandb_options.h"

#define POLL_SCOPE_MAX 1024 /* bytes of what names a registry, NUL included */

enum {
	POLL_STATE = 9700,
	POLL_RUN,
	POLL_REGISTRIES,
	POLL_SINCE,
	POLL_ALL,
	POLL_INCLUDE_LATEST,
	POLL_AUTO_COMMIT,
	POLL_FOLLOW,
	POLL_INTERVAL,
	POLL_JOBS
};
/* clang-format off */
#define POLL_OPTIONS                                                                               \
	{POLL_STATE, 's', "state", "FILE", "where what is known stands from run to run"},          \
	{POLL_RUN, 0, "run", "ID", "the name of this run, for wb-event commit --run ID"},          \
	{POLL_REGISTRIES, 0, "registries", "ORG", "poll all registries of the organization ORG"},  \
	{POLL_SINCE, 0, "since", "TIME", "first run: tell what has happened since TIME"},          \
	{POLL_ALL, 0, "all", NULL, "first run: tell all that can be known"},                       \
	{POLL_INCLUDE_LATEST, 0, "include-latest", NULL, "tell of the alias latest, too"},         \
	{POLL_AUTO_COMMIT, 0, "auto-commit", NULL, "commit what was written, whatever becomes of it"}, \
	{POLL_FOLLOW, 'f', "follow", NULL, "poll again and again, until stopped"},                 \
	{POLL_INTERVAL, 0, "interval", "TIME", "with --follow: wait TIME in between (default 30s)"}, \
	{POLL_JOBS, 'j', "jobs", "N", "make N requests at the same time (default 4)"}
/* clang-format on */

struct poll_args {
	const char *operand, *state, *run, *organization;
	struct wandb_args wandb;
	struct registry_scope scope;
	char scope_text[POLL_SCOPE_MAX];
	char first_text[POLL_FIRST_MAX]; /* as struct poll_identity has it */
	enum registry_first first;
	int64_t since_ms;
	bool include_latest, auto_commit, follow, has_interval;
	uint64_t interval_ms;
};

/**
 * poll_args_init(args), poll_args_release(args):
 * Init sets what holds without options. Returns 0, or -1 after a message; to be released either
 * way.
 */
int poll_args_init(struct poll_args *args);
void poll_args_release(struct poll_args *args);

/**
 * poll_option(args, id, value), poll_operand(args, value):
 * Take one of POLL_OPTIONS, or of those that wandb_option takes; or an operand. ${value} is
 * borrowed. Returns 0, or -1 after a message.
 */
int poll_option(struct poll_args *args, int id, const char *value);
int poll_operand(struct poll_args *args, const char *value);

/**
 * poll_args_finish(args):
 * After the options: see that nothing is missing, and find server and key. Returns 0, or -1 after a
 * message.
 */
int poll_args_finish(struct poll_args *args);

#endif
