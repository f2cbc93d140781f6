/* signals - signals as something to wait for; with WB_PORTABLE, by handlers and a pipe. */
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signals.h"
#include "unit.h"

/* Whether there is something to take, waiting as long as it takes if it ${must}. */
static int
is_ready(int fd, int must)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&p, 1, must ? -1 : 0);
	while (n < 0);
	return n;
}

static void
taken(void)
{
	sigset_t before;
	int fd = signals_open(&before);

	EXPECT(fd >= 0 && !is_ready(fd, 0) && signals_take(fd) == 0);
	kill(getpid(), SIGTERM);
	EXPECT(is_ready(fd, 1) && signals_take(fd) == SIGTERM && signals_take(fd) == 0);
	kill(getpid(), SIGINT);
	EXPECT(is_ready(fd, 1) && signals_take(fd) == SIGINT && !is_ready(fd, 0));
	EXPECT_STR(signals_name(SIGHUP), "SIGHUP");
	signals_close(fd, &before);
}

/* Run ${child} in a process of its own. Returns how it ended, as of waitpid. */
static int
outcome(void (*child)(void))
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		child();
		_exit(0);
	}
	EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

/* One that was not taken acts when they are closed. */
static void
left_over(void)
{
	sigset_t before;
	int fd = signals_open(&before);

	kill(getpid(), SIGHUP);
	is_ready(fd, 1);
	signals_close(fd, &before);
}

/* One that was taken does not, but the next one acts as ever. */
static void
taken_and_again(void)
{
	sigset_t before;
	int fd = signals_open(&before);

	kill(getpid(), SIGHUP);
	is_ready(fd, 1);
	if (signals_take(fd) != SIGHUP)
		_exit(1);
	signals_close(fd, &before);
	kill(getpid(), SIGTERM);
}

/* What is ignored from the start stays so. */
static void
ignored(void)
{
	int fd;

	signal(SIGHUP, SIG_IGN);
	fd = signals_open(NULL);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	is_ready(fd, 1);
	_exit(signals_take(fd) == SIGTERM && signals_take(fd) == 0 ? 0 : 1);
}

/* One inside of another leaves it as it was. */
static void
nested(void)
{
	sigset_t before, between;
	int outer = signals_open(&before), inner = signals_open(&between);

	kill(getpid(), SIGTERM);
	is_ready(inner, 1);
	signals_close(inner, &between);
	is_ready(outer, 1);
	_exit(signals_take(outer) == SIGTERM ? 0 : 1);
}

static void
closed(void)
{
	int status = outcome(left_over);

	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
	status = outcome(taken_and_again);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = outcome(ignored);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = outcome(nested);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int
main(void)
{
	/* a shell's background command has it ignored */
	signal(SIGINT, SIG_DFL);
	RUN(taken, "signals are taken one by one");
	RUN(closed, "what is left acts when they are closed");
	UNIT_DONE();
}
