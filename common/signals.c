#include "signals.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "portable.h"

#if PORTABLE_LINUX
#include <sys/signalfd.h>
#endif

static const int wanted[] = {SIGINT, SIGTERM, SIGHUP};
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

/* nohup and shells without job control ignore signals on purpose. */
static void
find_wanted(sigset_t *set)
{
	struct sigaction action;

	sigemptyset(set);
	for (size_t i = 0; i < WANTED; i++)
		if (sigaction(wanted[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(set, wanted[i]);
}

const char *
signals_name(int number)
{
	return number == SIGINT ? "SIGINT" : number == SIGHUP ? "SIGHUP" : "SIGTERM";
}

#if PORTABLE_LINUX

int
signals_open(sigset_t *before)
{
	sigset_t set;

	find_wanted(&set);
	if (sigprocmask(SIG_BLOCK, &set, before) != 0)
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

void
signals_close(int fd, const sigset_t *before)
{
	if (fd >= 0)
		close(fd);
	sigprocmask(SIG_SETMASK, before, NULL);
}

int
signals_take(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

#else

/* A handler is given nothing else; the ends of the pipe stay, once there are some. */
static volatile sig_atomic_t write_end = -1;
static int read_end = -1;
static int nopen;

static void
take_note(int number)
{
	const unsigned char byte = (unsigned char)number;
	const int saved = errno;

	/* a full pipe has enough to tell */
	(void)!write(write_end, &byte, 1);
	errno = saved;
}

/* Returns 0, or -1 with errno set. */
static int
make_pipe(void)
{
	int fds[2];

	if (read_end >= 0)
		return 0;
	if (portable_pipe(fds) != 0)
		return -1;
	if (portable_set_nonblocking(fds[0]) != 0 || portable_set_nonblocking(fds[1]) != 0) {
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	read_end = fds[0];
	write_end = fds[1];
	return 0;
}

static void
set_handler(const sigset_t *set, void (*handler)(int number))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < WANTED; i++)
		if (sigismember(set, wanted[i]) == 1)
			(void)sigaction(wanted[i], &action, NULL);
}

int
signals_open(sigset_t *before)
{
	sigset_t set;
	int fd;

	if (before != NULL)
		sigprocmask(SIG_BLOCK, NULL, before);
	if (make_pipe() != 0 || (fd = dup(read_end)) < 0)
		return -1;
	find_wanted(&set);
	set_handler(&set, take_note);
	nopen++;
	return fd;
}

void
signals_close(int fd, const sigset_t *before)
{
	sigset_t set;
	int number;

	(void)before;
	if (fd < 0)
		return;
	close(fd);
	if (--nopen > 0)
		return;
	find_wanted(&set);
	set_handler(&set, SIG_DFL);
	while ((number = signals_take(read_end)) != 0)
		raise(number);
}

int
signals_take(int fd)
{
	unsigned char byte;

	return read(fd, &byte, 1) == 1 ? byte : 0;
}

#endif
