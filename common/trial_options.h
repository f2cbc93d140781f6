/*
 * trial_options - the options by which a trial is told what event to make, and what the stages that
 * it runs are to be told.
 */
#ifndef WB_TRIAL_OPTIONS_H
#define WB_TRIAL_OPTIONS_H

#include "config.h"
#include "new_options.h"
#include "options.h"
#include "output.h"
#include "secret.h"
#include "strbuf.h"

enum { TRIAL_EVENT = 9400, TRIAL_METADATA, TRIAL_TIMEOUT };
/* clang-format off */
#define TRIAL_OPTIONS                                                                              \
	{TRIAL_EVENT, 0, "event", "FILE", "test: with the event in the first line of FILE"},       \
	{TRIAL_METADATA, 0, "metadata", "JSON|@FILE", "test: the version's metadata"},             \
	{TRIAL_TIMEOUT, 0, "timeout", "TIME", "test: give it so much time (default 30s)"}
/* clang-format on */

#define TRIAL_WORDS_MAX 256 /* that are passed on */

struct trial_args {
	const char *event; /* a file; or NULL */
	struct strbuf metadata;
	/* NULL behind the last */
	char *sign_words[TRIAL_WORDS_MAX + 1], *send_words[TRIAL_WORDS_MAX + 1];
	size_t nsign, nsend;
};

/**
 * trial_args_init(args), trial_args_release(args):
 * Nothing is said at first.
 */
void trial_args_init(struct trial_args *args);
void trial_args_release(struct trial_args *args);

/**
 * trial_option(args, id, value):
 * Take one of TRIAL_OPTIONS. Returns 0, or -1 after a message.
 */
int trial_option(struct trial_args *args, int id, const char *value);

/**
 * trial_pass(args, words, n, is_secret):
 * Pass an option, ${n} words of the command line, to wb-send; and if it ${is_secret}, which says
 * where secrets are, to wb-sign, too. Returns 0, or -1 after a message.
 */
int trial_pass(struct trial_args *args, char *const *words, size_t n, bool is_secret);

/**
 * trial_start(args, like, config, automation, secrets, json, out):
 * Try ${automation} of ${config}: with the event of the file that is named, or one that is like
 * ${like} says and sets it off; with the payload of ${like}, if there is one. ${secrets} is as the
 * words say that were passed. See trial_run for ${json}, ${out} and the exit status that is
 * returned; EXIT_USAGE, after a message, if there is nothing to try.
 */
int trial_start(const struct trial_args *args, const struct new_automation *like,
	const struct config *config, const struct config_automation *automation,
	struct secret_store *secrets, bool json, struct output *out);

#endif
