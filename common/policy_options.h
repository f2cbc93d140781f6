/*
 * policy_options - the options by which every tool that uses the network is told where it may go,
 * and how it gets there.
 */
#ifndef WB_POLICY_OPTIONS_H
#define WB_POLICY_OPTIONS_H

#include <stdbool.h>

#include "options.h"
#include "policy.h"

enum { POLICY_ALLOW_HTTP = 9200, POLICY_ALLOW_NET, POLICY_ALLOW_HOST, POLICY_PROXY, POLICY_CACERT };
/* clang-format off */
#define POLICY_OPTIONS                                                                             \
	{POLICY_ALLOW_HTTP, 0, "allow-http", NULL, "use http too, not only https"},                \
	{POLICY_ALLOW_NET, 0, "allow-net", "CIDR", "go to addresses in CIDR too (repeatable)"},    \
	{POLICY_ALLOW_HOST, 0, "allow-host", "NAME", "go to host NAME, whatever its address (repeatable)"}, \
	{POLICY_PROXY, 0, "proxy", "URL", "go through the proxy at URL; the environment names none"}, \
	{POLICY_CACERT, 0, "cacert", "FILE", "trust the certificate authorities in FILE instead of the system's"}
/* clang-format on */

struct policy_args {
	struct policy policy;
	const char *proxy, *ca_file; /* or NULL; borrowed */
};

/**
 * policy_args_init(args), policy_args_release(args):
 * Nothing is opened at first.
 */
void policy_args_init(struct policy_args *args);
void policy_args_release(struct policy_args *args);

/**
 * policy_is_option(id):
 * Whether it is one of POLICY_OPTIONS.
 */
static inline bool
policy_is_option(int id)
{
	return id >= POLICY_ALLOW_HTTP && id <= POLICY_CACERT;
}

/**
 * policy_option(args, id, value):
 * Take one of POLICY_OPTIONS. Returns 0, or -1 after a message.
 */
int policy_option(struct policy_args *args, int id, const char *value);

#endif
