#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "idset.h"
#include "journal_file.h"
#include "journal_load.h"
#include "portable.h"

#define BUFFER_MAX ((size_t)64 * 1024 * 1024)
#define SMALL_FILE (1024 * 1024) /* bytes of a file that is made anew for any old line */
#define STEP_FIRST (64 * 1024)   /* bytes that are reserved beyond what is needed: at first, */
#define STEP_LAST (1024 * 1024)  /* and after a while */

struct journal {
	int fd;
	struct idset ids, tried; /* finished; attempted */
	bool with_failed;        /* what has failed counts as finished */
	char *buf;               /* owned; whole lines that are not written yet */
	size_t len, size;
	size_t torn;      /* bytes at the end of the file that are to be cut off */
	int64_t end;      /* of the file */
	int64_t reserved; /* there is room on the disk up to here */
	int64_t step;     /* what is reserved ahead */
	bool is_scarce;   /* the room that is reserved is for short lines */
};

/* Returns an exit status, after a message if it is not EXIT_DONE. */
static int
load(struct journal *j, const char *path, int64_t keep_from_ms)
{
	struct journal_load loaded = {.name = path,
		.keep_from_ms = keep_from_ms,
		.with_failed = j->with_failed,
		.ids = &j->ids,
		.tried = &j->tried};
	int status = journal_load(&loaded, j->fd);
	struct stat st = {0};

	if (status == EXIT_DONE && fstat(j->fd, &st) == 0 && loaded.old > 0 &&
		(loaded.old >= loaded.lines / 8 || st.st_size < SMALL_FILE))
		status = journal_file_compact(path, &j->fd, keep_from_ms);
	if (status != EXIT_DONE)
		return status;
	/*
	 * What the last sender wrote may be in memory only, and what the journal has is told to be
	 * finished.
	 */
	if (fstat(j->fd, &st) != 0 || (st.st_size > 0 && portable_sync(j->fd) != 0)) {
		diag("cannot make journal '%s' durable: %s", path, strerror(errno));
		return EXIT_IO;
	}
	j->end = j->reserved = st.st_size;
	return EXIT_DONE;
}

struct journal *
journal_open(const char *path, uint64_t keep_ms, bool with_failed, int64_t now_ms, int *status)
{
	int64_t keep_from_ms = INT64_MIN;
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL) {
		diag("cannot open journal '%s': %s", path, strerror(errno));
		*status = EXIT_IO;
		return NULL;
	}
	idset_init(&j->ids);
	idset_init(&j->tried);
	j->step = STEP_FIRST;
	j->with_failed = with_failed;
	if (keep_ms != 0 && now_ms > 0 && keep_ms < (uint64_t)now_ms)
		keep_from_ms = now_ms - (int64_t)keep_ms;
	if ((j->fd = journal_file_open(path, status)) >= 0 &&
		(*status = load(j, path, keep_from_ms)) == EXIT_DONE)
		return j;
	if (j->fd >= 0)
		close(j->fd);
	idset_release(&j->ids);
	idset_release(&j->tried);
	free(j);
	return NULL;
}

int
journal_close(struct journal *j)
{
	int error = 0;
	struct stat st;

	if (j == NULL)
		return 0;
	if (journal_write(j) != 0)
		error = errno;
	/* The size that it has gives back what was reserved behind it. */
	if (j->reserved > j->end && (fstat(j->fd, &st) != 0 || ftruncate(j->fd, st.st_size) != 0) &&
		error == 0)
		error = errno;
	if (close(j->fd) != 0 && errno != EINTR && error == 0)
		error = errno;
	idset_release(&j->ids);
	idset_release(&j->tried);
	free(j->buf);
	free(j);
	errno = error != 0 ? error : errno;
	return error == 0 ? 0 : -1;
}

bool
journal_has(const struct journal *j, const char *id, size_t len)
{
	return idset_has(&j->ids, id, len);
}

bool
journal_was_attempted(const struct journal *j, const char *id, size_t len)
{
	return idset_has(&j->tried, id, len);
}

size_t
journal_count(const struct journal *j)
{
	return idset_count(&j->ids);
}

/* Make room for ${len} more bytes in the buffer. Returns 0, or -1 with errno ENOMEM. */
static int
reserve_buffer(struct journal *j, size_t len)
{
	size_t size = j->size < 4096 ? 4096 : j->size;
	char *buf = NULL;

	if (len <= j->size - j->len)
		return 0;
	while (size - j->len < len && size <= BUFFER_MAX)
		size *= 2;
	if (size <= BUFFER_MAX)
		buf = realloc(j->buf, size);
	if (buf == NULL) {
		errno = ENOMEM;
		return -1;
	}
	j->buf = buf;
	j->size = size;
	return 0;
}

/* Allocate disk space from ${from} to ${to}. Returns 0, or -1 with errno set. */
static int
allocate(int fd, int64_t from, int64_t to)
{
#if PORTABLE_LINUX && defined(FALLOC_FL_KEEP_SIZE)
	int status;

	do
		status = fallocate(fd, FALLOC_FL_KEEP_SIZE, from, to - from);
	while (status != 0 && errno == EINTR);
	if (status == 0 || errno == EOPNOTSUPP || errno == ENOSYS)
		return 0; /* where it is not known how, there is nothing to lose by going on */
	return -1;
#else
	(void)fd, (void)from, (void)to;
	return 0;
#endif
}

/* Make sure that the file can grow up to ${to}. Returns 0, or -1 with errno set. */
static int
reserve_disk(struct journal *j, int64_t to)
{
	int64_t from = j->end > j->reserved ? j->end : j->reserved, more = to + j->step;
	struct rlimit limit;

	if (to <= j->reserved)
		return 0;
	/* fallocate does not look at it when the size stays. */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		if ((uint64_t)to > limit.rlim_cur) {
			errno = EFBIG;
			return -1;
		}
		if ((uint64_t)more > limit.rlim_cur)
			more = (int64_t)limit.rlim_cur;
	}
	if (allocate(j->fd, from, more) != 0) {
		/* On a disk that is nearly full, what is needed may still be had. */
		if (allocate(j->fd, from, to) != 0)
			return -1;
		more = to;
	} else if (j->step < STEP_LAST) {
		j->step *= 2;
	}
	j->reserved = more;
	return 0;
}

int
journal_reserve(struct journal *j, size_t n)
{
	const int64_t to = j->end + (int64_t)j->len;

	if (n > BUFFER_MAX / JOURNAL_LINE_MAX) {
		errno = ENOMEM;
		return -1;
	}
	if (reserve_buffer(j, n * JOURNAL_LINE_MAX) != 0 ||
		idset_reserve(&j->ids, idset_count(&j->ids) + n) != 0)
		return -1;
	j->is_scarce = reserve_disk(j, to + (int64_t)(n * JOURNAL_LINE_MAX)) != 0;
	return j->is_scarce ? reserve_disk(j, to + (int64_t)(n * JOURNAL_SHORT_MAX)) : 0;
}

int
journal_add(struct journal *j, const struct journal_entry *e)
{
	struct journal_entry entry = *e;

	if (!journal_id_is_valid(e->id, e->id_len)) {
		errno = EINVAL;
		return -1;
	}
	if (reserve_buffer(j, JOURNAL_LINE_MAX) != 0)
		return -1;
	if ((strcmp(e->status, "finished") == 0 ||
		    (j->with_failed && strcmp(e->status, "failed") == 0)) &&
		idset_add(&j->ids, e->id, e->id_len) < 0)
		return -1;
	if (strcmp(e->status, "attempted") == 0 && idset_add(&j->tried, e->id, e->id_len) < 0)
		return -1;
	if (j->is_scarce)
		entry.more_len = 0;
	j->len += journal_line_make(j->buf + j->len, &entry);
	return 0;
}

/*
 * Cut off the part of a line that was written, counted from the end: somebody may have appended in
 * spite of the lock. Returns 0, or -1 with errno set.
 */
static int
cut(struct journal *j)
{
	struct stat st;

	if (j->torn == 0)
		return 0;
	if (fstat(j->fd, &st) != 0 || ftruncate(j->fd, st.st_size - (off_t)j->torn) != 0)
		return -1;
	j->end = j->reserved = st.st_size - (off_t)j->torn;
	j->torn = 0;
	return 0;
}

/* A write failed after ${done} bytes of the buffer. */
static void
keep_unwritten(struct journal *j, size_t done)
{
	const char *newline = done > 0 ? portable_last(j->buf, '\n', done) : NULL;
	size_t whole = newline != NULL ? (size_t)(newline - j->buf) + 1 : 0;

	memmove(j->buf, j->buf + whole, j->len - whole);
	j->len -= whole;
	j->end += (int64_t)whole;
	j->torn = done - whole;
	cut(j);
}

int
journal_write(struct journal *j)
{
	size_t done = 0;

	if (cut(j) != 0)
		return -1;
	while (done < j->len) {
		ssize_t n = write(j->fd, j->buf + done, j->len - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			int error = n == 0 ? EIO : errno;

			keep_unwritten(j, done);
			errno = error;
			return -1;
		}
	}
	j->end += (int64_t)done;
	j->len = 0;
	return 0;
}

int
journal_descriptor(const struct journal *j)
{
	return j->fd;
}
