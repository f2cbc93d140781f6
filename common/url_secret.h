/*
 * url_secret - URLs that are secrets in themselves: whoever knows them can send there. Pure.
 */
#ifndef WB_URL_SECRET_H
#define WB_URL_SECRET_H

#include <stddef.h>

#include "url.h"

/**
 * url_secret_why(text, len, url):
 * Why the URL of ${len} bytes at ${text}, of which url_parse made ${url}, is better not written
 * down, as far as can be told by the services that are known and by the names of parameters: a
 * static text that shows nothing of it; else NULL.
 */
const char *url_secret_why(const char *text, size_t len, const struct url *url);

#endif
