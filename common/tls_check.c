#include "tls_check.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* There is nobody to ask for one, and libcurl is given none. */
static int
no_passphrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static BIO *
open_pem(const struct secret *pem)
{
	return pem->len <= INT_MAX ? BIO_new_mem_buf(pem->value, (int)pem->len) : NULL;
}

/* The first certificate of ${pem}, or NULL. */
static X509 *
read_certificate(const struct secret *pem)
{
	BIO *bio = open_pem(pem);
	X509 *cert = bio != NULL ? PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return cert;
}

static EVP_PKEY *
read_key(const struct secret *pem)
{
	BIO *bio = open_pem(pem);
	EVP_PKEY *key =
		bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static const char *
check_authorities(const struct secret *pem)
{
	X509 *cert = read_certificate(pem);

	X509_free(cert);
	return cert != NULL ? NULL : "tls.ca is no certificate in PEM";
}

static const char *
check_client(const struct secret *cert_pem, const struct secret *key_pem)
{
	X509 *cert = read_certificate(cert_pem);
	EVP_PKEY *key = key_pem->value != NULL ? read_key(key_pem) : NULL;
	const char *error = NULL;

	if (cert == NULL)
		error = "tls.cert is no certificate in PEM";
	else if (key == NULL && key_pem->value != NULL)
		error = "tls.key is no private key in PEM, or one with a passphrase";
	else if (key != NULL && X509_check_private_key(cert, key) != 1)
		error = "tls.key is not the key of tls.cert";
	X509_free(cert);
	EVP_PKEY_free(key);
	return error;
}

const char *
tls_check(const struct transfer_tls *tls)
{
	const char *error = NULL;

	if (tls->ca.value != NULL)
		error = check_authorities(&tls->ca);
	if (error == NULL && tls->cert.value != NULL)
		error = check_client(&tls->cert, &tls->key);
	/* What stands in the queue now would be taken for somebody else's error. */
	ERR_clear_error();
	return error;
}
