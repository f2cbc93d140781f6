/*
 * secret_url - what must not be shown of a URL that is a secret: Slack's and Teams' URLs have their
 * keys in the path and in the query, and error pages like to repeat those. Pure.
 */
#ifndef WB_SECRET_URL_H
#define WB_SECRET_URL_H

#include "secret_mask.h"

#define SECRET_URL_PATH_MIN 2   /* bytes of a path that are a secret */
#define SECRET_URL_QUERY_MIN 4  /* of a whole query */
#define SECRET_URL_PART_MIN 8   /* of a piece of either; shorter ones are ordinary words */
#define SECRET_URL_PARTS_MAX 64 /* patterns; in a longer URL the rest is found only as a whole */

struct secret_url {
	struct secret_mask mask;
	struct secret_pattern patterns[SECRET_URL_PARTS_MAX];
	size_t n;
};

/**
 * secret_url_init(u, url, host):
 * Have u->mask hold the host (as struct url has it), the path and the query of ${url}, and, alone,
 * each segment of the path, each parameter of the query and each parameter's value. ${url} is one
 * that url_parse took; both arguments are borrowed.
 */
void secret_url_init(struct secret_url *u, const char *url, const char *host);

#endif
