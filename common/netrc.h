/*
 * netrc - passwords of machines, as in ~/.netrc. Pure but for the buffer.
 */
#ifndef WB_NETRC_H
#define WB_NETRC_H

#include <stddef.h>

#include "strbuf.h"

/**
 * netrc_password(text, len, machine, password):
 * Append the password of the first entry for ${machine}, or of a default entry before it, to
 * ${password}. Returns NULL; or a static text: "not found", or what is wrong with the file, which
 * is read strictly up to there: machine NAME, default, login, account, password and their values,
 * macdef up to a blank line; words may be quoted, and # begins a comment.
 */
const char *netrc_password(const char *text, size_t len, const char *machine,
	struct strbuf *password);

#endif
