#include "secret_helper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define PAUSE_MS 50 /* between two looks at whether it has ended while it says nothing */
#define PIECE (SECRET_HELPER_SAID_MAX / 2)
#define PIPE_MAX (1024 * 1024) /* bytes that a pipe may hold */
#define PIECES_MAX 8 /* of what it says that are read before something else has its turn */

int
secret_helper_start(struct secret_helper *h, const struct secret_command *command, const char *name,
	int64_t limit_ms)
{
	int error;

	*h = (struct secret_helper){.command = command,
		.out = -1,
		.err = -1,
		.limit_ms = limit_ms,
		.pause_ms = PAUSE_MS};
	strbuf_init_secret(&h->said, SECRET_HELPER_SAID_MAX);
	errno = ENOMEM;
	if (secret_intake_init(&h->intake) != 0)
		return -1;
	if ((h->pid = secret_command_start(command, name, &h->out, &h->err)) < 0) {
		error = errno;
		h->end = SECRET_HELPER_BROKEN_OFF;
		secret_helper_release(h);
		errno = error;
		return -1;
	}
	h->look_ms = clock_ms() + h->pause_ms;
	h->until_ms = clock_ms() + limit_ms;
	return 0;
}

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Read what it prints. An end of it is mostly that of the process: look at once, and often. */
static void
read_out(struct secret_helper *h)
{
	ssize_t n = 1;

	while (h->out >= 0 && n > 0)
		n = secret_intake_read(&h->intake, h->out);
	/* One that prints too much must not die of that before it is killed with its group. */
	if (h->out < 0 || (n < 0 && errno == EAGAIN) || secret_intake_is_full(&h->intake))
		return;
	close_end(&h->out);
	h->pause_ms = 1;
	h->look_ms = clock_ms();
}

/* Read what it says, ${pieces} of it at most, and keep the end of that. */
static void
read_err(struct secret_helper *h, int pieces)
{
	char piece[PIECE];

	for (int i = 0; h->err >= 0 && i < pieces; i++) {
		const ssize_t n = read(h->err, piece, sizeof(piece));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close_end(&h->err);
			return;
		}
		if (h->said.len > sizeof(piece)) {
			const size_t gone = h->said.len - sizeof(piece);

			memmove(h->said.buf, h->said.buf + gone, sizeof(piece));
			h->said.len = sizeof(piece);
		}
		strbuf_add(&h->said, piece, (size_t)n);
	}
}

/* Kill what is left of its process group, and see the process off. */
static void
kill_group(struct secret_helper *h, enum secret_helper_end end)
{
	pid_t pid;

	kill(-h->pid, SIGKILL);
	do
		pid = waitpid(h->pid, &h->status, 0);
	while (pid < 0 && errno == EINTR);
	h->end = end;
}

/* Whether the process has ended, if it is time to look. */
static bool
has_ended(struct secret_helper *h, int64_t now_ms)
{
	pid_t pid;

	if (now_ms < h->look_ms && now_ms < h->until_ms)
		return false;
	h->look_ms = now_ms + h->pause_ms;
	h->pause_ms = h->pause_ms * 2 < PAUSE_MS ? h->pause_ms * 2 : PAUSE_MS;
	pid = waitpid(h->pid, &h->status, WNOHANG);
	if (pid == h->pid)
		h->end = SECRET_HELPER_ENDED;
	else if (pid < 0 && errno != EINTR)
		h->end = SECRET_HELPER_BROKEN_OFF; /* somebody else has waited for it */
	return h->end != SECRET_HELPER_RUNS;
}

bool
secret_helper_go_on(struct secret_helper *h)
{
	const int64_t now_ms = clock_ms();

	if (h->end != SECRET_HELPER_RUNS)
		return true;
	read_out(h);
	/* What it printed last may have come meanwhile. */
	if (has_ended(h, now_ms))
		read_out(h);
	/* All that the pipe has when it ended, but not for ever what it may have left behind. */
	read_err(h, h->end == SECRET_HELPER_RUNS ? PIECES_MAX : PIPE_MAX / PIECE);
	if (h->end == SECRET_HELPER_ENDED && secret_intake_is_full(&h->intake))
		h->end = SECRET_HELPER_TOO_MUCH;
	else if (h->end == SECRET_HELPER_RUNS && secret_intake_is_full(&h->intake))
		kill_group(h, SECRET_HELPER_TOO_MUCH);
	else if (h->end == SECRET_HELPER_RUNS && now_ms >= h->until_ms)
		kill_group(h, SECRET_HELPER_LATE);
	return h->end != SECRET_HELPER_RUNS;
}

int64_t
secret_helper_until_ms(const struct secret_helper *h)
{
	return h->look_ms < h->until_ms ? h->look_ms : h->until_ms;
}

void
secret_helper_break_off(struct secret_helper *h)
{
	if (h->end == SECRET_HELPER_RUNS && h->command != NULL)
		kill_group(h, SECRET_HELPER_BROKEN_OFF);
}

/* ${n} is left out if it is 0. */
static enum secret_status
fail(char error[SECRET_HELPER_ERROR_MAX], const struct secret_helper *h, const char *what,
	long long n, const char *unit)
{
	snprintf(error, SECRET_HELPER_ERROR_MAX, "helper '%.100s' %s%.0lld%s",
		secret_command_name(h->command), what, n, unit);
	return SECRET_FAILED;
}

/* The same of one that ended by itself. */
static enum secret_status
take_ended(const struct secret_helper *h, struct secret_value *value,
	char error[SECRET_HELPER_ERROR_MAX])
{
	const char *wrong;

	if (WIFSIGNALED(h->status))
		return fail(error, h, "was ended by signal ", WTERMSIG(h->status), "");
	if (WEXITSTATUS(h->status) == SECRET_HELPER_ABSENT)
		return SECRET_ABSENT;
	if (WEXITSTATUS(h->status) != 0)
		return fail(error, h, "ended with status ", WEXITSTATUS(h->status), "");
	if ((wrong = secret_value_take(value, &h->intake)) == NULL)
		return SECRET_FOUND;
	if (wrong == secret_value_no_memory)
		return SECRET_SHORTAGE;
	return fail(error, h, "printed a value that ", 0, wrong);
}

enum secret_status
secret_helper_take(const struct secret_helper *h, struct secret_value *value,
	char error[SECRET_HELPER_ERROR_MAX])
{
	switch (h->end) {
	case SECRET_HELPER_ENDED:
		return take_ended(h, value, error);
	case SECRET_HELPER_LATE:
		if (h->limit_ms % 1000 == 0)
			return fail(error, h, "took longer than ", h->limit_ms / 1000, " s");
		return fail(error, h, "took longer than ", h->limit_ms, " ms");
	case SECRET_HELPER_TOO_MUCH:
		return fail(error, h, "printed a value that is longer than ", SECRET_MAX, " bytes");
	default:
		return fail(error, h, "was broken off", 0, "");
	}
}

void
secret_helper_release(struct secret_helper *h)
{
	secret_helper_break_off(h);
	if (h->command == NULL)
		return;
	close_end(&h->out);
	close_end(&h->err);
	secret_intake_release(&h->intake);
	strbuf_release(&h->said);
	h->command = NULL;
}
