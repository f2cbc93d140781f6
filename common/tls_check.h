/*
 * tls_check - which of the PEM texts that a request names cannot be used, and why.
 *
 * To be asked when TLS has failed for one of them: libcurl does not say which. With libcrypto.
 */
#ifndef WB_TLS_CHECK_H
#define WB_TLS_CHECK_H

#include "transfer.h"

/**
 * tls_check(tls):
 * NULL if nothing is found, else what is wrong as static text that names tls.ca, tls.cert or
 * tls.key.
 */
const char *tls_check(const struct transfer_tls *tls);

#endif
