#include "file_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "portable.h"
#include "replace.h"

/* One a directory: it is locked. */
static const char stage_name[] = ".import.new";

enum kind { NEW, REPLACED, REMOVED };

struct file_set_change {
	char *name;
	enum kind kind;
	struct stat was; /* of REPLACED */
	bool is_swapped; /* the old file is where the new one was */
};

/* ---- the stage ---- */

/* Take away what is in the stage, and itself. */
static int
remove_stage(const struct file_set *s)
{
	const struct dirent *entry;
	int fd = s->stage >= 0 ? dup(s->stage) : -1;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(s->stage, entry->d_name, 0);
	closedir(dir);
	return unlinkat(s->dir, stage_name, AT_REMOVEDIR);
}

static int
open_stage(struct file_set *s)
{
	s->stage = openat(s->dir, stage_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return s->stage < 0 ? -1 : 0;
}

int
file_set_open(struct file_set *s, const char *dir)
{
	char path[PATH_MAX];

	*s = (struct file_set){.dir = -1, .stage = -1};
	if ((size_t)snprintf(path, sizeof(path), "%s/.", dir) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((s->dir = replace_lock(path)) < 0)
		return -1;
	/* what one left that was killed */
	if (open_stage(s) == 0) {
		if (remove_stage(s) != 0)
			return -1;
		close(s->stage);
		s->stage = -1;
	}
	return mkdirat(s->dir, stage_name, 0700) != 0 || open_stage(s) != 0 ? -1 : 0;
}

/* ---- what is to be done ---- */

static struct file_set_change *
add(struct file_set *s, const char *name, enum kind kind)
{
	struct file_set_change *change;

	if (s->n == s->size) {
		const size_t size = s->size == 0 ? 16 : s->size * 2;
		struct file_set_change *changes = realloc(s->changes, size * sizeof(*changes));

		if (changes == NULL)
			return NULL;
		s->changes = changes;
		s->size = size;
	}
	change = &s->changes[s->n];
	*change = (struct file_set_change){.name = strdup(name), .kind = kind};
	if (change->name == NULL)
		return NULL;
	s->n++;
	return change;
}

int
file_set_put(struct file_set *s, const char *name, const void *data, size_t len,
	const struct stat *was)
{
	struct file_set_change *change = add(s, name, was != NULL ? REPLACED : NEW);
	size_t written;
	int fd, error;

	if (change == NULL)
		return -1;
	if (was != NULL)
		change->was = *was;
	fd = openat(s->stage, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return -1;
	error = output_write(fd, data, len, &written);
	if (error == 0 && ((was != NULL && replace_copy_owner(was, fd) != 0) || fsync(fd) != 0))
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	errno = error;
	return error == 0 ? 0 : -1;
}

int
file_set_remove(struct file_set *s, const char *name)
{
	return add(s, name, REMOVED) != NULL ? 0 : -1;
}

/* ---- doing it ---- */

/* Whether it is the system, or the file system, that cannot do what renameat does not. */
static bool
is_plain(int error)
{
	return error == EINVAL || error == ENOSYS || error == ENOTSUP;
}

static int
put_new(const struct file_set *s, const struct file_set_change *change)
{
	const char *name = change->name;

	if (portable_rename_new(s->stage, s->dir, name) == 0)
		return 0;
	if (!is_plain(errno) || linkat(s->stage, name, s->dir, name, 0) != 0)
		return -1;
	unlinkat(s->stage, name, 0);
	return 0;
}

static int
put_in_place_of(const struct file_set *s, struct file_set_change *change)
{
	const char *name = change->name;
	struct stat now;

	if (fstatat(s->dir, name, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
		!replace_is_same(&change->was, &now)) {
		errno = ESTALE;
		return -1;
	}
	if (portable_exchange(s->stage, s->dir, name) == 0) {
		change->is_swapped = true;
		return 0;
	}
	return is_plain(errno) ? renameat(s->stage, name, s->dir, name) : -1;
}

static int
apply(const struct file_set *s, struct file_set_change *change)
{
	switch (change->kind) {
	case NEW:
		return put_new(s, change);
	case REPLACED:
		return put_in_place_of(s, change);
	default:
		return renameat(s->dir, change->name, s->stage, change->name);
	}
}

/* As far as it can be. */
static void
undo(const struct file_set *s, const struct file_set_change *change)
{
	const char *name = change->name;

	if (change->kind == NEW)
		unlinkat(s->dir, name, 0);
	else if (change->kind == REMOVED)
		renameat(s->stage, name, s->dir, name);
	else if (change->is_swapped)
		portable_exchange(s->stage, s->dir, name);
}

int
file_set_commit(struct file_set *s)
{
	size_t i = 0;
	int error;

	if (fsync(s->stage) != 0)
		return -1;
	while (i < s->n && apply(s, &s->changes[i]) == 0)
		i++;
	if (i == s->n && fsync(s->dir) == 0)
		return 0;
	error = errno;
	while (i > 0)
		undo(s, &s->changes[--i]);
	errno = error;
	return -1;
}

void
file_set_close(struct file_set *s)
{
	if (s->stage >= 0) {
		remove_stage(s);
		close(s->stage);
	}
	if (s->dir >= 0)
		close(s->dir);
	for (size_t i = 0; i < s->n; i++)
		free(s->changes[i].name);
	free(s->changes);
}
