/*
 * header - which HTTP headers a webhook may set. Pure.
 */
#ifndef WB_HEADER_H
#define WB_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#define HEADER_VALUE_MAX 8192 /* bytes of a value */
#define HEADERS_MAX 32        /* that one webhook may set */

/**
 * header_name_error(name, len):
 * NULL if ${name} is a header name [RFC 9110, 5.6.2] that is ours to set, else a static text: those
 * that frame the message or name the host belong to the sender.
 */
const char *header_name_error(const char *name, size_t len);

/**
 * header_value_error(value, len):
 * NULL if the bytes can stand as a header's value, else a static text: control characters, other
 * than printable ASCII, a "$" at the start (a misspelled reference to a secret).
 */
const char *header_value_error(const char *value, size_t len);

/**
 * header_secret_error(value, len):
 * NULL if the value of a secret can stand in a header, else a static text. What is no ASCII goes as
 * it is: whoever has issued the secret knows.
 */
const char *header_secret_error(const char *value, size_t len);

/**
 * header_is_secret(name, len):
 * Whether the value of a header called so is a secret, judged by the name's end: Authorization,
 * PRIVATE-TOKEN, X-Api-Key.
 */
bool header_is_secret(const char *name, size_t len);

/**
 * header_is(name, len, other):
 * Whether ${len} bytes at ${name} are the header ${other}, in whatever case.
 */
bool header_is(const char *name, size_t len, const char *other);

#endif
