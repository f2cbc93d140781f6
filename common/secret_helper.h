/*
 * secret_helper - one run of a program that is asked for a secret (secret_command.h): what it
 * prints, for as long as it may take, and how it ends.
 *
 * It is over when the program has ended, whatever else holds its output open then. What of its
 * process group still runs when it is broken off, is late or prints too much is killed. Nothing is
 * printed here; no other children of the process are waited for.
 */
#ifndef WB_SECRET_HELPER_H
#define WB_SECRET_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "secret_command.h"
#include "secret_value.h"
#include "strbuf.h"

#define SECRET_HELPER_ABSENT 66 /* exit status: there is no such secret [sysexits.h, EX_NOINPUT] */
#define SECRET_HELPER_SAID_MAX 4096 /* bytes of its standard error that are kept, the last ones */
#define SECRET_HELPER_ERROR_MAX 192 /* bytes of a message, NUL included */

enum secret_helper_end {
	SECRET_HELPER_RUNS,
	SECRET_HELPER_ENDED, /* by itself */
	SECRET_HELPER_LATE,
	SECRET_HELPER_TOO_MUCH, /* was printed */
	SECRET_HELPER_BROKEN_OFF
};

/* All zero: none. */
struct secret_helper {
	const struct secret_command *command; /* borrowed */
	enum secret_helper_end end;
	int status; /* as of waitpid, if ENDED */
	pid_t pid;
	int out, err; /* its standard output and error; -1: at their end */
	int64_t limit_ms, until_ms, look_ms, pause_ms;
	struct secret_intake intake;
	struct strbuf said; /* on standard error */
};

/**
 * secret_helper_start(h, command, name, limit_ms):
 * Ask for the secret ${name}. Returns 0, or -1 with errno set.
 */
int secret_helper_start(struct secret_helper *h, const struct secret_command *command,
	const char *name, int64_t limit_ms);

/**
 * secret_helper_go_on(h):
 * Take what has come, without waiting. Returns whether it is over.
 */
bool secret_helper_go_on(struct secret_helper *h);

/**
 * secret_helper_until_ms(h):
 * When, by clock_ms, to go on even if neither h->out nor h->err has anything to read.
 */
int64_t secret_helper_until_ms(const struct secret_helper *h);

/**
 * secret_helper_break_off(h):
 * It is over now.
 */
void secret_helper_break_off(struct secret_helper *h);

/**
 * secret_helper_take(h, value, error):
 * What became of one that is over: 0 with ${value}, which was empty, filled; SECRET_ABSENT if it
 * has no such secret; SECRET_SHORTAGE when memory runs out; or SECRET_FAILED with the reason in
 * ${error}, which names the program.
 */
enum secret_status secret_helper_take(const struct secret_helper *h, struct secret_value *value,
	char error[SECRET_HELPER_ERROR_MAX]);

/**
 * secret_helper_release(h):
 * Break it off if it is not over, and overwrite what it printed.
 */
void secret_helper_release(struct secret_helper *h);

#endif
