/*
 * curl_script - a request as a POSIX shell script that signs it with openssl and sends it with
 * curl, for tickets: secrets must not stand there, and every byte must be seen.
 *
 * Pure: secrets are shell variables by their names, and are looked up by whoever runs the script.
 * The script's own variables begin with "wb_". Nothing that a record holds gets out of its quotes,
 * ends a comment or speaks to a terminal.
 */
#ifndef WB_CURL_SCRIPT_H
#define WB_CURL_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "strbuf.h"

/* How it is to be sent; as wb-send was told. */
struct curl_script_options {
	uint64_t timeout_ms, connect_timeout_ms;
	const char *ca_file; /* NULL: the system's */
	const char *proxy;   /* NULL: none; a user name in it is left out */
	bool allow_http;     /* for a URL that is a secret */
};

/**
 * curl_script_add(sb, rec, options, denied):
 * Append the script that sends ${rec}. ${denied}, if not NULL, says why wb-send would not send it;
 * the script then ends before it does anything.
 */
void curl_script_add(struct strbuf *sb, const struct record *rec,
	const struct curl_script_options *options, const char *denied);

#endif
