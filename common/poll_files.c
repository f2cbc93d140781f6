#include "poll_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "file.h"
#include "output.h"

static const char *const suffixes[POLL_FILES] = {"", ".part", ".next", ".tmp", ".lock"};

/* Where ${name} leads. */
static char *
resolve(const char *name)
{
	char *real = realpath(name, NULL);

	return real != NULL || errno != ENOENT ? real : strdup(name);
}

static int
set_paths(struct poll_files *f)
{
	char *real = resolve(f->name);

	if (real == NULL) {
		diag("cannot use state '%s': %s", f->name, strerror(errno));
		return EXIT_USAGE;
	}
	for (int i = 0; i < POLL_FILES; i++) {
		const size_t size = strlen(real) + strlen(suffixes[i]) + 1;

		if ((f->paths[i] = malloc(size)) == NULL) {
			diag("out of memory");
			free(real);
			return EXIT_IO;
		}
		snprintf(f->paths[i], size, "%s%s", real, suffixes[i]);
	}
	free(real);
	return EXIT_DONE;
}

int
poll_files_open(struct poll_files *f, const char *name)
{
	struct stat st;
	int status;

	*f = (struct poll_files){.name = name, .lock_fd = -1};
	if ((status = set_paths(f)) != EXIT_DONE)
		return status;
	if (stat(f->paths[POLL_FILE], &st) == 0 && !S_ISREG(st.st_mode)) {
		diag("state '%s' is not a regular file", name);
		return EXIT_USAGE;
	}
	f->lock_fd = open(f->paths[POLL_LOCK], O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW,
		0600);
	if (f->lock_fd < 0) {
		diag("cannot open '%s.lock': %s", name, strerror(errno));
		return EXIT_USAGE;
	}
	if (flock(f->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			diag("state '%s' is in use by another wb-event", name);
		else
			diag("cannot lock '%s.lock': %s", name, strerror(errno));
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

void
poll_files_close(struct poll_files *f)
{
	if (f->lock_fd >= 0)
		close(f->lock_fd);
	f->lock_fd = -1;
	for (int i = 0; i < POLL_FILES; i++) {
		free(f->paths[i]);
		f->paths[i] = NULL;
	}
}

int
poll_files_read(const struct poll_files *f, enum poll_file file, struct strbuf *sb)
{
	if (file_read(f->paths[file], sb) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	diag("cannot read '%s%s': %s", f->name, suffixes[file], strerror(errno));
	return -1;
}

/* The mode and owner of FILE, where they can be had. */
static void
copy_mode(const struct poll_files *f, int fd)
{
	struct stat st;

	if (stat(f->paths[POLL_FILE], &st) != 0)
		return;
	if (fchown(fd, st.st_uid, st.st_gid) == 0)
		(void)fchmod(fd, st.st_mode & 0777);
}

static int
write_temporary(const struct poll_files *f, const struct strbuf *text)
{
	const char *path = f->paths[POLL_TEMPORARY];
	int fd, error;
	size_t written;

	/* A link that somebody put there is not followed. */
	if (unlink(path) != 0 && errno != ENOENT)
		return errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	copy_mode(f, fd);
	error = output_write(fd, text->buf, text->len, &written);
	if (error == 0 && fsync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error != 0)
		unlink(path);
	return error;
}

int
poll_files_write(const struct poll_files *f, const struct strbuf *text)
{
	const int error = write_temporary(f, text);

	if (error != 0) {
		diag("cannot write '%s.tmp': %s", f->name, strerror(error));
		return -1;
	}
	if (poll_files_move(f, POLL_TEMPORARY, POLL_PART) != 0)
		return -1;
	if (unlink(f->paths[POLL_NEXT]) != 0 && errno != ENOENT) {
		diag("cannot remove '%s.next': %s", f->name, strerror(errno));
		return -1;
	}
	return 0;
}

int
poll_files_move(const struct poll_files *f, enum poll_file from, enum poll_file to)
{
	if (rename(f->paths[from], f->paths[to]) == 0 && file_sync_directory(f->paths[to]) == 0)
		return 0;
	diag("cannot make '%s%s' '%s%s': %s", f->name, suffixes[from], f->name, suffixes[to],
		strerror(errno));
	return -1;
}

static bool
is_there(const struct poll_files *f, enum poll_file file)
{
	return access(f->paths[file], F_OK) == 0;
}

/* With the lock. */
static int
commit(const struct poll_files *f)
{
	if (is_there(f, POLL_PART)) {
		diag("cannot commit '%s': the last wb-event poll did not write all its events; run it again",
			f->name);
		return EXIT_IO;
	}
	if (is_there(f, POLL_NEXT))
		return poll_files_move(f, POLL_NEXT, POLL_FILE) == 0 ? EXIT_DONE : EXIT_IO;
	if (is_there(f, POLL_FILE))
		return EXIT_DONE;
	diag("there is no state '%s': wb-event poll makes it", f->name);
	return EXIT_USAGE;
}

int
poll_files_commit(const char *name)
{
	struct poll_files f;
	int status = poll_files_open(&f, name);

	if (status == EXIT_DONE)
		status = commit(&f);
	poll_files_close(&f);
	return status;
}
