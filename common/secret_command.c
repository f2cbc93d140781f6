#include "secret_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "portable.h"

#define BLANKS " \t\n"

struct secret_command {
	char *path; /* of the program */
	char *name; /* the same as it was given; the first of words */
	char *words[SECRET_COMMAND_WORDS_MAX];
	size_t n;
	char text[]; /* theirs */
};

/* Why ${path} cannot be run, as an errno; 0: it can. */
static int
program_error(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || access(path, X_OK) != 0)
		return errno;
	return S_ISREG(st.st_mode) ? 0 : EACCES;
}

/*
 * The first program called ${name} in $PATH, as execvp would find it; to be freed. NULL with errno
 * set: a file that cannot be run is passed over, but told of if there is no other.
 */
static char *
find_program(const char *name)
{
	const char *path = getenv("PATH");
	int error = ENOENT;

	if (path == NULL)
		path = "/usr/bin:/bin";
	for (;;) {
		const size_t len = strcspn(path, ":"), size = len + strlen(name) + 3;
		char *found = malloc(size);

		if (found == NULL)
			return NULL;
		snprintf(found, size, "%.*s/%s", len > 0 ? (int)len : 1, len > 0 ? path : ".",
			name);
		if ((errno = program_error(found)) == 0)
			return found;
		if (errno != ENOENT && errno != ENOTDIR)
			error = errno;
		free(found);
		if (path[len] == '\0')
			break;
		path += len + 1;
	}
	errno = error;
	return NULL;
}

/* Returns 0, or -1 after a message. */
static int
split(struct secret_command *c)
{
	char *rest = c->text, *word;

	while ((word = strsep(&rest, BLANKS)) != NULL) {
		if (*word == '\0')
			continue;
		if (c->n == SECRET_COMMAND_WORDS_MAX) {
			diag("a secrets helper has at most %d words", SECRET_COMMAND_WORDS_MAX);
			return -1;
		}
		c->words[c->n++] = word;
	}
	if (c->n > 0)
		return 0;
	diag("exec: needs a command, such as exec:/usr/local/bin/get-secret");
	return -1;
}

struct secret_command *
secret_command_new(const char *text)
{
	const size_t size = strlen(text) + 1;
	struct secret_command *c = calloc(1, sizeof(*c) + size);

	if (c == NULL) {
		diag("out of memory");
		return NULL;
	}
	memcpy(c->text, text, size);
	if (split(c) != 0) {
		free(c);
		return NULL;
	}
	c->name = c->words[0];
	if (strchr(c->name, '/') == NULL)
		c->path = find_program(c->name);
	else if ((errno = program_error(c->name)) == 0)
		c->path = strdup(c->name);
	if (c->path != NULL)
		return c;
	diag("cannot use secrets helper '%s': %s", c->name,
		errno == ENOENT && strchr(c->name, '/') == NULL ? "not found in $PATH"
								: strerror(errno));
	free(c);
	return NULL;
}

void
secret_command_free(struct secret_command *c)
{
	if (c != NULL)
		free(c->path);
	free(c);
}

const char *
secret_command_name(const struct secret_command *c)
{
	return c->name;
}

/* A pipe whose end for reading does not block. Returns 0, or -1 with errno set. */
static int
make_pipe(int fds[2])
{
	if (portable_pipe(fds) != 0)
		return -1;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	close(fds[0]);
	close(fds[1]);
	return -1;
}

/* Signals as they are for a program that a terminal starts. Returns 0 or an errno. */
static int
set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
#if PORTABLE_LINUX || defined(__APPLE__)
	/* Away from the terminal. */
	const short group = POSIX_SPAWN_SETSID;
#else
	const short group = POSIX_SPAWN_SETPGROUP;
#endif
	(void)((error = posix_spawnattr_setsigdefault(attributes, &all)) != 0 ||
		(error = posix_spawnattr_setsigmask(attributes, &none)) != 0 ||
		(error = posix_spawnattr_setflags(attributes,
			 group | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)) != 0);
	return error;
}

static int
set_descriptors(posix_spawn_file_actions_t *actions, int out, int err)
{
	int error;

	(void)((error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
			O_RDONLY, 0)) != 0 ||
		(error = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO)) != 0 ||
		(error = posix_spawn_file_actions_adddup2(actions, err, STDERR_FILENO)) != 0);
#if PORTABLE_LINUX && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 34)
	/* Ours are closed by themselves; these are what we were given. */
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
#endif
	return error;
}

/* Returns 0 or an errno. */
static int
spawn(const struct secret_command *c, const char *name, int out, int err, pid_t *pid)
{
	char *argv[SECRET_COMMAND_WORDS_MAX + 2];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	memcpy(argv, c->words, c->n * sizeof(*argv));
	argv[c->n] = (char *)(uintptr_t)name;
	argv[c->n + 1] = NULL;
	if ((error = posix_spawn_file_actions_init(&actions)) != 0)
		return error;
	if ((error = posix_spawnattr_init(&attributes)) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	(void)((error = set_attributes(&attributes)) != 0 ||
		(error = set_descriptors(&actions, out, err)) != 0 ||
		(error = posix_spawn(pid, c->path, &actions, &attributes, argv, environ)) != 0);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

pid_t
secret_command_start(const struct secret_command *c, const char *name, int *out, int *err)
{
	int outs[2], errs[2], error;
	struct sigaction action;
	pid_t pid = -1;

	/* Whoever started us may have ignored it; then nobody could say how the helper ended. */
	if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
	if (make_pipe(outs) != 0)
		return -1;
	error = make_pipe(errs) == 0 ? 0 : errno;
	if (error == 0) {
		error = spawn(c, name, outs[1], errs[1], &pid);
		close(errs[1]);
		if (error != 0)
			close(errs[0]);
	}
	close(outs[1]);
	if (error == 0) {
		*out = outs[0];
		*err = errs[0];
		return pid;
	}
	close(outs[0]);
	errno = error;
	return -1;
}
