/*
 * graphql_server - where queries go, and with which headers: the server's URL, checked, and the key
 * that it wants.
 */
#ifndef WB_GRAPHQL_SERVER_H
#define WB_GRAPHQL_SERVER_H

#include "secret_value.h"
#include "strbuf.h"
#include "url.h"

#define GRAPHQL_HEADERS 4

struct graphql_options;

struct graphql_server {
	char url[URL_MAX + 16]; /* to post to */
	struct url where;
	char *headers[GRAPHQL_HEADERS];
	struct strbuf authorization;        /* one of them */
	char key_origin[SECRET_ORIGIN_MAX]; /* where the key is from, for messages */
};

/**
 * graphql_server_init(s, options), graphql_server_release(s):
 * Take over the URL, look the key up, and bind it to the server's host. Returns 0, or -1 after a
 * message: the URL is none, the policy denies it, there is no key, memory runs out. To be released
 * either way.
 */
int graphql_server_init(struct graphql_server *s, const struct graphql_options *options);
void graphql_server_release(struct graphql_server *s);

#endif
