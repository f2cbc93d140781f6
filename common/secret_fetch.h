/*
 * secret_fetch - names asked for, one place (secret_provider.h) after another, without waiting for
 * the programs among these: a few of them run side by side, the others have to wait.
 */
#ifndef WB_SECRET_FETCH_H
#define WB_SECRET_FETCH_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "secret_helper.h"
#include "secret_provider.h"

#define SECRET_HELPERS_MAX 4                          /* that run at the same time */
#define SECRET_FETCH_FDS_MAX (2 * SECRET_HELPERS_MAX) /* descriptors that are waited for */
#define SECRET_HELPER_LIMIT_MS 10000                  /* by default */

/* The error of a name that nobody knows. */
extern const char secret_fetch_not_found[];

/* A name that is asked for. */
struct secret_fetch {
	struct link link;
	const char *name; /* borrowed */
	const struct secret_provider *at;
	struct secret_helper helper;
	enum secret_status status; /* never SECRET_ABSENT */
	struct secret_value value; /* if FOUND; the owner's to take */
	const char *error;         /* if not; static, but for FAILED */
	char text[SECRET_HELPER_ERROR_MAX];
};

/* Those that are under way. */
struct secret_fetcher {
	struct link waiting, running;
	size_t nrunning;
	int64_t limit_ms;
	bool stopped;
};

/**
 * secret_fetcher_init(fr), secret_fetcher_release(fr):
 * None at first; what is under way is broken off and left to its owners, who release it.
 */
void secret_fetcher_init(struct secret_fetcher *fr);
void secret_fetcher_release(struct secret_fetcher *fr);

/**
 * secret_fetch_start(fr, f, providers, name):
 * Ask ${providers}, which may be none, for ${name}. ${f}->status is SECRET_PENDING if a program is
 * asked; then ${f} must stay until secret_fetcher_next has returned it.
 */
void secret_fetch_start(struct secret_fetcher *fr, struct secret_fetch *f,
	const struct secret_provider *providers, const char *name);

/**
 * secret_fetch_run(fr, f, providers, name):
 * The same, and wait until it is over; nothing else may be under way. Before SIGINT, SIGTERM or
 * SIGHUP ends the process, or is waited for elsewhere, the program is broken off.
 */
void secret_fetch_run(struct secret_fetcher *fr, struct secret_fetch *f,
	const struct secret_provider *providers, const char *name);

/**
 * secret_fetch_release(f):
 * Overwrite and give back what was not taken. ${f} is not under way any more.
 */
void secret_fetch_release(struct secret_fetch *f);

/**
 * secret_fetcher_next(fr):
 * Go on, without waiting. Returns one that is over, or NULL.
 */
struct secret_fetch *secret_fetcher_next(struct secret_fetcher *fr);

/**
 * secret_fetcher_poll(fr, fds, until_ms):
 * When secret_fetcher_next has something to do: when one of ${fds} is ready, or it is *${until_ms}
 * by clock_ms (-1: never). Returns how many of ${fds} are set: none, if nothing is under way.
 */
size_t secret_fetcher_poll(const struct secret_fetcher *fr, struct pollfd fds[SECRET_FETCH_FDS_MAX],
	int64_t *until_ms);

/**
 * secret_fetcher_stop(fr):
 * Break all off, and ask no program any more. They are over for secret_fetcher_next.
 */
void secret_fetcher_stop(struct secret_fetcher *fr);

#endif
