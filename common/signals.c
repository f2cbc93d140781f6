#include "signals.h"

#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
signals_open(sigset_t *before)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct sigaction action;

		/* nohup and shells without job control ignore them on purpose. */
		if (sigaction(wanted[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, wanted[i]);
	}
	if (sigprocmask(SIG_BLOCK, &set, before) != 0)
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

const char *
signals_name(int number)
{
	return number == SIGINT ? "SIGINT" : number == SIGHUP ? "SIGHUP" : "SIGTERM";
}

int
signals_take(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}
