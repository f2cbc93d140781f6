#include "jq_server.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "jq_programs.h"
#include "portable.h"
#include "strbuf.h"

#if PORTABLE_LINUX
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* A sanitizer maps far more memory than it uses. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* macOS takes none that is less than what a program maps anyway, and holds nobody to it. */
#if defined(__APPLE__)
#define HAS_MEMORY_LIMIT 0
#else
#define HAS_MEMORY_LIMIT (!SANITIZED)
#endif

#define SOCKET_FD STDIN_FILENO
#define DESCRIPTORS_MAX 65536 /* that are looked at where close_range(2) is missing */

struct server {
	struct jq_programs *programs;
	struct strbuf request, outputs;
	uint64_t limit_ms;
	rlim_t cpu_s; /* the soft limit that is set */
};

static void
close_others(void)
{
#if PORTABLE_LINUX && defined(SYS_close_range)
	if (syscall(SYS_close_range, STDERR_FILENO + 1, UINT_MAX, 0) == 0)
		return;
#endif
	for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS_MAX; fd++)
		close(fd);
}

static const struct rlimit *
lowered(struct rlimit *now, rlim_t max)
{
	now->rlim_max = now->rlim_max < max ? now->rlim_max : max;
	now->rlim_cur = now->rlim_max;
	return now;
}

/* A macro, since the type of ${resource} is not the same everywhere. */
#define LIMIT(resource, max)                                                                       \
	(getrlimit((resource), &now) == 0 && setrlimit((resource), lowered(&now, (max))) == 0)

/* Give up what a program could do harm with. Returns whether all of it is gone. */
static bool
confine(const struct jq_limits *limits)
{
	struct rlimit now;

	return LIMIT(RLIMIT_CORE, 0) && LIMIT(RLIMIT_FSIZE, 0) &&
	       LIMIT(RLIMIT_NOFILE, STDERR_FILENO + 1) &&
	       (!HAS_MEMORY_LIMIT || LIMIT(RLIMIT_AS, (rlim_t)limits->memory));
}

static uint64_t
cpu_us(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Be ended by SIGXCPU, should the owner be stopped and a request take far too long. */
static void
limit_cpu(struct server *s)
{
	struct rlimit now;
	const rlim_t wanted = (rlim_t)(cpu_us() / 1000000 + s->limit_ms / 1000 + 2);

	if (wanted <= s->cpu_s || getrlimit(RLIMIT_CPU, &now) != 0)
		return;
	now.rlim_cur = wanted < now.rlim_max ? wanted : now.rlim_max;
	if (setrlimit(RLIMIT_CPU, &now) == 0)
		s->cpu_s = wanted;
}

/* Read exactly ${len} bytes; false at the end, which is the owner's. */
static bool
receive(void *data, size_t len)
{
	while (len > 0) {
		ssize_t n = recv(SOCKET_FD, data, len, MSG_WAITALL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = (char *)data + n;
		len -= (size_t)n;
	}
	return true;
}

static bool
reply(int64_t result, const char *data, size_t len)
{
	struct jq_answer answer = {result, len, cpu_us()};
	struct iovec parts[2] = {{&answer, sizeof(answer)}, {(void *)(uintptr_t)data, len}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t n;

	while (parts[0].iov_len + parts[1].iov_len > 0) {
		n = sendmsg(SOCKET_FD, &message, PORTABLE_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		for (int i = 0; i < 2; i++) {
			size_t done = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + done;
			parts[i].iov_len -= done;
			n -= (ssize_t)done;
		}
	}
	return true;
}

static int
answer(struct server *s, uint64_t kind, struct jq_program *program, const char *input, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	switch (kind) {
	case JQ_TEST:
		return jq_program_test(program, input, len, error);
	case JQ_FIRST:
		return jq_program_first(program, input, len, &s->outputs, error);
	case JQ_RUN:
		return jq_program_run(program, input, len, &s->outputs, error);
	default:
		return 0;
	}
}

/* Read one request and answer it. False at the owner's end. */
static bool
serve(struct server *s)
{
	char error[JQ_PROGRAM_ERROR_MAX] = "";
	struct jq_program *program;
	struct jq_request rq;
	int64_t result = -1;
	char *text;

	if (!receive(&rq, sizeof(rq)))
		return false;
	limit_cpu(s);
	strbuf_reset(&s->request);
	strbuf_reset(&s->outputs);
	/* one byte more, so that nothing is somewhere, too */
	if ((text = strbuf_room(&s->request, rq.program_len + rq.input_len + 1)) == NULL)
		_exit(EXIT_IO);
	if (!receive(text, rq.program_len + rq.input_len))
		return false;
	if ((program = jq_programs_get(s->programs, text, rq.program_len, error)) != NULL)
		result = answer(s, rq.kind, program, text + rq.program_len, rq.input_len, error);
	return result < 0 ? reply(-1, error, strlen(error))
			  : reply(result, s->outputs.buf, s->outputs.len);
}

void
jq_server_main(int argc, char **argv)
{
	static const char ready = JQ_SERVER_READY;
	struct server s = {.limit_ms = 0};
	struct jq_limits limits;

	if (argc != 1 || strcmp(argv[0], JQ_SERVER_NAME) != 0)
		return;
	diag_init(JQ_SERVER_NAME);
	/* What is judged may be confidential. */
	portable_hide();
#if PORTABLE_LINUX
	prctl(PR_SET_NAME, JQ_SERVER_NAME);
	/*
	 * Elsewhere the end of the owner is seen when a program has ended, for which its time of
	 * the processor is limited. One that is gone by now is found out when it is told that all
	 * is ready.
	 */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	close_others();
	if (!receive(&limits, sizeof(limits)) || !confine(&limits) ||
		(s.programs = jq_programs_new()) == NULL ||
		send(SOCKET_FD, &ready, 1, PORTABLE_NOSIGNAL) != 1)
		_exit(EXIT_IO);
	s.limit_ms = limits.ms;
	strbuf_init(&s.request, (size_t)limits.memory);
	strbuf_init(&s.outputs, JQ_OUTPUTS_MAX);
	while (serve(&s))
		continue;
	_exit(EXIT_DONE);
}
