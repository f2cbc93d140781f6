/*
 * tls_check - which PEM texts and files cannot be used, and why. With libcrypto.
 */
#ifndef WB_TLS_CHECK_H
#define WB_TLS_CHECK_H

#include "transfer.h"

/**
 * tls_check_file(path, option):
 * Whether ${path}, given with ${option}, is a file that libcurl will find certificates of
 * authorities in. Returns 0, or -1 after a message.
 */
int tls_check_file(const char *path, const char *option);

/**
 * tls_check(tls):
 * To be asked when TLS has failed for what a request names: libcurl does not say for which of it.
 * NULL if nothing is found, else what is wrong as static text that names tls.ca, tls.cert or
 * tls.key.
 */
const char *tls_check(const struct transfer_tls *tls);

#endif
