#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"
#include "output.h"
#include "portable.h"

/* One a directory: it is locked. */
static const char temp_name[] = ".replace.new";

/* ${path} with ${name} in place of what stands behind its last slash. */
static char *
beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	struct strbuf sb;
	char *copy;

	strbuf_init(&sb, PATH_MAX);
	strbuf_add(&sb, path, slash != NULL ? (size_t)(slash - path) + 1 : 0);
	strbuf_adds(&sb, name);
	copy = strbuf_str(&sb) != NULL ? strdup(sb.buf) : NULL;
	strbuf_release(&sb);
	if (copy == NULL)
		errno = ENOMEM;
	return copy;
}

int
replace_lock(const char *path)
{
	char *name = beside(path, ".");
	int fd = -1, status;

	if (name != NULL)
		fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(name);
	if (fd < 0)
		return -1;
	do
		status = flock(fd, LOCK_EX);
	while (status != 0 && errno == EINTR);
	if (status == 0)
		return fd;
	status = errno;
	close(fd);
	errno = status;
	return -1;
}

int
replace_open(struct replace *r, const char *path)
{
	const char *slash;

	*r = (struct replace){.dir = -1};
	if ((r->path = realpath(path, NULL)) == NULL &&
		(errno != ENOENT || (r->path = strdup(path)) == NULL))
		return -1;
	slash = strrchr(r->path, '/');
	r->name = slash != NULL ? slash + 1 : r->path;
	if ((r->temp = beside(r->path, temp_name)) == NULL)
		return -1;
	r->dir = replace_lock(r->path);
	return r->dir < 0 ? -1 : 0;
}

int
replace_read(struct replace *r, struct strbuf *sb)
{
	if (stat(r->path, &r->was) != 0)
		return -1;
	if (!S_ISREG(r->was.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	r->has_read = true;
	return file_read(r->path, sb);
}

/* A group that cannot be given gets no rights either: they were another group's. */
int
replace_copy_owner(const struct stat *was, int fd)
{
	mode_t mode = was->st_mode & 07777;
	struct stat made;

	if (fstat(fd, &made) != 0)
		return -1;
	if ((was->st_uid != made.st_uid || was->st_gid != made.st_gid) &&
		fchown(fd, was->st_uid, was->st_gid) != 0 &&
		fchown(fd, (uid_t)-1, was->st_gid) != 0)
		mode &= ~(mode_t)(S_ISUID | S_ISGID | 0070);
	return fchmod(fd, mode);
}

int
replace_stage(struct replace *r, const void *data, size_t len)
{
	int fd, error;
	size_t written;

	/* What a process left that was killed. A link that somebody put there is not followed. */
	if (unlinkat(r->dir, temp_name, 0) != 0 && errno != ENOENT)
		return -1;
	fd = openat(r->dir, temp_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return -1;
	r->is_staged = true;
	error = output_write(fd, data, len, &written);
	if (error == 0 && ((r->has_read && replace_copy_owner(&r->was, fd) != 0) || fsync(fd) != 0))
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	errno = error;
	return error == 0 ? 0 : -1;
}

bool
replace_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       PORTABLE_MTIM(a).tv_sec == PORTABLE_MTIM(b).tv_sec &&
	       PORTABLE_MTIM(a).tv_nsec == PORTABLE_MTIM(b).tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int
check_unchanged(const struct replace *r)
{
	struct stat now;

	if (fstatat(r->dir, r->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
		replace_is_same(&r->was, &now))
		return 0;
	errno = ESTALE;
	return -1;
}

/* Give the staged file its name, which no other file has. */
static int
make_new(struct replace *r)
{
	struct stat st;

	if (linkat(r->dir, temp_name, r->dir, r->name, 0) == 0) {
		unlinkat(r->dir, temp_name, 0);
		return 0;
	}
	if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS)
		return -1;
	/* A file system without hard links. */
	if (fstatat(r->dir, r->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(r->dir, temp_name, r->dir, r->name);
}

int
replace_commit(struct replace *r)
{
	if (r->has_read ? check_unchanged(r) != 0 ||
				  renameat(r->dir, temp_name, r->dir, r->name) != 0
			: make_new(r) != 0)
		return -1;
	r->is_staged = false;
	return fsync(r->dir);
}

int
replace_remove(struct replace *r)
{
	if (check_unchanged(r) != 0 || unlinkat(r->dir, r->name, 0) != 0)
		return -1;
	return fsync(r->dir);
}

void
replace_close(struct replace *r)
{
	if (r->is_staged)
		unlinkat(r->dir, temp_name, 0);
	if (r->dir >= 0)
		close(r->dir);
	free(r->temp);
	free(r->path);
}
