#include "resolver.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "self_pipe.h"
#include "shortage.h"

#define BUCKETS 1024

static const char too_many[] = "more than 64 addresses";
static const char no_room[] =
	"it cannot be looked up without descriptors and memory; " SHORTAGE_ADVICE;

static const char no_memory[] = "out of memory";
static const char no_thread[] = "no thread can be started for that";
static const char too_late[] = "looking it up took too long";
static const char too_many_wait[] = "too many other names are being looked up";

/* What came of a look-up. */
struct result {
	struct sockaddr_storage *addr; /* owned */
	size_t len;
	int gai;           /* 0, or getaddrinfo's error */
	const char *error; /* NULL, or an error of our own */
	bool is_shortage;
};

/* A name that was asked for. Only the owner's thread knows of it. */
struct entry {
	struct entry *next; /* in its bucket */
	uint64_t hash;
	bool pending;
	int64_t expires; /* second of the monotonic clock */
	struct result result;
	char host[];
};

/* A look-up. It knows its name by heart, for it may outlive the entry. */
struct job {
	struct job *next;
	struct entry *entry; /* for the owner only */
	struct result result;
	char host[];
};

struct queue {
	struct job *first, **last;
	size_t len;
};

/* What the owner and its workers share; the last one to leave frees it. All under the mutex. */
struct shared {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	unsigned refs;    /* the owner and the workers */
	unsigned workers; /* of these, the workers */
	unsigned idle;    /* of these, waiting */
	bool abandoned;   /* the owner has left, and closed the pipe */
	struct queue asked, done;
	struct self_pipe news; /* full while done is not empty */
};

struct resolver {
	struct shared *shared;
	size_t kept; /* entries that are not pending */
	struct entry *buckets[BUCKETS];
};

static void
queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->len = 0;
}

static void
queue_put(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	q->len++;
}

static void
queue_put_first(struct queue *q, struct job *job)
{
	if ((job->next = q->first) == NULL)
		q->last = &job->next;
	q->first = job;
	q->len++;
}

/* Take out the one after ${at}, which points into ${q}. */
static struct job *
queue_take_at(struct queue *q, struct job **at)
{
	struct job *job = *at;

	if ((*at = job->next) == NULL)
		q->last = at;
	q->len--;
	return job;
}

static struct job *
queue_take(struct queue *q)
{
	return q->first != NULL ? queue_take_at(q, &q->first) : NULL;
}

static void
job_free(struct job *job)
{
	if (job != NULL)
		free(job->result.addr);
	free(job);
}

static void
queue_release(struct queue *q)
{
	struct job *job;

	while ((job = queue_take(q)) != NULL)
		job_free(job);
}

static struct shared *
shared_new(void)
{
	struct shared *sh = calloc(1, sizeof(*sh));

	if (sh == NULL)
		return NULL;
	sh->refs = 1;
	queue_init(&sh->asked);
	queue_init(&sh->done);
	if (self_pipe_open(&sh->news) != 0)
		goto no_pipe;
	if ((errno = pthread_mutex_init(&sh->mutex, NULL)) != 0)
		goto no_mutex;
	if ((errno = pthread_cond_init(&sh->wake, NULL)) != 0)
		goto no_cond;
	return sh;
no_cond:
	pthread_mutex_destroy(&sh->mutex);
no_mutex:
	self_pipe_close(&sh->news);
no_pipe:
	free(sh);
	return NULL;
}

/* Leave ${sh}, whose mutex is held. */
static void
shared_leave(struct shared *sh)
{
	bool last = --sh->refs == 0;

	pthread_mutex_unlock(&sh->mutex);
	if (!last)
		return;
	queue_release(&sh->asked);
	queue_release(&sh->done);
	pthread_cond_destroy(&sh->wake);
	pthread_mutex_destroy(&sh->mutex);
	free(sh);
}

/* Copy the addresses of ${list}, all or none. */
static void
copy_addresses(struct result *result, const struct addrinfo *list)
{
	size_t n = 0;

	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
		n++;
	if (n == 0) {
		result->gai = EAI_NONAME;
		return;
	}
	if (n > RESOLVER_ADDRESSES_MAX) {
		result->error = too_many;
		return;
	}
	if ((result->addr = calloc(n, sizeof(*result->addr))) == NULL) {
		result->gai = EAI_MEMORY;
		return;
	}
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		size_t len = (size_t)ai->ai_addrlen;

		/* None is longer; one that was would be cut, and its family refused. */
		if (len > sizeof(*result->addr))
			len = sizeof(*result->addr);
		memcpy(&result->addr[result->len++], ai->ai_addr, len);
	}
}

static void
look_up(struct job *job)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;

	job->result.gai = getaddrinfo(job->host, NULL, &hints, &list);
	if (job->result.gai != 0) {
		/* The C library takes files that it cannot open for some without the name. */
		job->result.is_shortage = job->result.gai == EAI_MEMORY || shortage_is_here();
		return;
	}
	copy_addresses(&job->result, list);
	if (list != NULL)
		freeaddrinfo(list);
}

/* ${job} can be polled; the mutex is held. */
static void
done(struct shared *sh, struct job *job)
{
	queue_put(&sh->done, job);
	self_pipe_fill(&sh->news);
}

static void *
work(void *arg)
{
	struct shared *sh = arg;
	struct job *job;

	pthread_mutex_lock(&sh->mutex);
	while (!sh->abandoned) {
		if ((job = queue_take(&sh->asked)) == NULL) {
			sh->idle++;
			pthread_cond_wait(&sh->wake, &sh->mutex);
			sh->idle--;
			continue;
		}
		pthread_mutex_unlock(&sh->mutex);
		look_up(job);
		pthread_mutex_lock(&sh->mutex);
		if (sh->abandoned) {
			job_free(job);
			break;
		}
		done(sh, job);
	}
	shared_leave(sh);
	return NULL;
}

/* Start a worker; the mutex of ${sh} is held. Signals are for the owner. */
static int
start_worker(struct shared *sh)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int error;

	if (pthread_attr_init(&attr) != 0)
		return -1;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, &attr, work, sh);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (error != 0)
		return -1;
	sh->refs++;
	sh->workers++;
	return 0;
}

/* Hand ${job} to the workers. Fewer of them than wanted will do, none will not. */
static int
submit(struct shared *sh, struct job *job)
{
	struct job **at = &sh->asked.first, *oldest;
	int status = 0;

	pthread_mutex_lock(&sh->mutex);
	if (sh->asked.len >= sh->idle && sh->workers < RESOLVER_THREADS && start_worker(sh) != 0 &&
		sh->workers == 0)
		status = -1;
	else
		queue_put_first(&sh->asked, job);
	if (sh->asked.len > RESOLVER_WAITING_MAX) {
		while ((*at)->next != NULL)
			at = &(*at)->next;
		oldest = queue_take_at(&sh->asked, at);
		oldest->result.error = too_many_wait;
		oldest->result.is_shortage = true;
		done(sh, oldest);
	}
	pthread_cond_signal(&sh->wake);
	pthread_mutex_unlock(&sh->mutex);
	return status;
}

/* Where the job of ${e} stands in the queue, at the end if it does not; the mutex is held. */
static struct job **
find_asked(struct shared *sh, const struct entry *e)
{
	struct job **at = &sh->asked.first;

	while (*at != NULL && (*at)->entry != e)
		at = &(*at)->next;
	return at;
}

/* ${e} is asked for once more: if it waits still, it is the next one. */
static void
submit_again(struct shared *sh, const struct entry *e)
{
	struct job **at;

	pthread_mutex_lock(&sh->mutex);
	at = find_asked(sh, e);
	if (*at != NULL)
		queue_put_first(&sh->asked, queue_take_at(&sh->asked, at));
	pthread_mutex_unlock(&sh->mutex);
}

static int64_t
now_sec(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec;
}

static void
entry_free(struct entry *e)
{
	free(e->result.addr);
	free(e);
}

static void
fill_answer(const struct entry *e, struct resolver_answer *answer)
{
	*answer = (struct resolver_answer){.host = e->host,
		.error = e->result.error,
		.is_shortage = e->result.is_shortage,
		.addr = e->result.addr,
		.len = e->result.len};
	/* Here, since in some C libraries this text lasts until the next call in the thread. */
	if (e->result.gai != 0)
		answer->error = gai_strerror(e->result.gai);
	if (e->result.is_shortage && e->result.error == NULL)
		answer->error = no_room;
}

/* The entry of ${host}, a new one if there is none yet. NULL when memory ran out. */
static struct entry *
find(struct resolver *r, const char *host)
{
	size_t len = strlen(host);
	uint64_t hash = hash_bytes(host, len);
	struct entry **at = &r->buckets[hash % BUCKETS], *e;

	for (e = *at; e != NULL; e = e->next)
		if (e->hash == hash && strcmp(e->host, host) == 0)
			return e;
	if ((e = calloc(1, sizeof(*e) + len + 1)) == NULL)
		return NULL;
	memcpy(e->host, host, len + 1);
	e->hash = hash;
	e->expires = INT64_MIN;
	e->next = *at;
	r->kept++;
	return *at = e;
}

/* Drop the entry that is first to expire, or has long done so. False if there is none to drop. */
static bool
evict(struct resolver *r)
{
	struct entry **victim = NULL, *e;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct entry **at = &r->buckets[i]; *at != NULL; at = &(*at)->next)
			if (!(*at)->pending &&
				(victim == NULL || (*at)->expires < (*victim)->expires))
				victim = at;
	if (victim == NULL)
		return false;
	e = *victim;
	*victim = e->next;
	entry_free(e);
	r->kept--;
	return true;
}

struct resolver *
resolver_new(void)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (r != NULL && (r->shared = shared_new()) == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
resolver_free(struct resolver *r)
{
	struct shared *sh;
	struct entry *e;

	if (r == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while ((e = r->buckets[i]) != NULL) {
			r->buckets[i] = e->next;
			entry_free(e);
		}
	}
	sh = r->shared;
	free(r);
	pthread_mutex_lock(&sh->mutex);
	sh->abandoned = true;
	self_pipe_close(&sh->news);
	pthread_cond_broadcast(&sh->wake);
	shared_leave(sh);
}

int
resolver_fd(const struct resolver *r)
{
	return r->shared->news.fds[0];
}

int
resolver_ask(struct resolver *r, const char *host, struct resolver_answer *answer)
{
	size_t size = strlen(host) + 1;
	struct entry *e = find(r, host);
	struct job *job;

	*answer = (struct resolver_answer){.host = host, .error = no_memory};
	if (e == NULL)
		return -1;
	if (e->pending) {
		submit_again(r->shared, e);
		return 0;
	}
	if (now_sec() < e->expires) {
		fill_answer(e, answer);
		return 1;
	}
	if ((job = calloc(1, sizeof(*job) + size)) == NULL)
		return -1;
	memcpy(job->host, host, size);
	job->entry = e;
	if (submit(r->shared, job) != 0) {
		job_free(job);
		answer->error = no_thread;
		return -1;
	}
	/* What it has stays until the new answer is taken: the owner may be looking at it. */
	e->pending = true;
	r->kept--;
	return 0;
}

void
resolver_give_up(struct resolver *r, const char *host, struct resolver_answer *answer)
{
	const struct entry *e = find(r, host);
	struct shared *sh = r->shared;

	*answer = (struct resolver_answer){.host = host, .error = too_late};
	if (e == NULL)
		return;
	pthread_mutex_lock(&sh->mutex);
	answer->is_shortage = *find_asked(sh, e) != NULL;
	pthread_mutex_unlock(&sh->mutex);
	if (answer->is_shortage)
		answer->error = too_many_wait;
}

int
resolver_poll(struct resolver *r, struct resolver_answer *answer)
{
	struct shared *sh = r->shared;
	struct job *job;
	struct entry *e;

	pthread_mutex_lock(&sh->mutex);
	if ((job = queue_take(&sh->done)) != NULL && sh->done.len == 0)
		self_pipe_empty(&sh->news);
	pthread_mutex_unlock(&sh->mutex);
	if (job == NULL)
		return 0;
	while (r->kept >= RESOLVER_NAMES_MAX && evict(r))
		continue;
	e = job->entry;
	free(e->result.addr);
	e->result = job->result;
	job->result.addr = NULL;
	job_free(job);
	e->pending = false;
	e->expires = now_sec() + (e->result.len != 0 ? RESOLVER_TTL_SEC : RESOLVER_FAILED_TTL_SEC);
	if (e->result.is_shortage)
		e->expires = INT64_MIN;
	r->kept++;
	fill_answer(e, answer);
	return 1;
}
