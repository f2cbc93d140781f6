#include "portable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "diag.h"

#if PORTABLE_LINUX
#include <sys/prctl.h>
#include <sys/syscall.h>
/* Not all C libraries have what renameat2(2) takes, or the function. */
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif
#elif defined(__APPLE__)
#include <mach-o/dyld.h>
#elif defined(__FreeBSD__)
#include <sys/sysctl.h>
#endif

void *
portable_last(const void *bytes, int byte, size_t len)
{
#if PORTABLE_LINUX
	return memrchr(bytes, byte, len);
#else
	const unsigned char *p = bytes;

	while (len > 0)
		if (p[--len] == (unsigned char)byte)
			return (void *)(uintptr_t)(p + len);
	return NULL;
#endif
}

int
portable_random(void *out, size_t len)
{
	return getentropy(out, len);
}

int
portable_set_nonblocking(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

#if !PORTABLE_LINUX
/* Returns 0, or -1 with errno set and ${fds} closed. */
static int
keep_from_programs(int *fds, size_t n)
{
	int error;

	for (size_t i = 0; i < n; i++) {
		if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) == 0)
			continue;
		error = errno;
		for (i = 0; i < n; i++)
			close(fds[i]);
		errno = error;
		return -1;
	}
	return 0;
}
#endif

int
portable_pipe(int fds[2])
{
#if PORTABLE_LINUX
	return pipe2(fds, O_CLOEXEC);
#else
	return pipe(fds) != 0 ? -1 : keep_from_programs(fds, 2);
#endif
}

int
portable_socket(int family, int type, int protocol)
{
#if PORTABLE_LINUX
	return socket(family, type | SOCK_CLOEXEC, protocol);
#else
	int fd = socket(family, type, protocol);

	return fd < 0 || keep_from_programs(&fd, 1) != 0 ? -1 : fd;
#endif
}

int
portable_socketpair(int fds[2])
{
#if PORTABLE_LINUX
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
#else
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 ? -1 : keep_from_programs(fds, 2);
#endif
}

int
portable_sync(int fd)
{
#if PORTABLE_LINUX
	return fdatasync(fd);
#elif defined(F_FULLFSYNC)
	/* fsync(2) leaves it to the disk when; not all file systems know more. */
	if (fcntl(fd, F_FULLFSYNC) != -1)
		return 0;
	return errno == EINTR ? -1 : fsync(fd);
#else
	return fsync(fd);
#endif
}

int
portable_rename_new(int from, int to, const char *name)
{
#if PORTABLE_LINUX
	return (int)syscall(SYS_renameat2, from, name, to, name, RENAME_NOREPLACE);
#elif defined(RENAME_EXCL)
	return renameatx_np(from, name, to, name, RENAME_EXCL);
#else
	(void)from, (void)to, (void)name;
	errno = ENOSYS;
	return -1;
#endif
}

int
portable_exchange(int from, int to, const char *name)
{
#if PORTABLE_LINUX
	return (int)syscall(SYS_renameat2, from, name, to, name, RENAME_EXCHANGE);
#elif defined(RENAME_SWAP)
	return renameatx_np(from, name, to, name, RENAME_SWAP);
#else
	(void)from, (void)to, (void)name;
	errno = ENOSYS;
	return -1;
#endif
}

/* The first program of $PATH that is called as this tool is. */
static ssize_t
find_self(char *path, size_t size)
{
	const char *dir = getenv("PATH");
	int len;

	for (; dir != NULL && *dir != '\0'; dir += *dir == ':') {
		const size_t dir_len = strcspn(dir, ":");

		len = snprintf(path, size, "%.*s%s%s", (int)dir_len, dir, dir_len > 0 ? "/" : "",
			diag_program());
		dir += dir_len;
		if (len > 0 && (size_t)len < size && access(path, X_OK) == 0)
			return len;
	}
	errno = ENOENT;
	return -1;
}

ssize_t
portable_self(char *path, size_t size)
{
#if PORTABLE_LINUX
	const ssize_t len = readlink("/proc/self/exe", path, size);

	if (len > 0 && (size_t)len < size) {
		path[len] = '\0';
		return len;
	}
#elif defined(__APPLE__)
	uint32_t len = (uint32_t)size;

	if (_NSGetExecutablePath(path, &len) == 0)
		return (ssize_t)strlen(path);
#elif defined(__FreeBSD__)
	const int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
	size_t len = size;

	if (sysctl(name, 4, path, &len, NULL, 0) == 0)
		return (ssize_t)strlen(path);
#endif
	return find_self(path, size);
}

ssize_t
portable_again(char *path, size_t size)
{
#if PORTABLE_LINUX
	static const char same[] = "/proc/self/exe";

	if (size >= sizeof(same) && access(same, X_OK) == 0) {
		memcpy(path, same, sizeof(same));
		return (ssize_t)sizeof(same) - 1;
	}
#endif
	return portable_self(path, size);
}

void
portable_hide(void)
{
#if PORTABLE_LINUX
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
