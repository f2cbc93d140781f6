#include "journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "file.h"
#include "journal_line.h"
#include "journal_load.h"
#include "lines.h"
#include "output.h"
#include "strbuf.h"

#define TRIES 100 /* to open a file that others replace all the time */
#define PATH_BYTES_MAX (64 * 1024)

/* What is wrong with the system, and not with the name. */
static bool
is_system_error(int error)
{
	return error == EIO || error == ENOMEM || error == ENOSPC || error == EDQUOT ||
	       error == EMFILE || error == ENFILE;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * Lock what ${name} is now: compaction may have put another file in the place of the one that was
 * opened. Returns 1 if it is locked, 0 to try again, -1 after a message.
 */
static int
lock(const char *name, int fd, struct stat *st, int *status)
{
	struct stat now;

	*status = EXIT_USAGE;
	if (fstat(fd, st) == 0 && !S_ISREG(st->st_mode)) {
		diag("journal '%s' is not a regular file", name);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK) {
			diag("journal '%s' is in use by another wb-send", name);
		} else {
			diag("cannot lock journal '%s': %s", name, strerror(errno));
			*status = EXIT_IO;
		}
		return -1;
	}
	return stat(name, &now) == 0 && fstat(fd, st) == 0 && is_same(st, &now);
}

int
journal_file_open(const char *name, int *status)
{
	int fd = -1, locked = 0;
	struct stat st;

	for (int i = 0; i < TRIES && locked == 0; i++) {
		if (fd >= 0)
			close(fd);
		/* O_NONBLOCK, since a FIFO would have us wait before we can refuse it. */
		fd = open(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			0600);
		if (fd < 0) {
			*status = is_system_error(errno) ? EXIT_IO : EXIT_USAGE;
			diag("cannot open journal '%s': %s", name, strerror(errno));
			return -1;
		}
		locked = lock(name, fd, &st, status);
	}
	if (locked == 0) {
		diag("cannot open journal '%s': it is replaced all the time", name);
		*status = EXIT_IO;
	} else if (locked > 0 && st.st_size == 0 && file_sync_directory(name) != 0) {
		diag("cannot make journal '%s' durable: %s", name, strerror(errno));
		*status = EXIT_IO;
		locked = -1;
	}
	if (locked > 0)
		return fd;
	close(fd);
	return -1;
}

/*
 * Give the new file the owner and the mode of the old one. A group that cannot be given gets no
 * rights either: they were another group's.
 */
static int
copy_owner(int from, int to)
{
	struct stat st, made;
	mode_t mode;

	if (fstat(from, &st) != 0 || fstat(to, &made) != 0)
		return -1;
	mode = st.st_mode & 0777;
	if ((st.st_uid != made.st_uid || st.st_gid != made.st_gid) &&
		fchown(to, st.st_uid, st.st_gid) != 0 && fchown(to, (uid_t)-1, st.st_gid) != 0)
		mode &= ~(mode_t)0070;
	return fchmod(to, mode);
}

/* Returns 0 or -1 with errno set. */
static int
copy_lines(int from, int to, int64_t keep_from_ms)
{
	enum lines_status got = LINES_ERROR;
	struct output out;
	struct lines in;
	const char *why;
	size_t at;

	output_init(&out, to, "journal");
	lines_init(&in, JOURNAL_LOAD_LINE_MAX);
	lines_open(&in, from);
	if (lseek(from, 0, SEEK_SET) == 0) {
		while (out.error == 0 && (got = lines_next(&in, true)) == LINES_LINE) {
			struct journal_line line;

			if (journal_line_read(&line, in.line, in.len, &why, &at) &&
				journal_line_is_old(&line, keep_from_ms))
				continue;
			output_add(&out, in.line, in.len);
			output_addc(&out, '\n');
		}
	}
	if (got == LINES_ERROR)
		out.error = errno;
	else if (got != LINES_END && out.error == 0)
		out.error = EIO; /* somebody changes it in spite of the lock */
	output_flush(&out);
	out.fd = -1; /* stays open */
	output_close(&out);
	lines_release(&in);
	errno = out.error;
	return out.error == 0 ? 0 : -1;
}

/* Make the new file ${path}, durable and locked. Returns its descriptor, or -1 with errno set. */
static int
make_new(const char *path, int old, int64_t keep_from_ms)
{
	int fd, saved;

	/* A link that somebody put there is not followed. */
	if (unlink(path) != 0 && errno != ENOENT)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && copy_owner(old, fd) == 0 &&
		copy_lines(old, fd, keep_from_ms) == 0 && fsync(fd) == 0)
		return fd;
	saved = errno;
	unlink(path);
	close(fd);
	errno = saved;
	return -1;
}

int
journal_file_compact(const char *name, int *fd, int64_t keep_from_ms)
{
	/* A journal that is a link stays one: the file that it leads to is replaced. */
	char *real = realpath(name, NULL);
	int made = -1, status = EXIT_DONE;
	const char *path = NULL;
	struct strbuf sb;

	strbuf_init(&sb, PATH_BYTES_MAX);
	if (real == NULL)
		goto kept;
	strbuf_adds(&sb, real);
	strbuf_lit(&sb, ".new");
	errno = ENOMEM;
	if ((path = strbuf_str(&sb)) == NULL || (made = make_new(path, *fd, keep_from_ms)) < 0)
		goto kept;
	if (rename(path, real) != 0) {
		int saved = errno;

		unlink(path);
		close(made);
		errno = saved;
		goto kept;
	}
	close(*fd);
	*fd = made;
	if (file_sync_directory(real) != 0) {
		diag("cannot make journal '%s' durable: %s", name, strerror(errno));
		status = EXIT_IO;
	}
	goto out;
kept:
	diag("cannot drop old lines of journal '%s': %s; it stays as it is", name, strerror(errno));
out:
	strbuf_release(&sb);
	free(real);
	return status;
}
