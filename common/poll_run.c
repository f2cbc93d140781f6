#include "poll_run.h"

#include <string.h>

#include "diag.h"

int
poll_run_check(const char *name)
{
	size_t len = 0;

	while (name[len] > ' ' && name[len] <= '~')
		len++;
	if (len > 0 && len <= POLL_RUN_MAX && name[len] == '\0')
		return 0;
	diag("--run takes 1 to %d printable ASCII characters without blanks, not '%.*s%s'",
		POLL_RUN_MAX, POLL_RUN_MAX, name, strlen(name) > POLL_RUN_MAX ? "..." : "");
	return -1;
}
