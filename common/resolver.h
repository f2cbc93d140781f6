/*
 * resolver - host names looked up beside the work at hand, by getaddrinfo in a few threads.
 *
 * A sender must see every address of a name before it connects to one, and must connect to what it
 * saw. Answers are kept for RESOLVER_TTL_SEC, failures for RESOLVER_FAILED_TTL_SEC. While all
 * threads are busy, as with names that hang, what was asked for last comes first: nobody may wait
 * for the others any more. All functions are to be called from one thread, the owner's.
 */
#ifndef WB_RESOLVER_H
#define WB_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define RESOLVER_TTL_SEC 60
#define RESOLVER_FAILED_TTL_SEC 5
#define RESOLVER_THREADS 32
#define RESOLVER_NAMES_MAX 1024   /* kept answers; what is under way does not count */
#define RESOLVER_WAITING_MAX 1024 /* that wait for a thread; of more the oldest is given up */
#define RESOLVER_ERROR_MAX 256    /* bytes of an error and a few words about it, NUL included */
#define RESOLVER_ADDRESSES_MAX 64 /* of one name; more are an error, since all must be checked */

struct resolver;

/* Owned by the resolver, valid until the next resolver_poll or _free; ${error} until any call. */
struct resolver_answer {
	const char *host;  /* as asked */
	const char *error; /* NULL, or why there is no address: mostly gai_strerror's text */
	bool is_shortage;  /* that is since something ran out here; it is not kept */
	const struct sockaddr_storage *addr; /* port 0 */
	size_t len;                          /* of addr; 0 with an error, else at least 1 */
};

/**
 * resolver_new():
 * Start nothing yet: threads start with the first look-up. Returns NULL with errno set when memory
 * or descriptors run out.
 */
struct resolver *resolver_new(void);

/**
 * resolver_free(r):
 * End without waiting for look-ups under way: they are abandoned, and their memory is freed when
 * they return or never, if the process ends first.
 */
void resolver_free(struct resolver *r);

/**
 * resolver_fd(r):
 * A descriptor, for poll(2) only, that is readable while resolver_poll has an answer to give.
 */
int resolver_fd(const struct resolver *r);

/**
 * resolver_ask(r, host, answer):
 * Look ${host} up (all addresses, stream sockets). Returns 1 and fills *${answer} if a fresh answer
 * is at hand; 0 if it will come through resolver_poll, once for all who asked meanwhile; -1, with
 * answer->error, when memory or threads run out. Never blocks. Earlier answers stay valid.
 */
int resolver_ask(struct resolver *r, const char *host, struct resolver_answer *answer);

/**
 * resolver_give_up(r, host, answer):
 * Say in *${answer} why there is none for ${host}, which was asked for and is waited for no more:
 * it takes too long, or, a shortage, all threads have been busy with other names. The answer may
 * still come.
 */
void resolver_give_up(struct resolver *r, const char *host, struct resolver_answer *answer);

/**
 * resolver_poll(r, answer):
 * Take one answer that has come. Returns 1, or 0 if none has. Never blocks.
 */
int resolver_poll(struct resolver *r, struct resolver_answer *answer);

#endif
