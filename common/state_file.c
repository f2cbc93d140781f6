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

static const char *const suffixes[STATE_PATHS] = {"", ".next", ".tmp", ".lock"};

static int
set_paths(struct state_file *s)
{
	char *real = realpath(s->name, NULL);
	const char *base = real != NULL ? real : s->name;
	int status = EXIT_DONE;

	if (real == NULL && errno != ENOENT) {
		diag("cannot use state '%s': %s", s->name, strerror(errno));
		return EXIT_USAGE;
	}
	for (int i = 0; i < STATE_PATHS && status == EXIT_DONE; i++) {
		const size_t size = strlen(base) + strlen(suffixes[i]) + 1;

		if ((s->paths[i] = malloc(size)) == NULL) {
			diag("out of memory");
			status = EXIT_IO;
		} else {
			snprintf(s->paths[i], size, "%s%s", base, suffixes[i]);
		}
	}
	free(real);
	return status;
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
	if (s->lock_fd >= 0 && flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return EXIT_DONE;
	if (s->lock_fd >= 0 && errno == EWOULDBLOCK)
		diag("state '%s' is in use by another %s", name, diag_tool());
	else
		diag("cannot lock '%s.lock': %s", name, strerror(errno));
	return EXIT_USAGE;
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
state_file_read(const struct state_file *s, struct strbuf *sb)
{
	if (file_read(s->paths[STATE_FILE], sb) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	diag("cannot read '%s': %s", s->name, strerror(errno));
	return -1;
}

static int
write_temporary(const struct state_file *s, const struct strbuf *text)
{
	const char *path = s->paths[STATE_TEMPORARY];
	size_t written;
	int fd, error;

	/* A link that somebody put there is not followed. */
	if (unlink(path) != 0 && errno != ENOENT)
		return errno;
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		return errno;
	error = output_write(fd, text->buf, text->len, &written);
	if (error == 0 && fsync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error != 0)
		unlink(path);
	return error;
}

static int
move(const struct state_file *s, int from, int to)
{
	if (rename(s->paths[from], s->paths[to]) == 0 && file_sync_directory(s->paths[to]) == 0)
		return 0;
	diag("cannot make '%s%s' '%s%s': %s", s->name, suffixes[from], s->name, suffixes[to],
		strerror(errno));
	return -1;
}

int
state_file_write(const struct state_file *s, const struct strbuf *text)
{
	int error;

	if (text == NULL) {
		if (unlink(s->paths[STATE_NEXT]) == 0 || errno == ENOENT)
			return 0;
		diag("cannot remove '%s.next': %s", s->name, strerror(errno));
		return -1;
	}
	if ((error = write_temporary(s, text)) != 0) {
		diag("cannot write '%s.tmp': %s", s->name, strerror(error));
		return -1;
	}
	return move(s, STATE_TEMPORARY, STATE_NEXT);
}

int
state_file_commit(const struct state_file *s)
{
	if (access(s->paths[STATE_NEXT], F_OK) == 0)
		return move(s, STATE_NEXT, STATE_FILE) == 0 ? EXIT_DONE : EXIT_IO;
	if (access(s->paths[STATE_FILE], F_OK) == 0)
		return EXIT_DONE;
	diag("there is no state '%s': a run with --state makes it", s->name);
	return EXIT_USAGE;
}
