#include "state_file.h"

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

static const char *const suffixes[STATE_PATHS] = {"", ".part", ".next", ".tmp", ".lock"};

/* Where ${name} leads. */
static char *
resolve(const char *name)
{
	char *real = realpath(name, NULL);

	return real != NULL || errno != ENOENT ? real : strdup(name);
}

static int
set_paths(struct state_file *s)
{
	char *real = resolve(s->name);

	if (real == NULL) {
		diag("cannot use state '%s': %s", s->name, strerror(errno));
		return EXIT_USAGE;
	}
	for (int i = 0; i < STATE_PATHS; i++) {
		const size_t size = strlen(real) + strlen(suffixes[i]) + 1;

		if ((s->paths[i] = malloc(size)) == NULL) {
			diag("out of memory");
			free(real);
			return EXIT_IO;
		}
		snprintf(s->paths[i], size, "%s%s", real, suffixes[i]);
	}
	free(real);
	return EXIT_DONE;
}

int
state_file_open(struct state_file *s, const char *name)
{
	struct stat st;
	int status;

	*s = (struct state_file){.name = name, .lock_fd = -1};
	if ((status = set_paths(s)) != EXIT_DONE)
		return status;
	if (stat(s->paths[STATE_FILE], &st) == 0 && !S_ISREG(st.st_mode)) {
		diag("state '%s' is not a regular file", name);
		return EXIT_USAGE;
	}
	s->lock_fd = open(s->paths[STATE_LOCK],
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0) {
		diag("cannot open '%s.lock': %s", name, strerror(errno));
		return EXIT_USAGE;
	}
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			diag("state '%s' is in use by another %s", name, diag_tool());
		else
			diag("cannot lock '%s.lock': %s", name, strerror(errno));
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

void
state_file_close(struct state_file *s)
{
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = -1;
	for (int i = 0; i < STATE_PATHS; i++) {
		free(s->paths[i]);
		s->paths[i] = NULL;
	}
}

int
state_file_read(const struct state_file *s, enum state_path path, struct strbuf *sb)
{
	if (file_read(s->paths[path], sb) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	diag("cannot read '%s%s': %s", s->name, suffixes[path], strerror(errno));
	return -1;
}

/* The mode and owner of FILE, where they can be had. */
static void
copy_mode(const struct state_file *s, int fd)
{
	struct stat st, made;

	if (stat(s->paths[STATE_FILE], &st) != 0 || fstat(fd, &made) != 0)
		return;
	/* a service may be forbidden even to ask for the owner that it is */
	if ((st.st_uid == made.st_uid && st.st_gid == made.st_gid) ||
		fchown(fd, st.st_uid, st.st_gid) == 0)
		(void)fchmod(fd, st.st_mode & 0777);
}

static int
write_temporary(const struct state_file *s, const struct strbuf *text)
{
	const char *path = s->paths[STATE_TEMPORARY];
	int fd, error;
	size_t written;

	/* A link that somebody put there is not followed. */
	if (unlink(path) != 0 && errno != ENOENT)
		return errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	copy_mode(s, fd);
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
state_file_write(const struct state_file *s, enum state_path path, const struct strbuf *text)
{
	const int error = write_temporary(s, text);

	if (error == 0)
		return state_file_move(s, STATE_TEMPORARY, path);
	diag("cannot write '%s.tmp': %s", s->name, strerror(error));
	return -1;
}

int
state_file_remove(const struct state_file *s, enum state_path path)
{
	if (unlink(s->paths[path]) == 0 || errno == ENOENT)
		return 0;
	diag("cannot remove '%s%s': %s", s->name, suffixes[path], strerror(errno));
	return -1;
}

int
state_file_move(const struct state_file *s, enum state_path from, enum state_path to)
{
	if (rename(s->paths[from], s->paths[to]) == 0 && file_sync_directory(s->paths[to]) == 0)
		return 0;
	diag("cannot make '%s%s' '%s%s': %s", s->name, suffixes[from], s->name, suffixes[to],
		strerror(errno));
	return -1;
}

static bool
is_there(const struct state_file *s, enum state_path path)
{
	return access(s->paths[path], F_OK) == 0;
}

int
state_file_commit(const struct state_file *s)
{
	if (is_there(s, STATE_PART)) {
		diag("cannot commit '%s': the last run did not write out all that it found; run it again",
			s->name);
		return EXIT_IO;
	}
	if (is_there(s, STATE_NEXT))
		return state_file_move(s, STATE_NEXT, STATE_FILE) == 0 ? EXIT_DONE : EXIT_IO;
	if (is_there(s, STATE_FILE))
		return EXIT_DONE;
	diag("there is no state '%s': a run with --state makes it", s->name);
	return EXIT_USAGE;
}

int
state_file_commit_name(const char *name)
{
	struct state_file s;
	int status = state_file_open(&s, name);

	if (status == EXIT_DONE)
		status = state_file_commit(&s);
	state_file_close(&s);
	return status;
}
