/*
 * wipe - overwrite memory that held a secret.
 */
#ifndef WB_WIPE_H
#define WB_WIPE_H

#include <stddef.h>

/**
 * wipe(p, len):
 * Set ${len} bytes at ${p} to zero, in a way that the compiler may not leave out.
 */
void wipe(void *p, size_t len);

#endif
