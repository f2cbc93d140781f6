#include "shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

bool
shortage_is(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

bool
shortage_is_near(int fd)
{
	struct rlimit limit;

	/* It is the lowest one that was free. */
	return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	       (rlim_t)fd + SHORTAGE_SPARE >= limit.rlim_cur;
}

bool
shortage_is_here(void)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return shortage_is(errno);
	close(fd);
	return false;
}
