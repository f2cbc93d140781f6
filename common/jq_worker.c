#include "jq_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "diag.h"
#include "jq_server.h"

#define START_MS 60000 /* for a process to be there */
#define WHY_MAX 128    /* bytes of why one ended, NUL included */

struct refused {
	char *text; /* NULL: a free place */
	size_t len;
	unsigned strikes;
	char why[JQ_PROGRAM_ERROR_MAX];
};

struct jq_worker {
	struct jq_worker_options options;
	pid_t pid; /* 0: no process */
	int fd;
	uint64_t cpu_us; /* what it had used when it answered last */
	struct strbuf answer;
	struct refused refused[JQ_WORKER_REFUSED_MAX];
	size_t next;    /* place for the next one */
	bool has_ended; /* the program that was asked for last has ended its process */
};

/* How talking to the process ended. */
enum talk { TALK_ANSWERED, TALK_DEAF, TALK_DIED, TALK_LATE };

/* Until when there is patience: first by the clock, then by what the process has used. */
struct patience {
	int64_t started_ms, until_ms;
};

struct jq_worker *
jq_worker_new(const struct jq_worker_options *options)
{
	struct jq_worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->options = *options;
	strbuf_init(&w->answer, JQ_OUTPUTS_MAX);
	return w;
}

/* ---- the process ---- */

/* End the process. Returns its status as of waitpid(2), or -1 if another has waited for it. */
static int
stop(struct jq_worker *w)
{
	int status = -1;
	pid_t pid;

	close(w->fd);
	kill(w->pid, SIGKILL);
	do
		pid = waitpid(w->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	w->pid = 0;
	return pid < 0 ? -1 : status;
}

void
jq_worker_free(struct jq_worker *w)
{
	if (w == NULL)
		return;
	if (w->pid != 0)
		stop(w);
	for (size_t i = 0; i < JQ_WORKER_REFUSED_MAX; i++)
		free(w->refused[i].text);
	strbuf_release(&w->answer);
	free(w);
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
	char *args[] = {name, NULL}, *environment[] = {home, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t blocked;
	int error;

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
		(error = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, args,
			 environment)) != 0);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Whether the process is ready to be asked. */
static bool
is_ready(struct jq_worker *w)
{
	const struct jq_limits limits = {w->options.memory, w->options.limit_ms};
	struct pollfd wait = {.fd = w->fd, .events = POLLIN};
	char byte = 0;

	if (send(w->fd, &limits, sizeof(limits), MSG_NOSIGNAL) != (ssize_t)sizeof(limits))
		return false;
	while (poll(&wait, 1, START_MS) < 0 && errno == EINTR)
		continue;
	return recv(w->fd, &byte, 1, MSG_DONTWAIT) == 1 && byte == JQ_SERVER_READY;
}

/* Returns 0, or -1 with the reason in ${error}. */
static int
start(struct jq_worker *w, char error[JQ_PROGRAM_ERROR_MAX])
{
	static const char cannot[] = "cannot start a process for jq programs";
	int fds[2], failed;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "%s: %s", cannot, strerror(errno));
		return -1;
	}
	failed = spawn(&w->pid, fds[1]);
	close(fds[1]);
	if (failed != 0) {
		w->pid = 0;
		close(fds[0]);
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "%s out of /proc/self/exe: %s", cannot,
			strerror(failed));
		return -1;
	}
	w->fd = fds[0];
	w->cpu_us = 0;
	if (is_ready(w))
		return 0;
	stop(w);
	snprintf(error, JQ_PROGRAM_ERROR_MAX, "%s: it ended at once", cannot);
	return -1;
}

/* ---- talking to it ---- */

/* Milliseconds of processor time since the last answer, or very many if that is not known. */
static int64_t
used_ms(const struct jq_worker *w)
{
	struct timespec ts;
	clockid_t id;

	if (clock_getcpuclockid(w->pid, &id) != 0 || clock_gettime(id, &ts) != 0)
		return INT_MAX;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - (int64_t)(w->cpu_us / 1000);
}

/* Wait until the socket is ready for ${events}. False when it takes too long. */
static bool
wait_for(const struct jq_worker *w, short events, struct patience *p)
{
	const int64_t limit_ms = (int64_t)w->options.limit_ms;
	struct pollfd wait = {.fd = w->fd, .events = events};
	int64_t left_ms;

	for (;;) {
		const int64_t now_ms = clock_ms();
		const int64_t wait_ms = p->until_ms > now_ms ? p->until_ms - now_ms : 0;

		if (poll(&wait, 1, wait_ms < INT_MAX ? (int)wait_ms : INT_MAX) > 0)
			return true;
		if (clock_ms() < p->until_ms)
			continue;
		left_ms = limit_ms - used_ms(w);
		if (left_ms <= 0 || clock_ms() >= p->started_ms + JQ_WORKER_PATIENCE * limit_ms)
			return false;
		p->until_ms = clock_ms() + left_ms;
	}
}

static enum talk
tell(const struct jq_worker *w, struct iovec *parts, size_t n, struct patience *p)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = n};

	while (message.msg_iovlen > 0) {
		ssize_t sent = sendmsg(w->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (!wait_for(w, POLLOUT, p))
				return TALK_LATE;
			continue;
		}
		if (sent < 0 && errno != EINTR)
			return TALK_DEAF;
		while (message.msg_iovlen > 0 && sent >= (ssize_t)message.msg_iov->iov_len) {
			sent -= (ssize_t)message.msg_iov->iov_len;
			message.msg_iov++;
			message.msg_iovlen--;
		}
		if (message.msg_iovlen > 0 && sent > 0) {
			message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
			message.msg_iov->iov_len -= (size_t)sent;
		}
	}
	return TALK_ANSWERED;
}

static enum talk
hear(const struct jq_worker *w, void *data, size_t len, struct patience *p)
{
	while (len > 0) {
		ssize_t n;

		if (!wait_for(w, POLLIN, p))
			return TALK_LATE;
		n = recv(w->fd, data, len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK))
			return TALK_DIED;
		if (n > 0) {
			data = (char *)data + n;
			len -= (size_t)n;
		}
	}
	return TALK_ANSWERED;
}

/* Ask, and leave what comes in *${answer} and w->answer. */
static enum talk
talk(struct jq_worker *w, struct iovec *parts, size_t n, struct jq_answer *answer)
{
	struct patience p = {.started_ms = clock_ms()};
	enum talk end;
	char *room;

	p.until_ms = p.started_ms + (int64_t)w->options.limit_ms;
	strbuf_reset(&w->answer);
	if ((end = tell(w, parts, n, &p)) != TALK_ANSWERED ||
		(end = hear(w, answer, sizeof(*answer), &p)) != TALK_ANSWERED)
		return end;
	w->cpu_us = answer->cpu_us;
	if (answer->len == 0)
		return TALK_ANSWERED;
	/* What libjq has become is not known for sure. */
	if (answer->len > JQ_OUTPUTS_MAX || answer->result < -1 || answer->result > INT_MAX)
		return TALK_DIED;
	if ((room = strbuf_room(&w->answer, answer->len)) == NULL) {
		*answer = (struct jq_answer){.result = -1};
		stop(w);
		return TALK_ANSWERED;
	}
	w->answer.len = answer->len;
	return hear(w, room, answer->len, &p);
}

/* ---- programs that are not run again ---- */

static struct refused *
find_refused(struct jq_worker *w, const char *text, size_t len)
{
	for (size_t i = 0; i < JQ_WORKER_REFUSED_MAX; i++) {
		struct refused *r = &w->refused[i];

		if (r->text != NULL && r->len == len && memcmp(r->text, text, len) == 0)
			return r;
	}
	return NULL;
}

/* Why the process ended. */
static void
explain(const struct jq_worker *w, enum talk end, int status, char why[WHY_MAX])
{
	const bool is_known = status != -1, is_signal = is_known && WIFSIGNALED(status);
	const uint64_t ms = w->options.limit_ms;

	if (end == TALK_LATE || (is_signal && WTERMSIG(status) == SIGXCPU))
		snprintf(why, WHY_MAX, "took longer than %llu %s",
			(unsigned long long)(ms % 1000 == 0 ? ms / 1000 : ms),
			ms % 1000 == 0 ? "s" : "ms");
	else if (is_known && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_IO)
		snprintf(why, WHY_MAX, "needs more than %llu MiB of memory",
			(unsigned long long)(w->options.memory / (1024 * 1024)));
	else
		snprintf(why, WHY_MAX, "crashed jq%s%s", is_signal ? ": " : "",
			is_signal ? strsignal(WTERMSIG(status)) : "");
}

/* Keep in mind that the program ended its process, and say why. */
static void
refuse(struct jq_worker *w, const struct iovec *program, const char *why,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	struct refused *r = find_refused(w, program->iov_base, program->iov_len);

	snprintf(error, JQ_PROGRAM_ERROR_MAX, "%s", why);
	if (r == NULL) {
		r = &w->refused[w->next++ % JQ_WORKER_REFUSED_MAX];
		free(r->text);
		*r = (struct refused){.text = malloc(program->iov_len + 1)};
		if (r->text == NULL) /* it will only be run again */
			return;
		memcpy(r->text, program->iov_base, program->iov_len);
		r->len = program->iov_len;
	}
	if (++r->strikes < w->options.strikes)
		return;
	snprintf(r->why, sizeof(r->why), "%s, and is not run again", why);
	memcpy(error, r->why, sizeof(r->why));
}

/* ---- what can be asked ---- */

/* Returns the result, with what came in w->answer, or -1 with the reason in ${error}. */
static int
ask(struct jq_worker *w, enum jq_request_kind kind, const struct iovec *program,
	const struct iovec *input, char error[JQ_PROGRAM_ERROR_MAX])
{
	const struct jq_request rq = {(uint64_t)kind, program->iov_len, input->iov_len};
	const struct refused *r = find_refused(w, program->iov_base, program->iov_len);
	struct jq_answer answer = {.result = -1};
	char why[WHY_MAX];
	enum talk end = TALK_DEAF;

	w->has_ended = false;
	if (r != NULL && r->strikes >= w->options.strikes) {
		memcpy(error, r->why, JQ_PROGRAM_ERROR_MAX);
		return -1;
	}
	/* A process that is dead already was ended from outside, by no fault of this program. */
	for (int i = 0; i < 2 && end == TALK_DEAF; i++) {
		struct iovec parts[] = {{(void *)(uintptr_t)&rq, sizeof(rq)}, *program, *input};

		if (w->pid == 0 && start(w, error) != 0)
			return -1;
		if ((end = talk(w, parts, 3, &answer)) != TALK_ANSWERED)
			explain(w, end, stop(w), why);
	}
	if (end != TALK_ANSWERED) {
		w->has_ended = true;
		refuse(w, program, why, error);
		return -1;
	}
	if (answer.result < 0)
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "%.*s", (int)w->answer.len,
			w->answer.buf != NULL ? w->answer.buf : "out of memory");
	return (int)answer.result;
}

static struct iovec
bytes(const char *p, size_t len)
{
	return (struct iovec){(void *)(uintptr_t)p, len};
}

int
jq_worker_check(struct jq_worker *w, const char *text, size_t len, char error[JQ_PROGRAM_ERROR_MAX])
{
	const struct iovec program = bytes(text, len), nothing = bytes("", 0);

	return ask(w, JQ_CHECK, &program, &nothing, error);
}

int
jq_worker_test(struct jq_worker *w, const char *text, size_t text_len, const char *json, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	const struct iovec program = bytes(text, text_len), input = bytes(json, len);

	return ask(w, JQ_TEST, &program, &input, error);
}

static int
ask_outputs(struct jq_worker *w, enum jq_request_kind kind, const struct iovec *program,
	const struct iovec *input, struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	int result = ask(w, kind, program, input, error);

	if (result > 0)
		strbuf_add(out, w->answer.buf, w->answer.len);
	return result;
}

int
jq_worker_first(struct jq_worker *w, const char *text, size_t text_len, const char *json,
	size_t len, struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	const struct iovec program = bytes(text, text_len), input = bytes(json, len);

	return ask_outputs(w, JQ_FIRST, &program, &input, out, error);
}

int
jq_worker_run(struct jq_worker *w, const char *text, size_t text_len, const char *json, size_t len,
	struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	const struct iovec program = bytes(text, text_len), input = bytes(json, len);

	return ask_outputs(w, JQ_RUN, &program, &input, out, error);
}

bool
jq_worker_ended(const struct jq_worker *w)
{
	return w->has_ended;
}
