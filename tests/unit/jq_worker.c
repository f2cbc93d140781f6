/* jq_worker, jq_server - programs that run for ever, eat all memory or crash libjq end their
 * process and nothing else; the process holds nothing of its owner's, and never outlives it. */
#include "unit.h"
#include "jq_known.h"
#include "jq_server.h"
#include "jq_worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FOR_EVER "last(repeat(1))"
#define MEMORY ((uint64_t)64 * 1024 * 1024)
#define LONG_MS 300000 /* a limit that no test reaches */

#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

static char error[JQ_PROGRAM_ERROR_MAX];

static struct jq_worker *
new_worker(uint64_t limit_ms, unsigned strikes)
{
	const struct jq_worker_options options = {limit_ms, MEMORY, strikes};

	return jq_worker_new(&options);
}

/* "true", "false" or the error. */
static const char *
test(struct jq_worker *w, const char *text, const char *json)
{
	int result = jq_worker_test(w, text, strlen(text), json, strlen(json), error);

	return result > 0 ? "true" : result == 0 ? "false" : error;
}

/* All outputs of ${text}, or the error. */
static const char *
run(struct jq_worker *w, const char *text, const char *json, struct strbuf *out)
{
	strbuf_reset(out);
	return jq_worker_run(w, text, strlen(text), json, strlen(json), out, error) < 0
		       ? error
		       : strbuf_str(out);
}

/* The first output of ${text}, "nothing", or the error. */
static const char *
first(struct jq_worker *w, const char *text, const char *json, struct strbuf *out)
{
	int result;

	strbuf_reset(out);
	result = jq_worker_first(w, text, strlen(text), json, strlen(json), out, error);
	return result < 0 ? error : result == 0 ? "nothing" : strbuf_str(out);
}

/* The only child of ${owner} that is a server, or 0. */
static pid_t
server_of(pid_t owner)
{
	pid_t found = 0;
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[300], name[32] = "";
		int pid = (int)strtol(entry->d_name, NULL, 10), parent = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		if (pid <= 0 || (f = fopen(path, "r")) == NULL)
			continue;
		if (fscanf(f, "%*d (%31[^)]) %*c %d", name, &parent) == 2 && parent == owner &&
			strcmp(name, JQ_SERVER_NAME) == 0)
			found = pid;
		fclose(f);
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

static pid_t
server_of_us(void)
{
	return server_of(getpid());
}

/* ---- what it is for ---- */

static void
test_answers(void)
{
	struct jq_worker *w = new_worker(LONG_MS, 1);
	struct strbuf out;

	strbuf_init(&out, 1000);
	EXPECT(server_of_us() == 0);
	for (int i = 0; i < 3; i++) {
		EXPECT_STR(test(w, ".ok", "{\"ok\":true}"), "true");
		EXPECT_STR(test(w, ".ok", "{}"), "false");
		EXPECT_STR(test(w, ".ok", "{"), "not JSON: unexpected end of JSON text at byte 2");
		EXPECT_STR(test(w, "error(\"so\")", "1"), "so");
		EXPECT_STR(test(w, "nosuch", "1"),
			"nosuch/0 is not defined, line 1 of the program");
		EXPECT_STR(test(w, "", "1"),
			"syntax error, unexpected $end, line 1 of the program");
		EXPECT_STR(run(w, ".[], 1.10", "[{\"a\":2}]", &out), "{\"a\":2}\n1.1\n");
		EXPECT_STR(run(w, "empty", "1", &out), "");
		EXPECT_STR(run(w, "1, error(\"so\")", "1", &out), "so");
		EXPECT(out.len == 0);
		EXPECT_STR(first(w, ".[]", "[{\"a\": 2}, 3]", &out), "{\"a\":2}");
		EXPECT_STR(first(w, ".[]", "[null]", &out), "null");
		EXPECT_STR(first(w, "empty", "1", &out), "nothing");
		EXPECT_STR(first(w, "error(\"so\")", "1", &out), "so");
		EXPECT(out.len == 0);
		EXPECT(!jq_worker_ended(w));
		EXPECT(jq_worker_check(w, FOR_EVER, strlen(FOR_EVER), error) == 0);
		EXPECT(jq_worker_check(w, "|", 1, error) == -1);
	}
	EXPECT(server_of_us() > 0);
	strbuf_release(&out);
	jq_worker_free(w);
	jq_worker_free(NULL);
	EXPECT(server_of_us() == 0);
}

/* More than a socket holds, in both directions. */
static void
test_long(void)
{
	const size_t len = 2 * 1024 * 1024;
	struct jq_worker *w = new_worker(LONG_MS, 1);
	struct strbuf out;
	char *json = malloc(len + 1);

	memset(json, 'x', len);
	json[0] = json[len - 1] = '"';
	json[len] = '\0';
	strbuf_init(&out, 2 * len);
	for (int i = 0; i < 3; i++) {
		EXPECT_STR(test(w, "length == 2097150", json), "true");
		run(w, ".", json, &out);
		EXPECT(out.len == len + 1 && memcmp(out.buf, json, len) == 0);
	}
	strbuf_release(&out);
	free(json);
	jq_worker_free(w);
}

/* ---- programs that it is for ---- */

static void
test_for_ever(void)
{
	struct jq_worker *w = new_worker(100, 1);
	pid_t before;

	EXPECT_STR(test(w, ".ok", "{\"ok\":true}"), "true");
	before = server_of_us();
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms, and is not run again");
	EXPECT(server_of_us() == 0);
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms, and is not run again");
	EXPECT(server_of_us() == 0);
	EXPECT_STR(test(w, ".ok", "{\"ok\":true}"), "true");
	EXPECT(server_of_us() > 0 && server_of_us() != before);
	jq_worker_free(w);
	w = new_worker(1000, 1);
	EXPECT_STR(test(w, "def f: f; f", "1"), "took longer than 1 s, and is not run again");
	jq_worker_free(w);
}

static void
test_strikes(void)
{
	struct jq_worker *w = new_worker(100, 3);

	EXPECT(!jq_worker_ended(w));
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms");
	EXPECT(jq_worker_ended(w));
	EXPECT_STR(test(w, ".", "1"), "true");
	EXPECT(!jq_worker_ended(w));
	EXPECT_STR(test(w, "if . then " FOR_EVER " else . end", "1"), "took longer than 100 ms");
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms");
	EXPECT_STR(test(w, "if . then " FOR_EVER " else . end", "false"), "false");
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms, and is not run again");
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms, and is not run again");
	jq_worker_free(w);
}

static void
test_memory(void)
{
	static const char *const programs[] = {"reduce range(60) as $i (\"xx\"; .+.)",
		"[range(1e10)]", "def f: 1+f; f", "def f: [f]; f", "[1] | .[1e8] = 1",
		"\"x\" * 1e9"};
	struct jq_worker *w = new_worker(LONG_MS, 1);

	for (size_t i = 0; !IS_SANITIZED && i < sizeof(programs) / sizeof(programs[0]); i++) {
		EXPECT_STR(test(w, programs[i], "1"),
			"needs more than 64 MiB of memory, and is not run again");
		EXPECT_STR(test(w, programs[i], "1"),
			"needs more than 64 MiB of memory, and is not run again");
		EXPECT_STR(test(w, ".", "1"), "true");
	}
	jq_worker_free(w);
}

static void
test_crash(void)
{
	static const char deep[] = "reduce range(300000) as $i (0; [.])";
	struct rlimit old, small = {256 * 1024, 256 * 1024};
	struct jq_worker *w;

	if (IS_SANITIZED)
		return;
	w = new_worker(LONG_MS, 1);
	EXPECT(getrlimit(RLIMIT_STACK, &old) == 0);
	small.rlim_max = old.rlim_max;
	EXPECT(setrlimit(RLIMIT_STACK, &small) == 0);
	EXPECT_STR(test(w, deep, "1"), "crashed jq: Segmentation fault, and is not run again");
	EXPECT_STR(test(w, ".", "1"), "true");
	EXPECT_STR(test(w, deep, "1"), "crashed jq: Segmentation fault, and is not run again");
	EXPECT(setrlimit(RLIMIT_STACK, &old) == 0);
	jq_worker_free(w);
}

/* The oldest refused one is forgotten, and runs into its limit again. */
static void
test_many_refused(void)
{
	struct jq_worker *w = new_worker(10, 2);
	char text[64];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i <= JQ_KNOWN_MAX; i++) {
			snprintf(text, sizeof(text), "%d | " FOR_EVER, i);
			EXPECT_STR(test(w, text, "1"), "took longer than 10 ms");
		}
	EXPECT_STR(test(w, text, "1"), "took longer than 10 ms, and is not run again");
	jq_worker_free(w);
}

/* ---- what it holds ---- */

/* Whether ${pid} has ${fd}; -1 if that is not for us to know. */
static int
has_descriptor(pid_t pid, int fd)
{
	char path[64], target[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	if (readlink(path, target, sizeof(target)) >= 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

static void
test_holds_nothing(void)
{
	struct jq_worker *w;
	char path[64], text[4096] = "";
	int fds[2];
	FILE *f;

	setenv("SECRET_OF_TEST", "value-of-secret", 1);
	EXPECT(pipe(fds) == 0 && fds[1] > 2);
	w = new_worker(LONG_MS, 1);
	EXPECT_STR(test(w, "$ENV.SECRET_OF_TEST // env.SECRET_OF_TEST | not", "1"), "true");
	EXPECT_STR(test(w, "input", "1"), "input is not allowed here");
	/* Whoever reads the pipe sees its end while the process lives. */
	close(fds[1]);
	EXPECT(read(fds[0], text, sizeof(text)) == 0);
	for (int fd = 3; fd < 100; fd++)
		EXPECT(has_descriptor(server_of_us(), fd) <= 0);
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)server_of_us());
	if ((f = fopen(path, "r")) != NULL) {
		size_t n = fread(text, 1, sizeof(text) - 1, f);

		EXPECT(n == sizeof("HOME=/dev/null") && strcmp(text, "HOME=/dev/null") == 0);
		fclose(f);
	}
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)server_of_us());
	EXPECT((f = fopen(path, "r")) != NULL);
	while (f != NULL && fgets(text, sizeof(text), f) != NULL) {
		unsigned long hard;

		if (sscanf(text, "Max open files %*u %lu", &hard) == 1)
			EXPECT(hard == 3);
		if (sscanf(text, "Max file size %*u %lu", &hard) == 1 ||
			sscanf(text, "Max core file size %*u %lu", &hard) == 1)
			EXPECT(hard == 0);
	}
	if (f != NULL)
		fclose(f);
	close(fds[0]);
	jq_worker_free(w);
}

/* ---- children and signals ---- */

static void
test_other_children(void)
{
	struct jq_worker *w = new_worker(100, 1);
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(7);
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms, and is not run again");
	EXPECT_STR(test(w, ".", "1"), "true");
	EXPECT(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
	jq_worker_free(w);
	/* a parent that does not care for its children */
	signal(SIGCHLD, SIG_IGN);
	w = new_worker(100, 1);
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms, and is not run again");
	EXPECT_STR(test(w, ".", "1"), "true");
	kill(server_of_us(), SIGKILL);
	jq_worker_free(w);
	signal(SIGCHLD, SIG_DFL);
}

/* Ended between two programs, it is nobody's fault; a stop from a terminal does not reach it. */
static void
test_signals(void)
{
	static const int kept[] = {SIGINT, SIGTERM, SIGHUP};
	struct jq_worker *w = new_worker(LONG_MS, 1);
	pid_t pid;

	EXPECT_STR(test(w, ".", "1"), "true");
	pid = server_of_us();
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		EXPECT(kill(pid, kept[i]) == 0);
		EXPECT_STR(test(w, ".", "1"), "true");
		EXPECT(server_of_us() == pid);
	}
	for (int i = 0; i < 3; i++) {
		siginfo_t info;

		EXPECT(kill(server_of_us(), SIGKILL) == 0);
		EXPECT(waitid(P_PID, (id_t)server_of_us(), &info, WEXITED | WNOWAIT) == 0);
		EXPECT_STR(test(w, ".", "1"), "true");
	}
	jq_worker_free(w);
}

/* Wait until ${pid} is busy: longer than starting and compiling takes. */
static void
await_work(pid_t pid)
{
	struct timespec used = {0};
	clockid_t id;

	EXPECT(clock_getcpuclockid(pid, &id) == 0);
	while (used.tv_sec < 1 && clock_gettime(id, &used) == 0)
		continue;
	EXPECT(used.tv_sec >= 1);
}

/*
 * Killed while its program runs, an owner leaves nothing behind: what it leaves becomes a child of
 * this process, and can be waited for.
 */
static void
test_owner_killed(void)
{
	int fds[2], status;
	char byte;
	pid_t owner;

	EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	EXPECT(pipe(fds) == 0);
	if ((owner = fork()) == 0) {
		struct jq_worker *w = new_worker(LONG_MS, 1);

		EXPECT_STR(test(w, ".", "1"), "true");
		if (write(fds[1], "r", 1) == 1)
			test(w, FOR_EVER, "1");
		_exit(1);
	}
	EXPECT(read(fds[0], &byte, 1) == 1);
	await_work(server_of(owner));
	EXPECT(kill(owner, SIGKILL) == 0);
	EXPECT(waitpid(owner, &status, 0) == owner && WIFSIGNALED(status));
	EXPECT(waitpid(-1, &status, 0) > 0 || errno == ECHILD);
	EXPECT(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
	EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
	close(fds[0]);
	close(fds[1]);
}

/* One that is stopped, and not busy, is replaced, and its program is not refused. */
static void
test_stopped(void)
{
	struct jq_worker *w = new_worker(100, 1);
	pid_t pid;

	EXPECT_STR(test(w, ".", "1"), "true");
	pid = server_of_us();
	EXPECT(kill(pid, SIGSTOP) == 0);
	EXPECT_STR(test(w, ".", "1"), "true");
	EXPECT(server_of_us() > 0 && server_of_us() != pid);
	jq_worker_free(w);
}

/* ---- without waiting ---- */

/* Go on until the process is busy with what was submitted. */
static pid_t
go_on_to_work(struct jq_worker *w)
{
	struct pollfd fd;

	do {
		EXPECT(!jq_worker_go_on(w));
		(void)jq_worker_poll(w, &fd);
	} while (fd.events == POLLOUT || poll(&fd, 1, 100) != 0);
	await_work(server_of_us());
	return server_of_us();
}

static void
go_on_to_end(struct jq_worker *w)
{
	struct pollfd fd;

	while (!jq_worker_go_on(w)) {
		(void)jq_worker_poll(w, &fd);
		(void)poll(&fd, 1, 100);
	}
}

static void
submit(struct jq_worker *w, enum jq_request_kind kind, const char *text, const char *json)
{
	jq_worker_submit(w, kind, text, strlen(text), json, strlen(json));
}

/* Killed from outside while a program runs: it is run once more, and not refused. */
static void
test_killed(void)
{
	static const char text[] = "if . then " FOR_EVER " else . end";
	struct jq_worker *w = new_worker(LONG_MS, 1);
	pid_t first, second;

	submit(w, JQ_TEST, text, "1");
	first = go_on_to_work(w);
	EXPECT(kill(first, SIGKILL) == 0);
	second = go_on_to_work(w);
	EXPECT(second > 0 && second != first);
	EXPECT(kill(second, SIGKILL) == 0);
	go_on_to_end(w);
	EXPECT(jq_worker_take(w, NULL, error) == JQ_WORKER_UNABLE);
	EXPECT_STR(error, "the process for jq programs was killed or stopped, twice");
	EXPECT_STR(test(w, text, "false"), "false");
	jq_worker_free(w);
}

static void
test_submitted(void)
{
	struct jq_worker *w = new_worker(LONG_MS, 1);
	struct strbuf out;

	strbuf_init(&out, 100);
	EXPECT(!jq_worker_has_checked(w, ".", 1));
	submit(w, JQ_CHECK, ".", "");
	go_on_to_end(w);
	EXPECT(jq_worker_take(w, NULL, error) == 0);
	EXPECT(jq_worker_has_checked(w, ".", 1) && !jq_worker_has_checked(w, "..", 2));
	submit(w, JQ_RUN, ".[]", "[1,2]");
	go_on_to_end(w);
	EXPECT(jq_worker_take(w, &out, error) == 2);
	EXPECT_STR(strbuf_str(&out), "1\n2\n");
	/* broken off, whether it has begun or not */
	submit(w, JQ_TEST, FOR_EVER, "1");
	jq_worker_cancel(w);
	EXPECT(server_of_us() == 0);
	submit(w, JQ_TEST, FOR_EVER, "1");
	(void)go_on_to_work(w);
	jq_worker_cancel(w);
	EXPECT(server_of_us() == 0);
	EXPECT_STR(test(w, ".", "1"), "true");
	strbuf_release(&out);
	jq_worker_free(w);
	/* what is refused is not good any more */
	w = new_worker(100, 1);
	EXPECT(jq_worker_check(w, FOR_EVER, strlen(FOR_EVER), error) == 0);
	EXPECT(jq_worker_has_checked(w, FOR_EVER, strlen(FOR_EVER)));
	EXPECT_STR(test(w, FOR_EVER, "1"), "took longer than 100 ms, and is not run again");
	EXPECT(!jq_worker_has_checked(w, FOR_EVER, strlen(FOR_EVER)));
	jq_worker_free(w);
}

static void
test_cannot_start(void)
{
	struct jq_worker *w = new_worker(LONG_MS, 1);
	struct rlimit old, few;
	int next = dup(0);

	EXPECT(getrlimit(RLIMIT_NOFILE, &old) == 0);
	few = (struct rlimit){(rlim_t)next, old.rlim_max};
	close(next);
	EXPECT(setrlimit(RLIMIT_NOFILE, &few) == 0);
	EXPECT_STR(test(w, ".", "1"),
		"cannot start a process for jq programs: Too many open files");
	EXPECT(jq_worker_check(w, ".", 1, error) == JQ_WORKER_UNABLE);
	EXPECT(setrlimit(RLIMIT_NOFILE, &old) == 0);
	EXPECT_STR(test(w, ".", "1"), "true");
	jq_worker_free(w);
}

int
main(int argc, char **argv)
{
	jq_server_main(argc, argv);
	RUN(test_answers, "jq_worker: answers as jq_program does");
	RUN(test_long, "jq_worker: inputs and outputs longer than a socket holds");
	RUN(test_for_ever, "jq_worker: what runs for ever is ended, and not run again");
	RUN(test_strikes, "jq_worker: or only after so many times");
	RUN(test_memory, IS_SANITIZED
				 ? "jq_worker: memory # skip that of a sanitizer cannot be limited"
				 : "jq_worker: what eats all memory is ended");
	RUN(test_crash, IS_SANITIZED ? "jq_worker: crashes # skip a sanitizer ends otherwise"
				     : "jq_worker: what crashes libjq crashes nothing else");
	RUN(test_many_refused, "jq_worker: a bounded number is kept in mind");
	RUN(test_holds_nothing, "jq_worker: no environment, no descriptors, no files");
	RUN(test_other_children, "jq_worker: other children are not disturbed");
	RUN(test_signals, "jq_worker: signals for the owner, and an end from outside");
	RUN(test_owner_killed, "jq_worker: a killed owner leaves nothing behind");
	RUN(test_stopped, "jq_worker: one that is stopped is replaced");
	RUN(test_killed, "jq_worker: an end from outside is not held against the program");
	RUN(test_submitted, "jq_worker: without waiting");
	RUN(test_cannot_start, "jq_worker: what cannot be started");
	UNIT_DONE();
}
