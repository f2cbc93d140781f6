/*
 * policy - where deliveries may go: https to public addresses of named hosts, unless the
 * user opened more knowingly.
 *
 * Described for users in wb-send(1), NETWORK POLICY. Pure.
 */
#ifndef WB_POLICY_H
#define WB_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "address.h"
#include "url.h"

#define POLICY_HOSTS_MAX 256
#define POLICY_ERROR_MAX 768 /* bytes of a message, NUL included */

struct policy {
	struct address_policy addresses;
	const char *hosts[POLICY_HOSTS_MAX]; /* opened by name; borrowed */
	size_t nhosts;
	bool allow_http;
};

/**
 * policy_init(policy), policy_release(policy):
 * Nothing is opened at first.
 */
void policy_init(struct policy *policy);
void policy_release(struct policy *policy);

/**
 * policy_allow_host(policy, name):
 * Open ${name}, whatever it resolves to; borrowed. Returns 0, or -1 after a message.
 */
int policy_allow_host(struct policy *policy, const char *name);

/**
 * policy_host_is_open(policy, host):
 * Whether ${host} was opened by name.
 */
bool policy_host_is_open(const struct policy *policy, const char *host);

/**
 * policy_check_url(policy, url, error):
 * Whether ${url} may be sent to, as far as can be told without looking its host up. If not,
 * ${error} says why, and how to open it.
 */
bool policy_check_url(const struct policy *policy, const struct url *url,
	char error[POLICY_ERROR_MAX]);

/**
 * policy_check_address(policy, url, sa, error):
 * Whether ${sa}, one of the addresses of the host of ${url}, may be connected to.
 */
bool policy_check_address(const struct policy *policy, const struct url *url,
	const struct sockaddr *sa, char error[POLICY_ERROR_MAX]);

#endif
