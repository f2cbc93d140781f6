#include "durable.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "portable.h"
#include "self_pipe.h"

/*
 * Each fdatasync costs the same whatever it covers, and while it runs, writing to the file may
 * wait. So there is a pause between two, in which more comes together: a multiple of what the last
 * one took, within limits.
 */
#define PAUSE_MIN_US 50000
#define PAUSE_MAX_US 500000
#define PAUSE_FACTOR 9

struct durable {
	pthread_mutex_t mutex; /* over all that follows but the pipe and the thread */
	pthread_cond_t asked_more;
	uint64_t asked, done; /* tickets */
	uint64_t urged;       /* without a pause up to this one */
	int fds[DURABLE_FILES_MAX];
	size_t nfds;
	int error, error_fd;
	bool ending;
	bool hurried; /* the owner does nothing but wait: no pauses */
	int64_t pause_until_us;
	struct self_pipe news; /* full: since the last durable_poll */
	bool started;
	pthread_t thread;
};

/* A condition; on Linux, its times are those of clock_us. Returns 0 or an errno. */
static int
init_timed(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int error = pthread_condattr_init(&attr);

	if (error != 0)
		return error;
#if PORTABLE_LINUX
	error = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
#endif
	if (error == 0)
		error = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return error;
}

struct durable *
durable_new(void)
{
	struct durable *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	if (self_pipe_open(&d->news) != 0)
		goto no_pipe;
	if ((errno = pthread_mutex_init(&d->mutex, NULL)) != 0)
		goto no_mutex;
	if ((errno = init_timed(&d->asked_more)) == 0)
		return d;
	pthread_mutex_destroy(&d->mutex);
no_mutex:
	self_pipe_close(&d->news);
no_pipe:
	free(d);
	return NULL;
}

void
durable_free(struct durable *d)
{
	if (d == NULL)
		return;
	if (d->started) {
		pthread_mutex_lock(&d->mutex);
		d->ending = true;
		pthread_cond_signal(&d->asked_more);
		pthread_mutex_unlock(&d->mutex);
		pthread_join(d->thread, NULL);
	}
	pthread_cond_destroy(&d->asked_more);
	pthread_mutex_destroy(&d->mutex);
	self_pipe_close(&d->news);
	free(d);
}

/* Make ${fd} durable. Returns 0 or an errno. */
static int
sync_file(int fd)
{
	while (portable_sync(fd) != 0) {
		if (errno == EINVAL || errno == EROFS)
			return 0; /* nothing that could be lost */
		if (errno != EINTR)
			return errno;
	}
	return 0;
}

/*
 * From clock_us to the clock of the condition. Where that one can be set meanwhile, a pause is
 * shorter or longer once, and whoever is urged does not wait for its end.
 */
static int64_t
pause_offset_us(void)
{
#if PORTABLE_LINUX
	return 0;
#else
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 - clock_us();
#endif
}

/* Wait until the pause is over or nobody wants it any more. The mutex is held. */
static bool
is_pausing(struct durable *d)
{
	const int64_t until_us = d->pause_until_us + pause_offset_us();
	const struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
		.tv_nsec = (long)(until_us % 1000000) * 1000};

	if (d->ending || d->hurried || d->urged > d->done || clock_us() >= d->pause_until_us)
		return false;
	pthread_cond_timedwait(&d->asked_more, &d->mutex, &until);
	return true;
}

/*
 * The tickets are noted before the fdatasync: what is written and committed while it runs may be on
 * the disk afterwards, or not.
 */
static void *
work(void *arg)
{
	struct durable *d = arg;

	pthread_mutex_lock(&d->mutex);
	while (d->error == 0) {
		uint64_t ticket = d->asked;
		int64_t began_us, pause_us;
		int error = 0;
		size_t i;

		if (ticket == d->done) {
			if (d->ending)
				break;
			pthread_cond_wait(&d->asked_more, &d->mutex);
			continue;
		}
		if (is_pausing(d))
			continue;
		began_us = clock_us();
		for (i = 0; i < d->nfds && error == 0; i++) {
			int fd = d->fds[i];

			pthread_mutex_unlock(&d->mutex);
			error = sync_file(fd);
			pthread_mutex_lock(&d->mutex);
			if (error != 0)
				d->error_fd = fd;
		}
		pause_us = (clock_us() - began_us) * PAUSE_FACTOR;
		pause_us = pause_us < PAUSE_MIN_US   ? PAUSE_MIN_US
			   : pause_us > PAUSE_MAX_US ? PAUSE_MAX_US
						     : pause_us;
		d->pause_until_us = clock_us() + pause_us;
		d->error = error;
		if (error == 0)
			d->done = ticket;
		self_pipe_fill(&d->news);
	}
	pthread_mutex_unlock(&d->mutex);
	return NULL;
}

/* Signals are the owner's. Returns 0 or an errno. */
static int
start(struct durable *d)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&d->thread, NULL, work, d);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	d->started = error == 0;
	return error;
}

int
durable_add(struct durable *d, int fd)
{
	int status = -1;

	pthread_mutex_lock(&d->mutex);
	if (d->nfds < DURABLE_FILES_MAX) {
		d->fds[d->nfds++] = fd;
		status = 0;
	}
	pthread_mutex_unlock(&d->mutex);
	if (status != 0)
		errno = ENOSPC;
	return status;
}

uint64_t
durable_commit(struct durable *d)
{
	uint64_t ticket;

	pthread_mutex_lock(&d->mutex);
	ticket = ++d->asked;
	if (!d->started && d->error == 0 && (d->error = start(d)) != 0) {
		d->error_fd = -1;
		self_pipe_fill(&d->news);
	}
	pthread_cond_signal(&d->asked_more);
	pthread_mutex_unlock(&d->mutex);
	return ticket;
}

void
durable_urge(struct durable *d)
{
	pthread_mutex_lock(&d->mutex);
	d->urged = d->asked;
	pthread_cond_signal(&d->asked_more);
	pthread_mutex_unlock(&d->mutex);
}

void
durable_hurry(struct durable *d)
{
	pthread_mutex_lock(&d->mutex);
	d->hurried = true;
	pthread_cond_signal(&d->asked_more);
	pthread_mutex_unlock(&d->mutex);
}

int
durable_fd(const struct durable *d)
{
	return d->news.fds[0];
}

/* All at once: who takes the byte out of the pipe must know what it was written for. */
int
durable_poll(struct durable *d, uint64_t *done, int *fd)
{
	int error;

	pthread_mutex_lock(&d->mutex);
	*done = d->done;
	*fd = d->error_fd;
	error = d->error;
	self_pipe_empty(&d->news);
	pthread_mutex_unlock(&d->mutex);
	return error;
}
