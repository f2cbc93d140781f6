/*
 * secret_ref - the spelling of references to secrets, "$NAME". Pure, no library.
 */
#ifndef WB_SECRET_REF_H
#define WB_SECRET_REF_H

#include <stddef.h>

#define SECRET_NAME_MAX 128  /* bytes of a name, NUL included */
#define SECRET_REFS_MAX 32   /* of one request */
#define SIGNATURE_KEYS_MAX 8 /* of one signature, while keys are rotated */

/**
 * secret_ref_name(ref, len):
 * If ${len} bytes at ${ref} are a reference, "$" and a name of [A-Za-z_][A-Za-z0-9_]*, at most
 * SECRET_NAME_MAX - 1 bytes, return the length of the name, which starts at ${ref} + 1; else 0.
 */
size_t secret_ref_name(const char *ref, size_t len);

/**
 * secret_name_len(name, len):
 * The same for a name without "$": ${len} if it is one, else 0.
 */
size_t secret_name_len(const char *name, size_t len);

#endif
