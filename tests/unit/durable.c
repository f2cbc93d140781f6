/* durable - tickets, with an fdatasync that the test holds, counts and lets fail. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "durable.h"
#include "unit.h"

/* What fdatasync does, and how often it did. All under the mutex. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool held;      /* it does not return */
	unsigned calls; /* begun */
	int bad_fd;     /* fails with ${error} */
	int error;
	bool interrupted; /* the next call is */
	bool signals;     /* some signal is not blocked in the thread */
	bool endless;     /* pauses end only when they are ended */
	unsigned pauses;  /* begun */
} sync_ = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .bad_fd = -1};

int
fdatasync(int fd)
{
	int error = 0;
	sigset_t set;

	pthread_mutex_lock(&sync_.mutex);
	sync_.calls++;
	pthread_cond_broadcast(&sync_.changed);
	while (sync_.held)
		pthread_cond_wait(&sync_.changed, &sync_.mutex);
	if (sync_.interrupted)
		error = EINTR;
	else if (fd == sync_.bad_fd)
		error = sync_.error;
	sync_.interrupted = false;
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	if (!sigismember(&set, SIGINT) || !sigismember(&set, SIGTERM))
		sync_.signals = true;
	pthread_mutex_unlock(&sync_.mutex);
	if (error == 0)
		return (int)syscall(SYS_fdatasync, fd);
	errno = error;
	return -1;
}

/* Pauses that the test makes endless end when they are ended. */
int
pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	bool endless;

	pthread_mutex_lock(&sync_.mutex);
	endless = sync_.endless;
	sync_.pauses++;
	pthread_cond_broadcast(&sync_.changed);
	pthread_mutex_unlock(&sync_.mutex);
	return endless ? pthread_cond_wait(cond, mutex)
		       : pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, until);
}

static void
set_held(bool held)
{
	pthread_mutex_lock(&sync_.mutex);
	sync_.held = held;
	pthread_cond_broadcast(&sync_.changed);
	pthread_mutex_unlock(&sync_.mutex);
}

static void
set_endless(bool endless)
{
	pthread_mutex_lock(&sync_.mutex);
	sync_.endless = endless;
	sync_.pauses = 0;
	pthread_mutex_unlock(&sync_.mutex);
}

static void
set_bad(int fd, int error)
{
	pthread_mutex_lock(&sync_.mutex);
	sync_.bad_fd = fd;
	sync_.error = error;
	pthread_mutex_unlock(&sync_.mutex);
}

/* Wait for the ${n}th call. */
static void
await_calls(unsigned n)
{
	pthread_mutex_lock(&sync_.mutex);
	while (sync_.calls < n)
		pthread_cond_wait(&sync_.changed, &sync_.mutex);
	pthread_mutex_unlock(&sync_.mutex);
}

static void
await_pauses(unsigned n)
{
	pthread_mutex_lock(&sync_.mutex);
	while (sync_.pauses < n)
		pthread_cond_wait(&sync_.changed, &sync_.mutex);
	pthread_mutex_unlock(&sync_.mutex);
}

static unsigned
calls(void)
{
	unsigned n;

	pthread_mutex_lock(&sync_.mutex);
	n = sync_.calls;
	pthread_mutex_unlock(&sync_.mutex);
	return n;
}

static uint64_t
done(struct durable *d)
{
	uint64_t ticket;
	int fd;

	(void)durable_poll(d, &ticket, &fd);
	return ticket;
}

static int
error(struct durable *d, int *fd)
{
	uint64_t ticket;

	return durable_poll(d, &ticket, fd);
}

static bool
is_readable(const struct durable *d, int timeout_ms)
{
	struct pollfd p = {.fd = durable_fd(d), .events = POLLIN};

	return poll(&p, 1, timeout_ms) == 1;
}

/* Returns 0, or -1 with errno set if ${ticket} never becomes durable. */
static int
wait_for(struct durable *d, uint64_t ticket)
{
	uint64_t last;
	int fd;

	durable_hurry(d);
	while ((errno = durable_poll(d, &last, &fd)) == 0 && last < ticket)
		is_readable(d, -1);
	return last >= ticket ? 0 : -1;
}

static int
file(void)
{
	char path[] = "/tmp/wb-durable.XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	if (fd < 0) {
		perror("mkstemp");
		exit(1);
	}
	return fd;
}

static struct durable *
make(int fd)
{
	struct durable *d = durable_new();

	if (d == NULL || (fd >= 0 && durable_add(d, fd) != 0)) {
		perror("durable");
		exit(1);
	}
	pthread_mutex_lock(&sync_.mutex);
	sync_.calls = 0;
	pthread_mutex_unlock(&sync_.mutex);
	return d;
}

static void
one_commit(void)
{
	int fd = file(), which;
	struct durable *d = make(fd);
	uint64_t ticket;

	EXPECT(done(d) == 0 && error(d, &which) == 0 && !is_readable(d, 0));
	EXPECT(write(fd, "x", 1) == 1);
	ticket = durable_commit(d);
	EXPECT(ticket > 0);
	EXPECT(is_readable(d, -1));
	EXPECT(done(d) == ticket && !is_readable(d, 0));
	EXPECT(wait_for(d, ticket) == 0 && wait_for(d, 0) == 0);
	EXPECT(calls() == 1 && error(d, &which) == 0);
	durable_free(d);
	EXPECT(calls() == 1);
	close(fd);
}

/* Commits during an fdatasync wait for the next one, and nothing is called durable before. */
static void
group(void)
{
	int fd = file();
	struct durable *d = make(fd);
	uint64_t first, last = 0;

	set_held(true);
	first = durable_commit(d);
	await_calls(1);
	for (int i = 0; i < 100; i++) {
		uint64_t ticket = durable_commit(d);

		EXPECT(ticket > first && ticket > last);
		last = ticket;
	}
	EXPECT(done(d) == 0 && !is_readable(d, 0));
	set_held(false);
	EXPECT(wait_for(d, last) == 0 && done(d) == last);
	EXPECT(calls() == 2);
	durable_free(d);
	EXPECT(calls() == 2);
	close(fd);
}

/* While the second fdatasync is held, only what the first one covered is done. */
static void
covered_only(void)
{
	int fd = file();
	struct durable *d = make(fd);
	uint64_t first, second;

	first = durable_commit(d);
	EXPECT(wait_for(d, first) == 0);
	set_held(true);
	second = durable_commit(d);
	await_calls(2);
	EXPECT(done(d) == first && first < second);
	EXPECT(wait_for(d, first) == 0);
	set_held(false);
	EXPECT(wait_for(d, second) == 0);
	durable_free(d);
	close(fd);
}

/* A failed fdatasync is the last one. */
static void
failure(void)
{
	int good = file(), bad = file(), which = -2;
	struct durable *d = make(good);
	uint64_t first, second;

	EXPECT(durable_add(d, bad) == 0);
	first = durable_commit(d);
	EXPECT(wait_for(d, first) == 0 && done(d) == first);
	set_bad(bad, EIO);
	second = durable_commit(d);
	errno = 0;
	EXPECT(wait_for(d, second) == -1 && errno == EIO);
	EXPECT(error(d, &which) == EIO && which == bad && !is_readable(d, 0) && done(d) == first);
	set_bad(-1, 0);
	EXPECT(wait_for(d, durable_commit(d)) == -1 && done(d) == first);
	EXPECT(wait_for(d, first) == 0);
	EXPECT(error(d, &which) == EIO && which == bad && calls() == 4);
	durable_free(d);
	EXPECT(calls() == 4);
	close(good);
	close(bad);
}

/* What has nothing to make durable, and a call that a signal ended. */
static void
no_files(void)
{
	int fds[2], which, null = open("/dev/null", O_WRONLY);
	struct durable *d = make(-1);

	EXPECT(wait_for(d, durable_commit(d)) == 0 && calls() == 0);
	EXPECT(pipe(fds) == 0 && durable_add(d, fds[1]) == 0 && durable_add(d, null) == 0);
	EXPECT(wait_for(d, durable_commit(d)) == 0 && calls() == 2);
	pthread_mutex_lock(&sync_.mutex);
	sync_.interrupted = true;
	pthread_mutex_unlock(&sync_.mutex);
	EXPECT(wait_for(d, durable_commit(d)) == 0 && calls() == 5);
	set_bad(null, EROFS);
	EXPECT(wait_for(d, durable_commit(d)) == 0 && error(d, &which) == 0);
	set_bad(-1, 0);
	durable_free(d);
	close(fds[0]);
	close(fds[1]);
	close(null);
}

static void
limits(void)
{
	int fd = file();
	struct durable *d = make(-1);

	for (int i = 0; i < DURABLE_FILES_MAX; i++)
		EXPECT(durable_add(d, fd) == 0);
	errno = 0;
	EXPECT(durable_add(d, fd) == -1 && errno == ENOSPC);
	EXPECT(wait_for(d, durable_commit(d)) == 0 && calls() == DURABLE_FILES_MAX);
	durable_free(d);
	durable_free(make(fd)); /* no thread was ever started */
	durable_free(NULL);
	close(fd);
}

/* What is urged waits for no pause, also if it was urged while the fdatasync before it ran. */
static void
urged(void)
{
	int fd = file();
	struct durable *d = make(fd);
	uint64_t last;

	set_endless(true);
	set_held(true);
	durable_commit(d);
	await_calls(1);
	last = durable_commit(d);
	durable_urge(d);
	set_held(false);
	await_calls(2);
	while (done(d) < last)
		is_readable(d, -1);
	durable_commit(d);
	await_pauses(1);
	durable_urge(d);
	await_calls(3);
	set_endless(false);
	durable_free(d);
	close(fd);
}

/* What was committed is synced before the end. */
static void
freed_while_busy(void)
{
	int fd = file();
	struct durable *d = make(fd);

	set_held(true);
	durable_commit(d);
	await_calls(1);
	durable_commit(d);
	set_held(false);
	durable_free(d);
	EXPECT(calls() == 2);
	close(fd);
}

static void
many(void)
{
	int fd = file();
	struct durable *d = make(fd);
	uint64_t last = 0, seen = 0;

	for (int i = 0; i < 2000; i++) {
		uint64_t now;

		EXPECT(write(fd, "x", 1) == 1);
		last = durable_commit(d);
		now = done(d);
		EXPECT(now >= seen && now <= last);
		seen = now;
		if (i % 100 == 0)
			EXPECT(wait_for(d, last) == 0);
	}
	while (seen < last && is_readable(d, -1)) /* news comes until there is none to come */
		seen = done(d);
	EXPECT(seen == last && !is_readable(d, 0) && calls() <= 2000);
	durable_free(d);
	close(fd);
}

static void
signals(void)
{
	EXPECT(!sync_.signals);
}

int
main(void)
{
	RUN(one_commit, "a commit becomes durable, and poll tells");
	RUN(group, "commits during an fdatasync share the next");
	RUN(covered_only, "what was written during an fdatasync is not durable after it");
	RUN(failure, "after a failure nothing becomes durable");
	RUN(no_files, "pipes and devices hold nobody up");
	RUN(limits, "four files, and none");
	RUN(urged, "what is urged waits for no pause");
	RUN(freed_while_busy, "freeing waits for what was committed");
	RUN(many, "thousands of commits");
	RUN(signals, "no signal is taken in the thread");
	UNIT_DONE();
}
