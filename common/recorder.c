#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appender.h"
#include "clock.h"
#include "diag.h"
#include "durable.h"
#include "file.h"
#include "journal.h"
#include "output.h"
#include "strbuf.h"
#include "timestamp.h"

_Static_assert(RECEIPT_MEMBERS_MAX <= JOURNAL_MORE_MAX, "a journal keeps what a receipt says");

#define RECEIPT_USUAL ((size_t)8 * 1024) /* bytes at most without a response, as a rule */
#define PIPE_SAFE 4096 /* bytes that a pipe takes at once when poll(2) says that it takes any */

struct recorder {
	struct recorder_options options;
	struct journal *journal; /* or NULL */
	struct appender *dead;   /* or NULL */
	struct durable *durable; /* NULL if there is neither */
	struct strbuf members;   /* of the journal's line at hand */
	struct strbuf added;     /* receipts of what is not yet being made durable */
	struct strbuf held;      /* receipts of what is, or is already */
	size_t written;          /* bytes of ${held} */
	uint64_t ticket;         /* of ${held}; 0: it is durable */
	uint64_t noted, durably; /* the last ticket of an attempt, and of what is durable */
	bool is_dirty;           /* something was written since the last commit */
	bool is_urged;           /* the disk was asked to hurry with what is held */
	bool never_blocks;       /* standard output is a file or the like */
	bool is_full;            /* standard output takes nothing just now */
	size_t reserved;         /* lines of the journal that are kept for what is under way */
	unsigned failures;       /* bits of enum failure */
};

/*
 * What has failed. Each of them ends the sending of anything new; what is under way then is still
 * kept wherever it can be.
 */
enum failure {
	FAILED_ROOM = 1,    /* for more in the journal; what is under way has its place */
	FAILED_JOURNAL = 2, /* to be written */
	FAILED_DEAD = 4,    /* dead letters to be written */
	FAILED_DISK = 8,    /* to make either durable */
	FAILED_RECEIPTS = 16
};

/* Where lines of one kind go. */
struct place {
	int fd; /* or -1 */
	const char *what;
	const char *path; /* or "" */
};

/* Whether lines of both go to one file, where they could not be told apart; after a message. */
static bool
are_mixed(const struct place *one, const struct place *other)
{
	struct stat st, other_st;

	if (fstat(one->fd, &st) != 0 || fstat(other->fd, &other_st) != 0 ||
		!file_is_same(&st, &other_st))
		return false;
	diag("%s is the same file as %s '%s'", other->what, one->what, one->path);
	return true;
}

/* Whether a write(2) to ${fd} takes all at once, so that poll(2) need not be asked. */
static bool
never_blocks(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(fd)));
}

/* Whether all that is open to be written are different files. If not, after a message. */
static bool
is_apart(const struct recorder *r)
{
	const struct recorder_options *o = &r->options;
	const struct place places[] = {
		{r->journal != NULL ? journal_descriptor(r->journal) : -1, "--journal", o->journal},
		{r->dead != NULL ? appender_descriptor(r->dead) : -1, "--dead-letter",
			o->dead_letter},
		{o->rejects_fd, "--rejects", ""},
		{o->out_fd, "standard output", ""},
	};

	/* Refused lines and receipts are the filter's, which has looked. */
	for (size_t i = 0; i < 2; i++)
		for (size_t j = i + 1; j < sizeof(places) / sizeof(places[0]); j++)
			if (are_mixed(&places[i], &places[j]))
				return false;
	return true;
}

/* Whether receipts can be written at all, as far as that can be told before. */
static bool
is_writable(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

struct recorder *
recorder_new(const struct recorder_options *options, int *status)
{
	struct recorder *r = calloc(1, sizeof(*r));

	*status = EXIT_IO;
	if (r == NULL) {
		diag("out of memory");
		return NULL;
	}
	if (!is_writable(options->out_fd)) {
		diag("cannot write to standard output: %s; nothing was sent", strerror(EBADF));
		free(r);
		return NULL;
	}
	r->options = *options;
	r->never_blocks = never_blocks(options->out_fd);
	strbuf_init(&r->members, RECEIPT_MEMBERS_MAX);
	strbuf_init(&r->added, (size_t)1024 * 1024 * 1024);
	strbuf_init(&r->held, (size_t)1024 * 1024 * 1024);
	if ((options->journal != NULL &&
		    (r->journal = journal_open(options->journal, options->keep_ms,
			     options->skips_failed, timestamp_now_ms(), status)) == NULL) ||
		(options->dead_letter != NULL &&
			(r->dead = appender_open(options->dead_letter, status)) == NULL)) {
		recorder_free(r);
		return NULL;
	}
	if (!is_apart(r)) {
		*status = EXIT_USAGE;
		recorder_free(r);
		return NULL;
	}
	if (r->journal == NULL && r->dead == NULL)
		return r;
	/* What has arrived must not be lost for lack of memory to write it down. */
	if (strbuf_room(&r->members, RECEIPT_MEMBERS_MAX) != NULL &&
		(r->durable = durable_new()) != NULL &&
		(r->journal == NULL ||
			durable_add(r->durable, journal_descriptor(r->journal)) == 0) &&
		(r->dead == NULL || durable_add(r->durable, appender_descriptor(r->dead)) == 0))
		return r;
	diag("cannot set up the journal: %s", strerror(errno));
	recorder_free(r);
	return NULL;
}

void
recorder_free(struct recorder *r)
{
	if (r == NULL)
		return;
	durable_free(r->durable);
	(void)journal_close(r->journal);
	(void)appender_close(r->dead);
	strbuf_release(&r->members);
	strbuf_release(&r->added);
	strbuf_release(&r->held);
	free(r);
}

/* The first failure is told; what follows from it is not. */
static void
fail(struct recorder *r, enum failure failure, const char *what, const char *name, int error)
{
	if (r->failures == 0)
		diag("cannot %s%s: %s; nothing more is sent", what, name, strerror(error));
	r->failures |= failure;
}

static bool
has_failed(const struct recorder *r, unsigned failures)
{
	return (r->failures & failures) != 0;
}

/*
 * Whether receipts may still be printed: all that they say is recorded as it should be. They say
 * nothing of dead letters.
 */
static bool
prints(const struct recorder *r)
{
	return !has_failed(r, ~(unsigned)(FAILED_ROOM | FAILED_DEAD));
}

bool
recorder_has_failed(const struct recorder *r)
{
	return r->failures != 0;
}

bool
recorder_is_finished(const struct recorder *r, const struct json_span *delivery_id)
{
	return r->journal != NULL && journal_has(r->journal, delivery_id->p, delivery_id->len);
}

/* How long a receipt may be: with a response, some of it escaped, and a text; a guess. */
static size_t
promised(const struct recorder *r)
{
	return 2 * r->options.response_max + RECEIPT_USUAL;
}

bool
recorder_was_attempted(const struct recorder *r, const struct json_span *delivery_id)
{
	/* Without a journal nothing is known of what earlier runs did. */
	return r->journal == NULL ||
	       journal_was_attempted(r->journal, delivery_id->p, delivery_id->len);
}

bool
recorder_has_room(struct recorder *r, size_t n)
{
	const size_t waiting = r->added.len + r->held.len;

	if (r->failures != 0 || waiting >= RECORDER_BYTES_MAX ||
		(n > 1 && n > (RECORDER_ALL_MAX - waiting) / promised(r)))
		return false;
	/* To reserve nothing would tell the journal that there is plenty. */
	if (r->journal == NULL || n == 0)
		return true;
	if (journal_reserve(r->journal, n) == 0) {
		r->reserved = n;
		return true;
	}
	fail(r, FAILED_ROOM, "write to ", r->options.journal, errno);
	return false;
}

/*
 * Whether the journal takes a line of it. What was deferred after an attempt has one only where it
 * takes no room from what is under way: without it no more is lost than what became of the attempt,
 * while what has arrived and is not in the journal would be sent again.
 */
static bool
is_journaled(struct recorder *r, const struct receipt *receipt)
{
	switch (receipt->status) {
	case RECEIPT_FINISHED:
	case RECEIPT_FAILED:
		r->reserved -= r->reserved > 0;
		return true;
	case RECEIPT_DEFERRED:
		return receipt->attempts > 0 && journal_reserve(r->journal, r->reserved + 1) == 0;
	default:
		return false;
	}
}

static void
add_to_journal(struct recorder *r, const struct receipt *receipt)
{
	const struct json_span *id = &receipt->rec->delivery_id;
	struct journal_entry entry = {.id = id->p,
		.id_len = id->len,
		.status = receipt_status_name(receipt->status),
		.at_ms = timestamp_now_ms()};

	strbuf_reset(&r->members);
	receipt_add_members(&r->members, receipt);
	entry.more = r->members.buf;
	entry.more_len = r->members.len;
	if (journal_add(r->journal, &entry) != 0)
		fail(r, FAILED_JOURNAL, "write to ", r->options.journal, errno);
	r->is_dirty = true;
}

uint64_t
recorder_attempt(struct recorder *r, const struct record *rec)
{
	struct journal_entry entry = {.id = rec->delivery_id.p,
		.id_len = rec->delivery_id.len,
		.status = "attempted",
		.at_ms = timestamp_now_ms()};

	if (r->journal == NULL)
		return 0;
	strbuf_reset(&r->members);
	receipt_add_names(&r->members, rec);
	entry.more = r->members.buf;
	entry.more_len = r->members.len;
	/* Not in the room of what is under way. */
	if (journal_reserve(r->journal, r->reserved + 1) != 0 ||
		journal_add(r->journal, &entry) != 0)
		fail(r, FAILED_ROOM, "write to ", r->options.journal, errno);
	else if (journal_write(r->journal) != 0)
		fail(r, FAILED_JOURNAL, "write to ", r->options.journal, errno);
	return r->noted = durable_commit(r->durable);
}

bool
recorder_is_kept(const struct recorder *r, uint64_t ticket)
{
	return ticket == 0 || (r->failures == 0 && r->durably >= ticket);
}

/* A receipt for which there is no memory leaves others whole, and is told of. */
static void
add_receipt(struct recorder *r, const struct receipt *receipt)
{
	const struct json_span *id = &receipt->rec->delivery_id;
	const size_t before = r->added.len;

	receipt_add(&r->added, receipt);
	if (!strbuf_failed(&r->added))
		return;
	r->added.len = before;
	r->added.failed = false;
	diag("delivery %.*s is %s; there is no memory for its receipt", (int)id->len, id->p,
		receipt_status_name(receipt->status));
	fail(r, FAILED_RECEIPTS, "keep a receipt", "", ENOMEM);
}

bool
recorder_add(struct recorder *r, const struct receipt *receipt, const char *line, size_t len)
{
	/* What is printed no more is for what may have arrived, or will not be sent again. */
	if (!prints(r) && receipt->attempts == 0 && receipt->status != RECEIPT_FAILED)
		return false;
	add_receipt(r, receipt);
	if (r->journal != NULL && is_journaled(r, receipt))
		add_to_journal(r, receipt);
	if (receipt->status == RECEIPT_FAILED && r->dead != NULL) {
		appender_add(r->dead, line, len);
		r->is_dirty = true;
	}
	return true;
}

/* Write what is to be durable. One file does not wait for the other to be right again. */
static void
write_files(struct recorder *r)
{
	if (r->journal != NULL && !has_failed(r, FAILED_JOURNAL) && journal_write(r->journal) != 0)
		fail(r, FAILED_JOURNAL, "write to ", r->options.journal, errno);
	if (r->dead != NULL && !has_failed(r, FAILED_DEAD) && appender_write(r->dead) != 0)
		fail(r, FAILED_DEAD, "write to ", r->options.dead_letter, errno);
}

/* How much of ${len} bytes of receipts standard output takes now; 0: it is full. */
static size_t
room_for(struct recorder *r, size_t len)
{
	struct pollfd ready = {.fd = r->options.out_fd, .events = POLLOUT};

	if (r->never_blocks)
		return len;
	r->is_full = poll(&ready, 1, 0) == 0;
	return r->is_full ? 0 : len < PIPE_SAFE ? len : PIPE_SAFE;
}

/*
 * Take the beginning of a receipt that broke off at the end of a file out of it again, unless
 * somebody else has written there: what the next run appends would become one line with it.
 */
static void
cut_torn_line(struct recorder *r)
{
	const int fd = r->options.out_fd;
	size_t whole = r->written;
	struct stat st;

	while (whole > 0 && r->held.buf[whole - 1] != '\n')
		whole--;
	if (whole == r->written || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		lseek(fd, 0, SEEK_CUR) != st.st_size || st.st_size < (off_t)(r->written - whole) ||
		ftruncate(fd, st.st_size - (off_t)(r->written - whole)) != 0)
		return;
	lseek(fd, 0, SEEK_END);
	r->written = whole;
}

/* Write receipts that are due, as far as standard output takes them at once. */
static void
write_receipts(struct recorder *r)
{
	while (r->written < r->held.len) {
		size_t len = room_for(r, r->held.len - r->written);
		ssize_t n;

		if (len == 0)
			return;
		n = write(r->options.out_fd, r->held.buf + r->written, len);
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			fail(r, FAILED_RECEIPTS, "write to ", "standard output", errno);
			cut_torn_line(r);
			return;
		}
		r->written += n > 0 ? (size_t)n : 0;
	}
	strbuf_reset(&r->held);
	r->written = 0;
}

/* Whether there is something to be made durable now, or to be printed. */
static bool
is_due(const struct recorder *r)
{
	if (prints(r))
		return r->held.len == 0 && r->added.len != 0;
	return r->is_dirty && !has_failed(r, FAILED_DISK);
}

/* Have what was written made durable, and hold its receipts until then. */
static void
commit(struct recorder *r)
{
	struct strbuf empty = r->held;

	if (prints(r)) {
		r->held = r->added;
		r->added = empty;
	}
	r->ticket = r->is_dirty ? durable_commit(r->durable) : 0;
	r->is_dirty = r->is_urged = false;
}

/* What waits for the disk is not to fill the room that there is before the disk is asked. */
static void
urge(struct recorder *r)
{
	if (r->is_urged || r->added.len + r->held.len < RECORDER_BYTES_MAX / 2)
		return;
	durable_urge(r->durable);
	r->is_urged = true;
}

/* Whether something is to become durable. */
static bool
is_waiting(const struct recorder *r)
{
	return r->ticket != 0 || r->durably < r->noted;
}

static void
check_durable(struct recorder *r)
{
	const char *name = r->options.journal;
	uint64_t done;
	int fd, error = durable_poll(r->durable, &done, &fd);

	if (error != 0) {
		if (r->dead != NULL && fd == appender_descriptor(r->dead))
			name = r->options.dead_letter;
		fail(r, FAILED_DISK, "make durable ", name, error);
	}
	/* It never comes after an error, and is not waited for. */
	if (done >= r->ticket || error != 0)
		r->ticket = 0;
	r->durably = error != 0 ? r->noted : done;
}

int
recorder_flush(struct recorder *r)
{
	write_files(r);
	for (;;) {
		if (is_waiting(r))
			check_durable(r);
		if (r->ticket != 0) {
			urge(r);
			break;
		}
		if (prints(r))
			write_receipts(r);
		if (!is_due(r))
			break;
		commit(r);
	}
	return r->failures == 0 ? 0 : -1;
}

size_t
recorder_fds(const struct recorder *r, struct pollfd fds[RECORDER_FDS])
{
	size_t n = 0;

	if (is_waiting(r))
		fds[n++] = (struct pollfd){.fd = durable_fd(r->durable), .events = POLLIN};
	if (r->ticket == 0 && r->is_full && prints(r))
		fds[n++] = (struct pollfd){.fd = r->options.out_fd, .events = POLLOUT};
	return n;
}

static void
write_or_give_up(const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(STDERR_FILENO, p, len)) < 0)
			return;
}

/* A reader has had its time, and those who stopped us want an end. */
static void
give_up_reader(struct recorder *r)
{
	if (r->failures == 0)
		diag("stopped while standard output took no receipts");
	r->failures |= FAILED_RECEIPTS;
}

/* Receipts that could not be written as they should: perhaps the only trace of their deliveries. */
static void
dump_receipts(struct recorder *r)
{
	/* A line that broke in the middle is told again from its beginning. */
	while (r->written > 0 && r->held.buf[r->written - 1] != '\n')
		r->written--;
	if (r->held.len == r->written && r->added.len == 0)
		return;
	diag("these deliveries have ended, but their receipts could not be printed:");
	write_or_give_up(r->held.buf + r->written, r->held.len - r->written);
	write_or_give_up(r->added.buf, r->added.len);
}

/* How long poll(2) may wait, so that it is not after ${until_ms} (-1: never). */
static int
left_until(int64_t until_ms)
{
	const int64_t left_ms = until_ms - clock_ms();

	if (until_ms < 0)
		return -1;
	return left_ms <= 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

int
recorder_wait(struct recorder *r, int cancel_fd, int64_t limit_ms)
{
	int64_t until_ms = -1;
	size_t n, left = SIZE_MAX;
	struct pollfd fds[RECORDER_FDS + 1];

	if (r->durable != NULL)
		durable_hurry(r->durable);
	while ((void)recorder_flush(r), (n = recorder_fds(r, fds)) > 0) {
		const bool is_disk = r->ticket != 0;
		int ready;

		/* The disk takes as long as it takes, and so may a reader that takes anything. */
		if (limit_ms >= 0 && (is_disk || r->held.len - r->written != left))
			until_ms = clock_ms() + limit_ms;
		left = r->held.len - r->written;
		fds[n] = (struct pollfd){.fd = is_disk ? -1 : cancel_fd, .events = POLLIN};
		ready = poll(fds, n + 1, is_disk ? -1 : left_until(until_ms));
		if (ready < 0 && errno != EINTR) {
			fail(r, FAILED_DISK | FAILED_RECEIPTS, "wait for ", "the disk", errno);
			return 0;
		}
		if (ready > 0 && fds[n].revents != 0)
			return 1;
		if (ready == 0 && left_until(until_ms) == 0)
			give_up_reader(r);
	}
	return 0;
}

/* Records that are neither delivered nor where they should have been put aside. */
static void
tell_missing(const struct recorder *r)
{
	const size_t n = r->dead != NULL ? appender_waiting(r->dead) : 0;

	if (n > 0)
		diag("%zu deliveries have failed and are not in '%s'; their receipts say which", n,
			r->options.dead_letter);
}

int
recorder_finish(struct recorder *r)
{
	tell_missing(r);
	if (!prints(r))
		dump_receipts(r);
	durable_free(r->durable);
	r->durable = NULL;
	if (r->journal != NULL && journal_close(r->journal) != 0)
		fail(r, FAILED_JOURNAL, "write to ", r->options.journal, errno);
	r->journal = NULL;
	if (r->dead != NULL && appender_close(r->dead) != 0)
		fail(r, FAILED_DEAD, "write to ", r->options.dead_letter, errno);
	r->dead = NULL;
	return r->failures == 0 ? 0 : -1;
}
