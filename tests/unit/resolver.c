/*
 * resolver - answers, the cache, and threads left behind.
 *
 * Names under .test are answered here, so that this needs no network; so is the time, which stands
 * still but when a case moves it. Others go on to the C library.
 */
#include "unit.h"
#include "resolver.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SEC 120 /* for what comes at once, unless it is broken */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What the stand-ins below saw, and what holds them up. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned lookups;
	unsigned entered, left; /* threads */
	unsigned running, peak; /* look-ups of slow names */
	bool shut;              /* slow names wait */
	unsigned passes;        /* so many of them do not */
	bool signals;           /* a worker takes signals */
} gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static struct addrinfo list[RESOLVER_ADDRESSES_MAX + 1];
static struct sockaddr_in list_addr[COUNT(list)];
static pthread_key_t thread_key;
static time_t now = 1000;

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){.tv_sec = now};
	return 0;
}

static void
thread_left(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&gate.mutex);
	gate.left++;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
}

static void
look_at_thread(void)
{
	sigset_t set;

	if (pthread_getspecific(thread_key) == NULL) {
		pthread_setspecific(thread_key, &gate);
		gate.entered++;
	}
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	if (!sigismember(&set, SIGTERM) || !sigismember(&set, SIGINT))
		gate.signals = true;
}

/* "slow*" waits while the gate is shut; "full*" has as many as allowed, "many*" one more. */
static struct addrinfo *
answer_test(const char *host)
{
	if (strncmp(host, "slow", 4) == 0) {
		if (++gate.running > gate.peak)
			gate.peak = gate.running;
		pthread_cond_broadcast(&gate.changed);
		while (gate.shut && gate.passes == 0)
			pthread_cond_wait(&gate.changed, &gate.mutex);
		gate.passes -= gate.shut;
		gate.running--;
	}
	if (strncmp(host, "many", 4) == 0)
		return &list[0];
	if (strncmp(host, "full", 4) == 0)
		return &list[1];
	return &list[COUNT(list) - 1];
}

int
getaddrinfo(const char *restrict host, const char *restrict service,
	const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	const char *test = strstr(host, ".test");

	pthread_mutex_lock(&gate.mutex);
	gate.lookups++;
	look_at_thread();
	if (test != NULL)
		*out = answer_test(host);
	pthread_mutex_unlock(&gate.mutex);
	memcpy(&real, &symbol, sizeof(real));
	return test != NULL ? 0 : real(host, service, hints, out);
}

void
freeaddrinfo(struct addrinfo *ai)
{
	void (*real)(struct addrinfo *);
	void *symbol = dlsym(RTLD_NEXT, "freeaddrinfo");

	memcpy(&real, &symbol, sizeof(real));
	if (ai < list || ai >= list + COUNT(list))
		real(ai);
}

static void
fill_list(void)
{
	for (size_t i = 0; i < COUNT(list); i++) {
		list_addr[i].sin_family = AF_INET;
		list_addr[i].sin_addr.s_addr = htonl(0x0a000000 + (unsigned)i);
		list[i].ai_family = AF_INET;
		list[i].ai_addr = (struct sockaddr *)&list_addr[i];
		list[i].ai_addrlen = sizeof(list_addr[i]);
		list[i].ai_next = i + 1 < COUNT(list) ? &list[i + 1] : NULL;
	}
}

static void
gate_set(bool shut)
{
	pthread_mutex_lock(&gate.mutex);
	gate.shut = shut;
	if (shut)
		gate.peak = 0;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
}

/* Let one of those that wait go on. */
static void
gate_let_one(void)
{
	pthread_mutex_lock(&gate.mutex);
	gate.passes++;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
}

/* Wait until ${n} slow look-ups are under way. */
static void
await_running(unsigned n)
{
	pthread_mutex_lock(&gate.mutex);
	while (gate.running < n)
		pthread_cond_wait(&gate.changed, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
}

/* Wait until no thread is left. */
static void
await_end(void)
{
	pthread_mutex_lock(&gate.mutex);
	while (gate.left < gate.entered)
		pthread_cond_wait(&gate.changed, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
}

static unsigned
lookups(void)
{
	unsigned n;

	pthread_mutex_lock(&gate.mutex);
	n = gate.lookups;
	pthread_mutex_unlock(&gate.mutex);
	return n;
}

static bool
readable(const struct resolver *r, int timeout_ms)
{
	struct pollfd pfd = {.fd = resolver_fd(r), .events = POLLIN};

	return poll(&pfd, 1, timeout_ms) == 1 && (pfd.revents & POLLIN) != 0;
}

/* Wait for one answer, an empty one if none comes. */
static int
await(struct resolver *r, struct resolver_answer *answer)
{
	*answer = (struct resolver_answer){0};
	return readable(r, PATIENCE_SEC * 1000) ? resolver_poll(r, answer) : -1;
}

static int
ask_numbered(struct resolver *r, const char *word, unsigned i)
{
	struct resolver_answer answer;
	char host[32];

	snprintf(host, sizeof(host), "%s%u.test", word, i);
	return resolver_ask(r, host, &answer);
}

static bool
is_ipv4(const struct sockaddr_storage *ss, unsigned long address)
{
	struct sockaddr_in in;

	memcpy(&in, ss, sizeof(in));
	return in.sin_family == AF_INET && in.sin_port == 0 && ntohl(in.sin_addr.s_addr) == address;
}

static bool
is_loopback(const struct sockaddr_storage *ss)
{
	struct sockaddr_in6 in6;

	memcpy(&in6, ss, sizeof(in6));
	return is_ipv4(ss, 0x7f000001) ||
	       (in6.sin6_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr));
}

static void
test_literal(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer;

	EXPECT(!readable(r, 0));
	EXPECT(resolver_poll(r, &answer) == 0);
	EXPECT(resolver_ask(r, "127.0.0.1", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	EXPECT_STR(answer.host, "127.0.0.1");
	EXPECT(answer.error == NULL);
	EXPECT(answer.len == 1 && is_ipv4(&answer.addr[0], 0x7f000001));
	EXPECT(!readable(r, 0));
	EXPECT(resolver_poll(r, &answer) == 0);
	resolver_free(r);
}

static void
test_localhost(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer;

	EXPECT(resolver_ask(r, "localhost", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	EXPECT(answer.error == NULL && answer.len >= 1);
	for (size_t i = 0; i < answer.len; i++)
		EXPECT(is_loopback(&answer.addr[i]));
	resolver_free(r);
}

static void
test_no_such_name(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer;

	EXPECT(resolver_ask(r, "no-such-name.invalid", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	EXPECT_STR(answer.host, "no-such-name.invalid");
	EXPECT(answer.error != NULL && answer.error[0] != '\0');
	EXPECT(answer.addr == NULL && answer.len == 0);
	now += RESOLVER_FAILED_TTL_SEC - 1;
	EXPECT(resolver_ask(r, "no-such-name.invalid", &answer) == 1);
	EXPECT(answer.error != NULL && answer.len == 0);
	now++;
	EXPECT(resolver_ask(r, "no-such-name.invalid", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	resolver_free(r);
}

/* As few descriptors as are open, and then as many as before. */
static void
test_shortage(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer;
	struct rlimit all, few;
	int fd = dup(0);

	EXPECT(fd >= 0 && getrlimit(RLIMIT_NOFILE, &all) == 0);
	close(fd);
	few = all;
	few.rlim_cur = (rlim_t)fd;
	EXPECT(setrlimit(RLIMIT_NOFILE, &few) == 0);
	EXPECT(resolver_ask(r, "no-such-name.invalid", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	EXPECT(answer.is_shortage && answer.len == 0);
	EXPECT(answer.error != NULL && strstr(answer.error, "ulimit -n") != NULL);
	EXPECT(setrlimit(RLIMIT_NOFILE, &all) == 0);
	/* it is not kept */
	EXPECT(resolver_ask(r, "no-such-name.invalid", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	EXPECT(answer.error != NULL && !answer.is_shortage);
	resolver_free(r);
}

static void
test_cache(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer, old = {0};
	unsigned before = lookups();

	EXPECT(resolver_ask(r, "name.test", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	now += RESOLVER_TTL_SEC - 1;
	EXPECT(resolver_ask(r, "name.test", &old) == 1);
	EXPECT_STR(old.host, "name.test");
	EXPECT(old.error == NULL && old.len == 1 && is_ipv4(&old.addr[0], 0x0a000040));
	EXPECT(lookups() == before + 1);
	now++;
	EXPECT(resolver_ask(r, "name.test", &answer) == 0);
	EXPECT(readable(r, PATIENCE_SEC * 1000));
	EXPECT(lookups() == before + 2);
	/* What was given out stays until the next poll. */
	EXPECT(old.len == 1 && is_ipv4(&old.addr[0], 0x0a000040));
	EXPECT(resolver_poll(r, &answer) == 1);
	EXPECT(answer.len == 1);
	resolver_free(r);
}

static void
test_pending(void)
{
	static const char *const order[] = {"a.test", "b.test"};
	struct resolver *r = resolver_new();
	struct resolver_answer answer;
	unsigned before = lookups();

	gate_set(true);
	for (unsigned i = 0; i < RESOLVER_THREADS - 1; i++)
		EXPECT(ask_numbered(r, "slow", i) == 0);
	await_running(RESOLVER_THREADS - 1);
	EXPECT(!readable(r, 0));
	/* Under way, and come but not taken. The one thread that is left keeps the order. */
	EXPECT(ask_numbered(r, "slow", 0) == 0);
	EXPECT(resolver_ask(r, "a.test", &answer) == 0);
	EXPECT(readable(r, PATIENCE_SEC * 1000));
	EXPECT(resolver_ask(r, "a.test", &answer) == 0);
	EXPECT(resolver_ask(r, "b.test", &answer) == 0);
	for (size_t i = 0; i < COUNT(order); i++) {
		EXPECT(await(r, &answer) == 1);
		EXPECT_STR(answer.host, order[i]);
		EXPECT(answer.len == 1);
	}
	EXPECT(resolver_poll(r, &answer) == 0);
	gate_set(false);
	for (unsigned i = 0; i < RESOLVER_THREADS - 1; i++)
		EXPECT(await(r, &answer) == 1);
	EXPECT(lookups() == before + RESOLVER_THREADS + 1);
	resolver_free(r);
}

static void
test_counts(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer;

	EXPECT(resolver_ask(r, "full.test", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	EXPECT(answer.error == NULL && answer.len == RESOLVER_ADDRESSES_MAX);
	for (size_t i = 0; i < answer.len; i++)
		EXPECT(is_ipv4(&answer.addr[i], 0x0a000001 + i));
	EXPECT(resolver_ask(r, "many.test", &answer) == 0);
	EXPECT(await(r, &answer) == 1);
	EXPECT_STR(answer.error, "more than 64 addresses");
	EXPECT(answer.addr == NULL && answer.len == 0);
	resolver_free(r);
}

static void
test_threads(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer;

	gate_set(true);
	for (unsigned i = 0; i < 3 * RESOLVER_THREADS; i++)
		EXPECT(ask_numbered(r, "slow", i) == 0);
	await_running(RESOLVER_THREADS);
	gate_set(false);
	for (unsigned i = 0; i < 3 * RESOLVER_THREADS; i++)
		EXPECT(await(r, &answer) == 1);
	EXPECT(gate.peak == RESOLVER_THREADS);
	EXPECT(!gate.signals);
	EXPECT(!readable(r, 0));
	resolver_free(r);
	await_end();
}

/* Names that hang are asked for by nobody any more when others are: those have their turn first. */
static void
test_newest(void)
{
	static const char *const order[] = {"a.test", "c.test", "b.test"};
	struct resolver *r = resolver_new();
	struct resolver_answer answer;

	gate_set(true);
	for (unsigned i = 0; i < RESOLVER_THREADS; i++)
		EXPECT(ask_numbered(r, "slow", i) == 0);
	await_running(RESOLVER_THREADS);
	EXPECT(resolver_ask(r, "a.test", &answer) == 0);
	EXPECT(resolver_ask(r, "b.test", &answer) == 0);
	EXPECT(resolver_ask(r, "c.test", &answer) == 0);
	/* whoever asks again waits for it still */
	EXPECT(resolver_ask(r, "a.test", &answer) == 0);
	/* only what has a thread takes long */
	resolver_give_up(r, "b.test", &answer);
	EXPECT(answer.is_shortage);
	EXPECT_STR(answer.error, "too many other names are being looked up");
	resolver_give_up(r, "slow0.test", &answer);
	EXPECT(!answer.is_shortage);
	EXPECT_STR(answer.error, "looking it up took too long");
	gate_let_one();
	EXPECT(await(r, &answer) == 1);
	EXPECT(strncmp(answer.host, "slow", 4) == 0);
	for (size_t i = 0; i < COUNT(order); i++) {
		EXPECT(await(r, &answer) == 1);
		EXPECT_STR(answer.host, order[i]);
	}
	gate_set(false);
	resolver_free(r);
	await_end();
}

/* More than can be under way do not wait: the oldest is given up. */
static void
test_too_many(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer;

	gate_set(true);
	for (unsigned i = 0; i < RESOLVER_THREADS; i++)
		EXPECT(ask_numbered(r, "slow", i) == 0);
	await_running(RESOLVER_THREADS);
	for (unsigned i = 0; i < RESOLVER_WAITING_MAX; i++)
		EXPECT(ask_numbered(r, "w", i) == 0);
	EXPECT(!readable(r, 0));
	EXPECT(ask_numbered(r, "w", RESOLVER_WAITING_MAX) == 0);
	EXPECT(readable(r, 0) && resolver_poll(r, &answer) == 1);
	EXPECT_STR(answer.host, "w0.test");
	EXPECT(answer.is_shortage && answer.len == 0);
	EXPECT_STR(answer.error, "too many other names are being looked up");
	EXPECT(!readable(r, 0));
	gate_set(false);
	resolver_free(r);
	await_end();
}

static void
test_bounds(void)
{
	struct resolver *r = resolver_new();
	struct resolver_answer answer;

	EXPECT(ask_numbered(r, "n", 0) == 0);
	EXPECT(await(r, &answer) == 1);
	now++;
	for (unsigned i = 1; i < RESOLVER_NAMES_MAX; i++)
		EXPECT(ask_numbered(r, "n", i) == 0);
	for (unsigned i = 1; i < RESOLVER_NAMES_MAX; i++)
		EXPECT(await(r, &answer) == 1);
	EXPECT(ask_numbered(r, "n", 0) == 1);
	EXPECT(ask_numbered(r, "n", RESOLVER_NAMES_MAX) == 0);
	EXPECT(await(r, &answer) == 1);
	for (unsigned i = 1; i <= RESOLVER_NAMES_MAX; i++)
		EXPECT(ask_numbered(r, "n", i) == 1);
	EXPECT(ask_numbered(r, "n", 0) == 0);
	resolver_free(r);
}

static void
test_abandon(void)
{
	struct resolver *r = resolver_new();
	unsigned before = lookups();

	resolver_free(NULL);
	gate_set(true);
	for (unsigned i = 0; i <= RESOLVER_THREADS; i++)
		EXPECT(ask_numbered(r, "slow", i) == 0);
	await_running(RESOLVER_THREADS);
	resolver_free(r);
	gate_set(false);
	await_end();
	/* The one that had not begun never will. */
	EXPECT(lookups() == before + RESOLVER_THREADS);
}

int
main(void)
{
	fill_list();
	pthread_key_create(&thread_key, thread_left);
	alarm(2 * PATIENCE_SEC);
	/* Without a network the failure should not take long. */
	setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
	RUN(test_literal, "an address literal");
	RUN(test_localhost, "localhost");
	RUN(test_no_such_name, "a name that does not exist, and how long that is remembered");
	RUN(test_shortage, "resolver: descriptors that run out are no answer about a name");
	RUN(test_cache, "the cache, and its expiry");
	RUN(test_pending, "one answer for all who asked meanwhile");
	RUN(test_counts, "as many addresses as allowed, and one more");
	RUN(test_threads, "four threads, deaf to signals");
	RUN(test_newest, "those that were asked for last come first");
	RUN(test_too_many, "the oldest of too many that wait is given up");
	RUN(test_bounds, "a cache of 1024 names, the oldest of which goes");
	RUN(test_abandon, "look-ups left behind");
	UNIT_DONE();
}
