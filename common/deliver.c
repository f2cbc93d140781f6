#include "deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deliver_directory.h"
#include "deliver_stages.h"
#include "diag.h"
#include "lines.h"
#include "output.h"
#include "pipeline.h"
#include "portable.h"
#include "receipt_tally.h"
#include "signals.h"
#include "uuid.h"

#define RECEIPT_LINE_MAX ((size_t)16 * 1024 * 1024)
#define ARG(text) ((char *)(uintptr_t)(text))

struct run {
	const struct deliver *d;
	struct deliver_directory dir;
	struct deliver_stages stages;
	int signals;
	const sigset_t *mask;
	bool is_stopped;
	char id[UUID_SIZE]; /* of the poll, so that its commit is of no other's events */
	struct pipeline pipeline;
	bool has_left;    /* wb-send has ended before what it reads */
	bool has_refused; /* a stage before wb-sign has put lines aside */
	struct receipt_tally tally;
	struct output receipts, printed;
};

static int
start(struct run *run, int out)
{
	const int first = (int)run->stages.first;
	char *const *stages[STAGES];

	for (int i = first; i < STAGES; i++)
		stages[i - first] = run->stages.words[i];
	return pipeline_start(&run->pipeline, stages, (size_t)(STAGES - first), out, run->mask);
}

/* ---- receipts ---- */

static void
take_signal(struct run *run)
{
	const int number = signals_take(run->signals);

	if (number == 0)
		return;
	run->is_stopped = true;
	if (number == SIGTERM)
		pipeline_signal(&run->pipeline, SIGTERM);
}

static void
wait_for_stages(struct run *run)
{
	while (!pipeline_wait(&run->pipeline, run->signals))
		take_signal(run);
}

/* What a reader of receipts has left behind is no failure: they are in the file. */
static bool
has_failed(const struct output *out)
{
	return out->error != 0 && out->error != EPIPE;
}

/* Returns 0, or -1 after a message. */
static int
take_receipt(struct run *run, const struct lines *in)
{
	if (receipt_tally_take(&run->tally, in->line, in->len) != 0)
		return -1;
	output_add(&run->receipts, in->line, in->len);
	output_addc(&run->receipts, '\n');
	if (run->d->prints) {
		output_add(&run->printed, in->line, in->len);
		output_addc(&run->printed, '\n');
	}
	return 0;
}

/*
 * Wait for receipts or a signal, with nothing in buffers. Returns 0, or -1: after a message, or if a
 * write failed, which is told when receipts are closed.
 */
static int
wait_for_more(struct run *run, int fd)
{
	struct pollfd fds[] = {{fd, POLLIN, 0}, {run->signals, POLLIN, 0}};

	if (output_flush(&run->receipts) != 0)
		return -1;
	if (run->d->prints && output_flush(&run->printed) != 0 && has_failed(&run->printed))
		return -1;
	if (poll(fds, 2, -1) < 0) {
		if (errno == EINTR)
			return 0;
		diag("cannot wait for receipts: %s; nothing is committed, run it again",
			strerror(errno));
		return -1;
	}
	if (fds[1].revents != 0)
		take_signal(run);
	return 0;
}

/* Take all of them until wb-send has ended, and close ${fd}. Returns 0, or -1 after a message. */
static int
take_receipts(struct run *run, int fd)
{
	struct lines in;
	int status = 0;

	lines_init(&in, RECEIPT_LINE_MAX);
	lines_open(&in, fd);
	for (enum lines_status got; status == 0 && (got = lines_next(&in, false)) != LINES_END;) {
		if (got == LINES_LINE) {
			status = take_receipt(run, &in);
		} else if (got == LINES_AGAIN) {
			status = wait_for_more(run, fd);
		} else {
			diag("cannot read receipts: %s",
				got == LINES_ERROR ? strerror(errno) : "a line is too long");
			status = -1;
		}
	}
	lines_release(&in);
	close(fd); /* wb-send goes on with nothing that nobody takes receipts of */
	receipt_tally_finish(&run->tally);
	return status;
}

/* Returns 0, or -1 after a message. */
static int
open_receipts(struct run *run)
{
	int fd;

	if (output_open(&run->receipts, run->dir.path[PLACE_RECEIPTS]) != 0) {
		diag("cannot open '%s': %s", run->dir.path[PLACE_RECEIPTS], strerror(errno));
		return -1;
	}
	if (!run->d->prints)
		return 0;
	if ((fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)) < 0) {
		diag("cannot write to standard output: %s", strerror(errno));
		output_close(&run->receipts);
		return -1;
	}
	output_init(&run->printed, fd, "standard output");
	return 0;
}

/* Returns 0, or -1 after a message. */
static int
close_receipts(struct run *run)
{
	const int failed = output_close(&run->receipts);

	if (failed != 0)
		diag("cannot write to '%s': %s", run->dir.path[PLACE_RECEIPTS],
			strerror(run->receipts.error));
	if (run->d->prints)
		output_close(&run->printed);
	if (has_failed(&run->printed))
		diag("cannot write to standard output: %s", strerror(run->printed.error));
	return failed != 0 || has_failed(&run->printed) ? -1 : 0;
}

/* ---- what became of it ---- */

static void
tell_signal(const char *name, int status)
{
	diag("%s was ended by signal %d", name, WTERMSIG(status));
}

/* The exit status of the stage, which is told if it did not end by itself. */
static int
stage_status(const struct run *run, enum stage stage, int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (run->is_stopped)
		return DELIVER_AGAIN;
	tell_signal(run->stages.words[stage][0], status);
	return EXIT_IO;
}

/* The exit status that those of the stages, and the receipts, make together. */
static int
judge(struct run *run)
{
	const int first = (int)run->stages.first;
	bool is_wrong = false, is_broken = false, is_rejected = false,
	     is_again = run->has_left || run->tally.counts[RECEIPT_DEFERRED] > 0;

	for (int i = first; i < STAGES; i++) {
		const int status =
			stage_status(run, (enum stage)i, run->pipeline.statuses[i - first]);

		is_wrong |= status == EXIT_USAGE;
		is_broken |= status == EXIT_IO || status > DELIVER_AGAIN;
		/* what wb-sign refuses lacks a secret, which may be there next time */
		is_again |= status == DELIVER_AGAIN || (status == EXIT_REJECTED && i == STAGE_SIGN);
		is_rejected |= status == EXIT_REJECTED;
		run->has_refused |= status == EXIT_REJECTED && i < STAGE_SIGN;
	}
	return is_wrong      ? EXIT_USAGE
	       : is_broken   ? EXIT_IO
	       : is_again    ? DELIVER_AGAIN
	       : is_rejected ? EXIT_REJECTED
			     : EXIT_DONE;
}

/* Run one program that writes nothing. Returns its exit status. */
static int
run_program(struct run *run, char *const *words)
{
	char *const *stages[] = {words};
	struct pipeline p;

	if (pipeline_start(&p, stages, 1, STDOUT_FILENO, run->mask) != 0)
		return EXIT_IO;
	(void)pipeline_leave(&p);
	(void)pipeline_wait(&p, -1);
	if (WIFEXITED(p.statuses[0]))
		return WEXITSTATUS(p.statuses[0]);
	tell_signal(words[0], p.statuses[0]);
	return EXIT_IO;
}

/*
 * Cooldowns first: whatever dies in between, what is told again was delivered, and the journal or
 * its cooldown keeps it from being sent again.
 */
static int
commit(struct run *run)
{
	char *match[] = {ARG("wb-match"), ARG("--commit"), ARG("--state"),
		run->dir.path[PLACE_RESTS], NULL};
	char *event[] = {ARG("wb-event"), ARG("commit"), ARG("--state"), run->dir.path[PLACE_STATE],
		ARG("--run"), run->id, NULL};
	int status;

	if (run->d->source == DELIVER_RETRY)
		return deliver_directory_drop_letters(&run->dir) == 0 ? EXIT_DONE : EXIT_IO;
	status = run_program(run, match);
	return status == EXIT_DONE && run->d->source == DELIVER_POLL ? run_program(run, event)
								     : status;
}

static void
tell(const struct run *run, int status)
{
	if (run->tally.counts[RECEIPT_FAILED] > 0)
		diag("what has failed is in '%s': when the cause is mended, 'wb-deliver -d %s retry' sends it again",
			run->dir.path[PLACE_DEAD], run->dir.name);
	if (run->has_refused)
		diag("lines that were refused are in '%s/*.rejects'", run->dir.name);
	if (status == DELIVER_AGAIN && run->d->source == DELIVER_RETRY)
		diag("not all could be done: the next retry goes on with it");
	else if (status == DELIVER_AGAIN)
		diag("not all could be done: nothing is committed, and the next run goes on with it");
}

/* Let the stages show what would be sent. Returns the exit status. */
static int
show(struct run *run)
{
	if (start(run, STDOUT_FILENO) != 0)
		return EXIT_IO;
	(void)pipeline_leave(&run->pipeline);
	wait_for_stages(run);
	return judge(run);
}

/* Run the stages, and keep the receipts. Returns the exit status. */
static int
send(struct run *run)
{
	int ends[2], failed;

	if (portable_pipe(ends) != 0) {
		diag("cannot make a pipe: %s", strerror(errno));
		return EXIT_IO;
	}
	failed = start(run, ends[1]);
	close(ends[1]);
	if (failed != 0) {
		close(ends[0]);
		return EXIT_IO;
	}
	failed = take_receipts(run, ends[0]);
	run->has_left = !pipeline_leave(&run->pipeline);
	wait_for_stages(run);
	return failed != 0 ? EXIT_IO : judge(run);
}

/* Returns the exit status. */
static int
send_and_commit(struct run *run)
{
	int status;

	if (open_receipts(run) != 0)
		return EXIT_USAGE;
	status = send(run);
	if (close_receipts(run) != 0)
		return EXIT_IO;
	if (status <= EXIT_REJECTED) {
		const int committed = commit(run);

		status = committed != EXIT_DONE ? committed : status;
	}
	tell(run, status);
	return status;
}

/* In its directory. Returns the exit status. */
static int
run_here(struct run *run)
{
	int taken;

	if (uuid_v7(run->id) != 0) {
		diag("no random numbers: %s", strerror(errno));
		return EXIT_IO;
	}
	if (deliver_stages_make(&run->stages, run->d, &run->dir, run->id) != 0) {
		diag("out of memory");
		return EXIT_IO;
	}
	if (run->d->dry_run)
		return show(run);
	if (run->d->source == DELIVER_RETRY &&
		(taken = deliver_directory_take_letters(&run->dir)) <= 0) {
		if (taken == 0)
			diag("nothing is put aside in '%s'", run->dir.path[PLACE_DEAD]);
		return taken == 0 ? EXIT_DONE : EXIT_IO;
	}
	return send_and_commit(run);
}

/*
 * Another run goes on in the directory. What a poll would find is found by the next one, but events
 * that are given are given once. Returns as deliver_directory_open does.
 */
static int
meet(struct run *run)
{
	const bool leaves = run->d->source == DELIVER_POLL || run->d->dry_run;
	sigset_t blocked;
	int status;

	/* for cron that is nothing to write a mail about */
	if (run->d->dry_run || isatty(STDERR_FILENO))
		diag("another run is going on in '%s'%s", run->dir.name,
			leaves ? "" : "; waiting for its end");
	if (leaves)
		return run->d->dry_run ? EXIT_USAGE : EXIT_DONE;
	/* Nothing was begun: a signal may end us. */
	sigprocmask(SIG_SETMASK, run->mask, &blocked);
	status = deliver_directory_wait(&run->dir);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	return status;
}

int
deliver_run(const struct deliver *d, int signals, const sigset_t *mask, bool *is_stopped)
{
	struct run run = {.d = d, .signals = signals, .mask = mask};
	bool is_busy;
	int status = deliver_directory_open(&run.dir, d->directory, &is_busy);

	if (is_busy)
		status = meet(&run);
	if (status < 0)
		status = run_here(&run);
	deliver_stages_release(&run.stages);
	deliver_directory_close(&run.dir);
	*is_stopped = run.is_stopped;
	return status;
}
