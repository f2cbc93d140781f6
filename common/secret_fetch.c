#include "secret_fetch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "shortage.h"
#include "signals.h"

const char secret_fetch_not_found[] = "not found";

void
secret_fetcher_init(struct secret_fetcher *fr)
{
	*fr = (struct secret_fetcher){.limit_ms = SECRET_HELPER_LIMIT_MS};
	list_init(&fr->waiting);
	list_init(&fr->running);
}

void
secret_fetcher_release(struct secret_fetcher *fr)
{
	secret_fetcher_stop(fr);
}

void
secret_fetch_release(struct secret_fetch *f)
{
	secret_helper_release(&f->helper);
	secret_value_release(&f->value);
}

static void
end(struct secret_fetch *f, enum secret_status status, const char *error)
{
	f->status = status;
	f->error = error;
}

/* Run the program at which ${f} is. What keeps it from starting is its end. */
static void
run(struct secret_fetcher *fr, struct secret_fetch *f)
{
	const struct secret_command *command = secret_provider_command(f->at);
	int error = 0;

	if (secret_helper_start(&f->helper, command, f->name, fr->limit_ms) != 0) {
		error = errno;
	} else {
		list_append(&fr->running, &f->link);
		fr->nrunning++;
		return;
	}
	snprintf(f->text, sizeof(f->text), "helper '%.100s' cannot be started: %s",
		secret_command_name(command), strerror(error));
	if (shortage_is(error) || error == EAGAIN)
		end(f, SECRET_SHORTAGE,
			"helper cannot be started: no more processes, memory or descriptors");
	else
		end(f, SECRET_FAILED, f->text);
}

/* Ask from f->at on, which may be NULL. */
static void
ask(struct secret_fetcher *fr, struct secret_fetch *f)
{
	for (; f->at != NULL; f->at = secret_provider_next(f->at)) {
		if (secret_provider_command(f->at) != NULL)
			break;
		f->status = secret_provider_ask(f->at, f->name, &f->value, &f->error);
		if (f->status != SECRET_ABSENT)
			return;
	}
	f->status = SECRET_PENDING;
	if (f->at == NULL)
		end(f, SECRET_REFUSED, secret_fetch_not_found);
	else if (fr->stopped)
		end(f, SECRET_FAILED, "is not looked up any more");
	else if (fr->nrunning < SECRET_HELPERS_MAX)
		run(fr, f);
	else
		list_append(&fr->waiting, &f->link);
}

void
secret_fetch_start(struct secret_fetcher *fr, struct secret_fetch *f,
	const struct secret_provider *providers, const char *name)
{
	*f = (struct secret_fetch){.name = name, .at = providers};
	list_init(&f->link);
	ask(fr, f);
}

/* The helper of ${f} is over: whether ${f} is, too. */
static bool
take(struct secret_fetcher *fr, struct secret_fetch *f)
{
	enum secret_status status;

	list_remove(&f->link);
	fr->nrunning--;
	status = secret_helper_take(&f->helper, &f->value, f->text);
	if (status != SECRET_ABSENT) {
		end(f, status,
			status == SECRET_FOUND      ? NULL
			: status == SECRET_SHORTAGE ? secret_value_no_memory
						    : f->text);
		return true;
	}
	secret_helper_release(&f->helper);
	f->at = secret_provider_next(f->at);
	ask(fr, f);
	return f->status != SECRET_PENDING;
}

struct secret_fetch *
secret_fetcher_next(struct secret_fetcher *fr)
{
	struct link *link, *next;

	for (link = fr->running.next; link != &fr->running; link = next) {
		struct secret_fetch *f = CONTAINER(link, struct secret_fetch, link);

		next = link->next;
		if (secret_helper_go_on(&f->helper) && take(fr, f))
			return f;
	}
	while ((fr->nrunning < SECRET_HELPERS_MAX || fr->stopped) &&
		(link = list_take(&fr->waiting)) != NULL) {
		struct secret_fetch *f = CONTAINER(link, struct secret_fetch, link);

		ask(fr, f);
		if (f->status != SECRET_PENDING)
			return f;
	}
	return NULL;
}

size_t
secret_fetcher_poll(const struct secret_fetcher *fr, struct pollfd fds[SECRET_FETCH_FDS_MAX],
	int64_t *until_ms)
{
	size_t n = 0;

	*until_ms = -1;
	/* Nobody waits while a place is free, but for one call of secret_fetcher_next. */
	if (!list_is_empty(&fr->waiting) && (fr->nrunning < SECRET_HELPERS_MAX || fr->stopped))
		*until_ms = 0;
	for (const struct link *l = fr->running.next; l != &fr->running; l = l->next) {
		const struct secret_fetch *f = CONTAINER(l, struct secret_fetch, link);
		const int64_t ms = secret_helper_until_ms(&f->helper);

		if (*until_ms < 0 || ms < *until_ms)
			*until_ms = ms;
		if (f->helper.out >= 0)
			fds[n++] = (struct pollfd){.fd = f->helper.out, .events = POLLIN};
		if (f->helper.err >= 0)
			fds[n++] = (struct pollfd){.fd = f->helper.err, .events = POLLIN};
	}
	return n;
}

/* Wait for what is under way, or for a signal, which is left to whom it is for. */
static void
wait_for_any(struct secret_fetcher *fr, int signal_fd)
{
	struct pollfd fds[SECRET_FETCH_FDS_MAX + 1];
	int64_t until_ms, left_ms;
	size_t n = secret_fetcher_poll(fr, fds, &until_ms);

	if (signal_fd >= 0)
		fds[n++] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
	left_ms = until_ms - clock_ms();
	if (poll(fds, (nfds_t)n, left_ms < 0 ? 0 : (int)left_ms) > 0 && signal_fd >= 0 &&
		fds[n - 1].revents != 0)
		secret_fetcher_stop(fr);
}

void
secret_fetch_run(struct secret_fetcher *fr, struct secret_fetch *f,
	const struct secret_provider *providers, const char *name)
{
	sigset_t before;
	const int signal_fd = signals_open(&before);

	secret_fetch_start(fr, f, providers, name);
	while (f->status == SECRET_PENDING && secret_fetcher_next(fr) == NULL)
		wait_for_any(fr, signal_fd);
	signals_close(signal_fd, &before);
}

void
secret_fetcher_stop(struct secret_fetcher *fr)
{
	fr->stopped = true;
	for (struct link *l = fr->running.next; l != &fr->running; l = l->next)
		secret_helper_break_off(&CONTAINER(l, struct secret_fetch, link)->helper);
}
