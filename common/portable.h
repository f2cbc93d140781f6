/*
 * portable - what not all systems have, or not under one name. Where Linux has a better way of its
 * own, the way of the others is here, too, and WB_PORTABLE (make PORTABLE=1) takes it, so that it
 * is tested. All else that the sources call is in POSIX.1-2008, or in FreeBSD and macOS as well.
 */
#ifndef WB_PORTABLE_H
#define WB_PORTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#if defined(__linux__) && !defined(WB_PORTABLE)
#define PORTABLE_LINUX 1
#else
#define PORTABLE_LINUX 0
#endif

/* For send(2). Not all systems have it; tools ignore SIGPIPE. */
#if PORTABLE_LINUX
#define PORTABLE_NOSIGNAL MSG_NOSIGNAL
#else
#define PORTABLE_NOSIGNAL 0
#endif

/* The time of a change, of struct stat. */
#ifdef __APPLE__
#define PORTABLE_MTIM(st) ((st)->st_mtimespec)
#else
#define PORTABLE_MTIM(st) ((st)->st_mtim)
#endif

extern char **environ;

/**
 * portable_last(bytes, byte, len):
 * The last ${byte} of ${len} ${bytes}, or NULL: memrchr(3).
 */
void *portable_last(const void *bytes, int byte, size_t len);

/**
 * portable_random(out, len):
 * At most 256 bytes that nobody can know. Returns 0, or -1 with errno set.
 */
int portable_random(void *out, size_t len);

/**
 * portable_pipe(fds), portable_socket(family, type, protocol), portable_socketpair(fds):
 * Descriptors that no program inherits, where that can be had in one step; else between two, when
 * a thread could start a program. The pair is of stream sockets. Returns 0 or the descriptor, or
 * -1 with errno set.
 */
int portable_pipe(int fds[2]);
int portable_socket(int family, int type, int protocol);
int portable_socketpair(int fds[2]);

/**
 * portable_set_nonblocking(fd):
 * Returns 0, or -1 with errno set.
 */
int portable_set_nonblocking(int fd);

/**
 * portable_sync(fd):
 * Have what was written to ${fd} survive a loss of power, as far as the system can. Returns 0, or
 * -1 with errno set.
 */
int portable_sync(int fd);

/**
 * portable_rename_new(from, to, name), portable_exchange(from, to, name):
 * Move ${name} from directory ${from} to directory ${to}, in which it must not be yet; exchange the
 * two of that name. Returns 0, or -1 with errno set: ENOSYS, EINVAL or ENOTSUP where it cannot be
 * done in one step.
 */
int portable_rename_new(int from, int to, const char *name);
int portable_exchange(int from, int to, const char *name);

/**
 * portable_self(path, size):
 * The file of this program into ${path} of ${size} bytes. Where the system does not tell, it is
 * looked for in $PATH by the name given to
 * diag_program. Returns its length, or -1 with errno set.
 */
ssize_t portable_self(char *path, size_t size);

/**
 * portable_again(path, size):
 * The same, to start the program anew: one that is this very program, even if its file has been
 * replaced meanwhile, where the system has such.
 */
ssize_t portable_again(char *path, size_t size);

/**
 * portable_hide():
 * Have the system let no other process read this one's memory, and write it to no file, where it
 * can be asked to.
 */
void portable_hide(void);

#endif
