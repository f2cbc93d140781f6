/* secret_fetch - programs that are asked for secrets, as a store runs them. */
#include "secret_fetch.h"
#include "diag.h"
#include "secret_store.h"
#include "unit.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A store of a helper whose text is ${script}, and after it the environment. */
static void
open_helper(const char *script)
{
	char text[512];

	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	put("helper", text, strlen(text), 0700);
	snprintf(text, sizeof(text), "exec:%s/helper", dir);
	open_store(text);
	EXPECT(secret_store_add(store, "env") == 0);
}

/* How often the helper wrote a line into the file "asked", which is then removed. */
static int
times_asked(void)
{
	FILE *f = fopen(in_dir("asked"), "r");
	int n = 0, c;

	while (f != NULL && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f != NULL)
		fclose(f);
	unlink(in_dir("asked"));
	return n;
}

static void
helpers_are_asked_once(void)
{
	char script[512];

	setenv("WB_ENV", "env", 1);
	unsetenv("WB_NONE");
	snprintf(script, sizeof(script), "echo >>%s/asked; case $1 in %s; esac", dir,
		"WB_ENV | WB_NONE) exit 66;; WB_BAD) exit 1;; *) echo value of $1");
	open_helper(script);
	secret_store_set_limit(store, 60000);
	for (int i = 0; i < 3; i++) {
		EXPECT_STR(get("WB_ONE", NULL), "value of WB_ONE");
		EXPECT_STR(get("WB_ENV", NULL), "env");
		EXPECT_STR(get("WB_NONE", NULL), "(not found)");
		EXPECT(strstr(get("WB_BAD", NULL), "/helper' ended with status 1)") != NULL);
	}
	EXPECT(times_asked() == 4);
	/* a name that is refused is not even asked for */
	secret_store_bound_only(store);
	EXPECT_STR(get("WB_OTHER", NULL), "(is not bound to a host)");
	EXPECT_STR(get("WB-OTHER", NULL), "(is not bound to a host)");
	EXPECT(times_asked() == 0);
	close_store();
	unlink(in_dir("helper"));
}

/* A failure is kept for as long as a helper may take. */
static void
failures_pass(void)
{
	char script[512];
	int status;

	snprintf(script, sizeof(script), "[ -e %s/there ] && echo value", dir);
	open_helper(script);
	EXPECT(secret_store_pause_ms(store) == SECRET_PAUSE_MAX_MS);
	secret_store_set_limit(store, 3600000);
	EXPECT(secret_store_pause_ms(store) == SECRET_PAUSE_MAX_MS);
	secret_store_set_limit(store, 1000);
	EXPECT(secret_store_pause_ms(store) == 1000);
	EXPECT(strstr(get("WB_ONE", NULL), "/helper' ended with status 1)") != NULL);
	put("there", "", 0, 0600);
	do {
		struct secret value;
		const char *error;

		status = secret_get(store, "WB_ONE", 6, NULL, &value, &error);
	} while (status == SECRET_FAILED);
	EXPECT(status == SECRET_FOUND);
	close_store();
	unlink(in_dir("there"));
	unlink(in_dir("helper"));
}

/* Go on until ${n} more look-ups are over. */
static void
await(int n)
{
	while (n > 0) {
		struct pollfd fds[SECRET_FDS_MAX];
		int64_t until_ms;
		size_t nfds;

		if (secret_store_next(store)) {
			n--;
			continue;
		}
		nfds = secret_store_poll(store, fds, &until_ms);
		EXPECT(until_ms >= 0);
		poll(fds, (nfds_t)nfds, until_ms < 0 ? -1 : 1);
	}
}

/* More names than helpers may run; none is waited for. */
static void
helpers_side_by_side(void)
{
	char name[32];
	struct pollfd fds[SECRET_FDS_MAX];
	int64_t until_ms;

	setenv("WB_ENV", "env", 1);
	open_helper("case $1 in WB_ENV) exit 66;; esac; echo $1");
	secret_store_go_on(store);
	EXPECT(secret_store_poll(store, fds, &until_ms) == 0 && until_ms == -1);
	for (int i = 0; i < 3 * SECRET_HELPERS_MAX; i++) {
		snprintf(name, sizeof(name), "WB_%d", i);
		EXPECT_STR(get(name, NULL), "(is being looked up)");
		EXPECT_STR(get(name, NULL), "(is being looked up)");
	}
	EXPECT_STR(get("WB_ENV", NULL), "(is being looked up)");
	EXPECT(secret_store_poll(store, fds, &until_ms) == SECRET_FDS_MAX && until_ms >= 0);
	await(3 * SECRET_HELPERS_MAX + 1);
	EXPECT(!secret_store_next(store));
	for (int i = 0; i < 3 * SECRET_HELPERS_MAX; i++) {
		snprintf(name, sizeof(name), "WB_%d", i);
		EXPECT_STR(get(name, NULL), name);
	}
	EXPECT_STR(get("WB_ENV", NULL), "env");
	close_store();
	unlink(in_dir("helper"));
}

/* After a stop, and with the end of the store, none is left. */
static void
helpers_are_stopped(void)
{
	char name[32];

	for (int stops = 0; stops < 2; stops++) {
		open_helper("exec sleep 1000");
		secret_store_go_on(store);
		for (int i = 0; i < 2 * SECRET_HELPERS_MAX; i++) {
			snprintf(name, sizeof(name), "WB_%d", i);
			EXPECT_STR(get(name, NULL), "(is being looked up)");
		}
		if (stops) {
			secret_store_stop(store);
			await(2 * SECRET_HELPERS_MAX);
			EXPECT(strstr(get("WB_0", NULL), "/helper' was broken off)") != NULL);
			EXPECT_STR(get("WB_7", NULL), "(is not looked up any more)");
			EXPECT_STR(get("WB_NEW", NULL), "(is not looked up any more)");
		}
		close_store();
		EXPECT(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
	}
	unlink(in_dir("helper"));
}

/* That a helper cannot be started for lack of descriptors says nothing of the secret. */
static void
helper_shortages(void)
{
	struct rlimit limit, none;
	struct secret value;
	const char *error;

	open_helper("echo value");
	EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (rlim_t n = 3; n < 8; n++) {
		none = (struct rlimit){.rlim_cur = n, .rlim_max = limit.rlim_max};
		EXPECT(setrlimit(RLIMIT_NOFILE, &none) == 0);
		EXPECT(secret_get(store, "WB_ONE", 6, NULL, &value, &error) == SECRET_SHORTAGE);
		EXPECT_STR(error,
			"helper cannot be started: no more processes, memory or descriptors");
	}
	EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	EXPECT_STR(get("WB_ONE", NULL), "value");
	close_store();
	EXPECT(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
	unlink(in_dir("helper"));
}

int
main(void)
{
	diag_init("unit");
	if (mkdtemp(dir) == NULL)
		return 1;
	RUN(helpers_are_asked_once, "asked once a name, in their turn");
	RUN(failures_pass, "a failure is not for ever");
	RUN(helpers_side_by_side, "some side by side, none waited for");
	RUN(helpers_are_stopped, "none is left behind");
	RUN(helper_shortages, "lack of descriptors is no answer");
	rmdir(dir);
	UNIT_DONE();
}
