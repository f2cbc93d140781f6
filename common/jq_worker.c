#include "jq_worker.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "clock.h"
#include "diag.h"
#include "jq_known.h"
#include "jq_process.h"
#include "portable.h"

#define START_MS 60000 /* for a process to be there */
#define TRIES 2        /* for ends that are nobody's fault */
#define WHY_MAX 128    /* bytes of why a process ended, NUL included */

enum state {
	WORKER_IDLE,
	WORKER_STARTING, /* the process is not ready yet */
	WORKER_TELLING,  /* the request is being written */
	WORKER_HEARING,  /* the answer is awaited and read */
	WORKER_DONE      /* there is a result */
};

/* How a process ended. */
enum end {
	END_DIED,
	END_ODD, /* it said what it never says */
	END_CPU, /* it has used too much processor time */
	END_LATE /* it has not, and gives no answer all the same */
};

enum step { STEP_DONE, STEP_WAITS, STEP_DIED, STEP_ODD };

struct jq_worker {
	struct jq_worker_options options;
	struct jq_process process;
	int64_t used_us; /* by the process, before it was asked */
	enum state state;
	/* what is asked: */
	struct jq_request rq;
	struct iovec program, input; /* borrowed */
	unsigned tries;
	int64_t until_ms;   /* first by the clock, then by what the process has used */
	int64_t seen_ms;    /* that it had used for this when it was looked at last */
	int64_t busy_ms;    /* when it was last seen to have used any */
	size_t told, heard; /* bytes */
	/* what comes of it: */
	struct jq_answer head;
	struct strbuf answer;
	int result;
	bool has_ended; /* the program has ended the process */
	char error[JQ_PROGRAM_ERROR_MAX];
	struct jq_known_list refused, checked;
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

void
jq_worker_free(struct jq_worker *w)
{
	if (w == NULL)
		return;
	if (w->process.pid != 0)
		(void)jq_process_stop(&w->process);
	jq_known_release(&w->refused);
	jq_known_release(&w->checked);
	strbuf_release(&w->answer);
	free(w);
}

/* ---- programs that are kept in mind ---- */

/* Why the program is not run again, or NULL. */
static const char *
refusal(const struct jq_worker *w, const char *text, size_t len)
{
	const struct jq_known *k = jq_known_find(&w->refused, text, len);

	return k != NULL && k->strikes >= w->options.strikes ? k->why : NULL;
}

bool
jq_worker_has_checked(const struct jq_worker *w, const char *text, size_t len)
{
	return refusal(w, text, len) == NULL && jq_known_find(&w->checked, text, len) != NULL;
}

/* ---- results ---- */

static void
set_result(struct jq_worker *w, int result, const char *error)
{
	w->result = result;
	snprintf(w->error, sizeof(w->error), "%s", error);
	w->state = WORKER_DONE;
}

/* Keep in mind that the program ended its process, and say why. */
static void
refuse(struct jq_worker *w, const char *why)
{
	struct jq_known *k = jq_known_keep(&w->refused, w->program.iov_base, w->program.iov_len);

	w->has_ended = true;
	set_result(w, -1, why);
	/* Without memory it will only be run again. */
	if (k == NULL || ++k->strikes < w->options.strikes)
		return;
	snprintf(k->why, sizeof(k->why), "%s, and is not run again", why);
	set_result(w, -1, k->why);
}

static void
take_answer(struct jq_worker *w)
{
	const char *text = w->program.iov_base;
	const size_t len = w->program.iov_len;

	/* What ended the process before was the fault of its input. */
	if (jq_known_find(&w->refused, text, len) != NULL)
		jq_known_keep(&w->refused, text, len)->strikes = 0;
	w->used_us = (int64_t)w->head.cpu_us;
	w->result = (int)w->head.result;
	w->state = WORKER_DONE;
	if (w->result < 0)
		snprintf(w->error, sizeof(w->error), "%.*s", (int)w->answer.len,
			w->answer.buf != NULL ? w->answer.buf : "");
	else if (w->rq.kind == JQ_CHECK)
		/* Without memory it will only be checked again. */
		(void)jq_known_keep(&w->checked, text, len);
}

/* ---- ends of the process ---- */

/* Whether the program is to blame that its process ended so, and if so why it ended. */
static bool
is_to_blame(const struct jq_worker *w, enum end end, int status, char why[WHY_MAX])
{
	const int signal = status != -1 && WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		  code = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_DONE;
	const uint64_t ms = w->options.limit_ms;

	if (w->state == WORKER_STARTING || end == END_LATE)
		return false;
	if (end == END_CPU || signal == SIGXCPU) {
		snprintf(why, WHY_MAX, "took longer than %llu %s",
			(unsigned long long)(ms % 1000 == 0 ? ms / 1000 : ms),
			ms % 1000 == 0 ? "s" : "ms");
		return true;
	}
	if (code == EXIT_IO) {
		snprintf(why, WHY_MAX, "needs more than %llu MiB of memory",
			(unsigned long long)(w->options.memory / (1024 * 1024)));
		return true;
	}
	snprintf(why, WHY_MAX, "crashed jq%s%s", signal != 0 ? ": " : "",
		signal != 0 ? strsignal(signal) : "");
	switch (signal) {
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGSEGV:
	case SIGSYS:
	case SIGTRAP:
		return true;
	default: /* others are sent by someone, be it the kernel, which wants memory back */
		return end == END_ODD || code != EXIT_DONE ||
		       (status == -1 && w->state == WORKER_HEARING);
	}
}

/* The process is ready to be asked. */
static void
begin_request(struct jq_worker *w)
{
	w->state = WORKER_TELLING;
	w->seen_ms = 0;
	w->busy_ms = clock_ms();
	w->until_ms = w->busy_ms + (int64_t)w->options.limit_ms;
}

/* Ask the process, or a new one. */
static void
begin(struct jq_worker *w)
{
	const struct jq_limits limits = {w->options.memory, w->options.limit_ms};
	char error[JQ_PROGRAM_ERROR_MAX];

	w->tries++;
	w->told = w->heard = 0;
	strbuf_reset(&w->answer);
	if (w->process.pid != 0) {
		begin_request(w);
	} else if (jq_process_start(&w->process, &limits, error) == 0) {
		w->state = WORKER_STARTING;
		w->until_ms = clock_ms() + START_MS;
		w->used_us = 0;
	} else {
		set_result(w, JQ_WORKER_UNABLE, error);
	}
}

static void
process_ended(struct jq_worker *w, enum end end)
{
	const int status = jq_process_stop(&w->process);
	char why[WHY_MAX];

	if (is_to_blame(w, end, status, why))
		refuse(w, why);
	else if (w->tries < TRIES)
		begin(w);
	else if (w->state == WORKER_STARTING)
		set_result(w, JQ_WORKER_UNABLE, JQ_PROCESS_CANNOT ": it ended at once");
	else
		set_result(w, JQ_WORKER_UNABLE,
			"the process for jq programs was killed or stopped, twice");
}

/* Whether there is patience left; else how the process ends. */
static bool
has_patience(struct jq_worker *w, enum end *end)
{
	const int64_t limit_ms = (int64_t)w->options.limit_ms, now_ms = clock_ms();
	int64_t used_ms, left_ms, last_ms;

	*end = END_LATE;
	if (now_ms < w->until_ms)
		return true;
	if (w->state == WORKER_STARTING)
		return false;
	used_ms = (jq_process_used_us(&w->process) - w->used_us) / 1000;
	if ((left_ms = limit_ms - used_ms) <= 0)
		*end = END_CPU;
	if (used_ms > w->seen_ms)
		w->busy_ms = now_ms;
	w->seen_ms = used_ms;
	last_ms = w->busy_ms + JQ_WORKER_PATIENCE * limit_ms;
	if (left_ms <= 0 || now_ms >= last_ms)
		return false;
	w->until_ms = now_ms + left_ms < last_ms ? now_ms + left_ms : last_ms;
	return true;
}

/* ---- talking to it ---- */

static enum step
failed(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK ? STEP_WAITS
	       : errno == EINTR                        ? STEP_DONE
						       : STEP_DIED;
}

static enum step
tell(struct jq_worker *w)
{
	struct iovec parts[] = {{&w->rq, sizeof(w->rq)}, w->program, w->input};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
	const size_t all = sizeof(w->rq) + w->program.iov_len + w->input.iov_len;
	size_t skip = w->told;
	ssize_t n;

	for (int i = 0; i < 3; i++) {
		const size_t done = skip < parts[i].iov_len ? skip : parts[i].iov_len;

		parts[i].iov_base = (char *)parts[i].iov_base + done;
		parts[i].iov_len -= done;
		skip -= done;
	}
	if ((n = sendmsg(w->process.fd, &message, PORTABLE_NOSIGNAL | MSG_DONTWAIT)) < 0)
		return failed();
	w->told += (size_t)n;
	if (w->told == all)
		w->state = WORKER_HEARING;
	return STEP_DONE;
}

/* Read at most ${len} bytes; *${n} says how many came. */
static enum step
hear(const struct jq_worker *w, void *to, size_t len, size_t *n)
{
	const ssize_t got = recv(w->process.fd, to, len, MSG_DONTWAIT);

	*n = got > 0 ? (size_t)got : 0;
	return got > 0 ? STEP_DONE : got == 0 ? STEP_DIED : failed();
}

static enum step
hear_ready(struct jq_worker *w)
{
	char byte;
	size_t n;
	enum step step = hear(w, &byte, 1, &n);

	if (n == 0 || byte != JQ_SERVER_READY)
		return n == 0 ? step : STEP_ODD;
	begin_request(w);
	return STEP_DONE;
}

/* What libjq has become is not known for sure. */
static bool
is_odd(const struct jq_answer *head)
{
	return head->len > JQ_OUTPUTS_MAX || head->result < -1 || head->result > INT_MAX;
}

static enum step
hear_answer(struct jq_worker *w)
{
	const size_t want = sizeof(w->head);
	enum step step;
	char *room;
	size_t n;

	if (w->heard < want) {
		step = hear(w, (char *)&w->head + w->heard, want - w->heard, &n);
		w->heard += n;
		if (step != STEP_DONE || w->heard < want)
			return step;
		if (is_odd(&w->head))
			return STEP_ODD;
	}
	if (w->answer.len < w->head.len) {
		if ((room = strbuf_room(&w->answer, w->head.len - w->answer.len)) == NULL) {
			(void)jq_process_stop(&w->process);
			set_result(w, JQ_WORKER_UNABLE, "out of memory");
			return STEP_DONE;
		}
		step = hear(w, room, w->head.len - w->answer.len, &n);
		w->answer.len += n;
		if (step != STEP_DONE || w->answer.len < w->head.len)
			return step;
	}
	take_answer(w);
	return STEP_DONE;
}

static enum step
take_step(struct jq_worker *w)
{
	return w->state == WORKER_STARTING  ? hear_ready(w)
	       : w->state == WORKER_TELLING ? tell(w)
					    : hear_answer(w);
}

/* ---- what can be asked ---- */

static struct iovec
bytes(const char *p, size_t len)
{
	return (struct iovec){(void *)(uintptr_t)p, len};
}

void
jq_worker_submit(struct jq_worker *w, enum jq_request_kind kind, const char *text, size_t text_len,
	const char *json, size_t len)
{
	const char *why = refusal(w, text, text_len);

	w->rq = (struct jq_request){(uint64_t)kind, text_len, len};
	w->program = bytes(text, text_len);
	w->input = bytes(json, len);
	w->tries = 0;
	w->has_ended = false;
	if (why != NULL)
		set_result(w, -1, why);
	else
		begin(w);
}

bool
jq_worker_go_on(struct jq_worker *w)
{
	enum end end;

	while (w->state != WORKER_DONE) {
		switch (take_step(w)) {
		case STEP_DONE:
			break;
		case STEP_WAITS:
			if (has_patience(w, &end))
				return false;
			process_ended(w, end);
			break;
		case STEP_DIED:
			process_ended(w, END_DIED);
			break;
		case STEP_ODD:
			process_ended(w, END_ODD);
			break;
		}
	}
	return true;
}

int64_t
jq_worker_poll(const struct jq_worker *w, struct pollfd *fd)
{
	*fd = (struct pollfd){.fd = w->process.fd,
		.events = w->state == WORKER_TELLING ? POLLOUT : POLLIN};
	return w->until_ms;
}

int
jq_worker_take(struct jq_worker *w, struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	w->state = WORKER_IDLE;
	if (w->result < 0)
		memcpy(error, w->error, JQ_PROGRAM_ERROR_MAX);
	else if (out != NULL)
		strbuf_add(out, w->answer.buf, w->answer.len);
	return w->result;
}

bool
jq_worker_ended(const struct jq_worker *w)
{
	return w->has_ended;
}

void
jq_worker_cancel(struct jq_worker *w)
{
	if (w->process.pid != 0)
		(void)jq_process_stop(&w->process);
	w->state = WORKER_IDLE;
}

/* ---- and waited for ---- */

static int
ask(struct jq_worker *w, struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	while (!jq_worker_go_on(w)) {
		struct pollfd fd;
		const int64_t left_ms = jq_worker_poll(w, &fd) - clock_ms();

		(void)poll(&fd, 1, left_ms < 0 ? 0 : left_ms < INT_MAX ? (int)left_ms : INT_MAX);
	}
	return jq_worker_take(w, out, error);
}

int
jq_worker_check(struct jq_worker *w, const char *text, size_t len, char error[JQ_PROGRAM_ERROR_MAX])
{
	jq_worker_submit(w, JQ_CHECK, text, len, "", 0);
	return ask(w, NULL, error);
}

int
jq_worker_test(struct jq_worker *w, const char *text, size_t text_len, const char *json, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	jq_worker_submit(w, JQ_TEST, text, text_len, json, len);
	return ask(w, NULL, error);
}

int
jq_worker_first(struct jq_worker *w, const char *text, size_t text_len, const char *json,
	size_t len, struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	jq_worker_submit(w, JQ_FIRST, text, text_len, json, len);
	return ask(w, out, error);
}

int
jq_worker_run(struct jq_worker *w, const char *text, size_t text_len, const char *json, size_t len,
	struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	jq_worker_submit(w, JQ_RUN, text, text_len, json, len);
	return ask(w, out, error);
}
