#include "wipe.h"

#include <string.h>

/* Calling through a volatile pointer: portable where explicit_bzero is not there. */
static void *(*const volatile forget)(void *, int, size_t) = memset;

void
wipe(void *p, size_t len)
{
	if (len != 0)
		forget(p, 0, len);
}
