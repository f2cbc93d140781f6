#include "jq_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "portable.h"

/* The entry of the environment that says where libraries are, or NULL. */
static char *
library_path(void)
{
	static const char name[] = "LD_LIBRARY_PATH=";

	for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
		if (strncmp(*entry, name, sizeof(name) - 1) == 0)
			return *entry;
	return NULL;
}

/*
 * Start this executable anew, with ${fd} as standard input. What ends the tool from a terminal or
 * by its process group must not end it before: the tool may still have answers to judge. Returns 0
 * or an errno.
 */
static int
spawn(pid_t *pid, int fd)
{
	static char name[] = JQ_SERVER_NAME, home[] = "HOME=/dev/null";
	char *args[] = {name, NULL}, *environment[] = {home, library_path(), NULL};
	char self[PATH_MAX];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t blocked;
	int error;

	if (portable_again(self, sizeof(self)) < 0)
		return errno;
	if ((error = posix_spawn_file_actions_init(&actions)) != 0)
		return error;
	if ((error = posix_spawnattr_init(&attributes)) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	(void)((error = posix_spawnattr_setsigmask(&attributes, &blocked)) != 0 ||
		(error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK)) != 0 ||
		(error = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO)) != 0 ||
		(error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
			 O_WRONLY, 0)) != 0 ||
		(error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
			 O_WRONLY, 0)) != 0 ||
		(error = posix_spawn(pid, self, &actions, &attributes, args, environment)) != 0);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int
jq_process_start(struct jq_process *p, const struct jq_limits *limits,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	int fds[2], failed;

	if (portable_socketpair(fds) != 0) {
		snprintf(error, JQ_PROGRAM_ERROR_MAX, JQ_PROCESS_CANNOT ": %s", strerror(errno));
		return -1;
	}
	failed = spawn(&p->pid, fds[1]);
	close(fds[1]);
	p->fd = fds[0];
	if (failed != 0) {
		p->pid = 0;
		close(p->fd);
		snprintf(error, JQ_PROGRAM_ERROR_MAX, JQ_PROCESS_CANNOT " out of this one: %s",
			strerror(failed));
		return -1;
	}
	/* If it has ended already, that is found out when it does not say that it is ready. */
	(void)send(p->fd, limits, sizeof(*limits), PORTABLE_NOSIGNAL);
	return 0;
}

int
jq_process_stop(struct jq_process *p)
{
	int status = -1;
	pid_t pid;

	close(p->fd);
	kill(p->pid, SIGKILL);
	do
		pid = waitpid(p->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	p->pid = 0;
	return pid < 0 ? -1 : status;
}

int64_t
jq_process_used_us(const struct jq_process *p)
{
#ifdef __APPLE__
	(void)p;
	return INT64_MAX;
#else
	struct timespec ts;
	clockid_t id;

	if (clock_getcpuclockid(p->pid, &id) != 0 || clock_gettime(id, &ts) != 0)
		return INT64_MAX;
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
#endif
}
