#include "beside.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "portable.h"

int
beside_exec(const char *name, char **argv)
{
	char path[PATH_MAX];
	const ssize_t n = portable_self(path, sizeof(path));
	char *slash = n > 0 ? portable_last(path, '/', (size_t)n) : NULL;
	size_t left;

	if (slash == NULL) {
		diag("cannot tell where %s is: there is no /proc, and %s is not in $PATH", name,
			diag_program());
		return EXIT_IO;
	}
	left = sizeof(path) - (size_t)(slash + 1 - path);
	if ((size_t)snprintf(slash + 1, left, "%s", name) >= left)
		errno = ENAMETOOLONG;
	else
		execv(path, argv);
	diag("cannot run '%s': %s", path, strerror(errno));
	return EXIT_IO;
}

pid_t
beside_start(char *const *argv, int in, int out, const sigset_t *mask)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	if ((mask == NULL || sigprocmask(SIG_SETMASK, mask, NULL) == 0) &&
		dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		_exit(beside_exec(argv[0], (char **)(uintptr_t)argv));
	diag("cannot run %s: %s", argv[0], strerror(errno));
	_exit(EXIT_IO);
}
