#include "tls_check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"

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

/* Whether ${path} can be opened again and again. Returns 0, or -1 after a message. */
static int
check_is_file(const char *path, const char *option)
{
	struct stat st;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const bool is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (fd < 0)
		diag("%s: cannot open '%s': %s", option, path, strerror(errno));
	else if (!is_file)
		diag("%s: '%s' is not a regular file, and is read more than once", option, path);
	if (fd >= 0)
		close(fd);
	return is_file ? 0 : -1;
}

int
tls_check_file(const char *path, const char *option)
{
	X509_STORE *store;
	int status = -1;

	if (check_is_file(path, option) != 0)
		return -1;
	store = X509_STORE_new();
	if (store != NULL && X509_STORE_load_locations(store, path, NULL) == 1) {
		status = 0;
	} else {
		const char *why = ERR_reason_error_string(ERR_peek_last_error());

		diag("%s: no certificates can be read from '%s': %s", option, path,
			why != NULL ? why : "out of memory");
	}
	X509_STORE_free(store);
	ERR_clear_error();
	return status;
}
