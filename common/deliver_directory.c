#include "deliver_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"

/* Returns 0, or -1 after a message. */
static int
name_places(struct deliver_directory *dir)
{
	static const char *const names[PLACES] = {"lock", "registry.state", "rests",
		"journal.jsonl", "receipts.jsonl", "dead.jsonl", "dead.again", "event.rejects",
		"match.rejects", "render.rejects", "send.rejects"};

	for (int i = 0; i < PLACES; i++) {
		if (snprintf(dir->path[i], PATH_MAX, "%s/%s", dir->name, names[i]) < PATH_MAX)
			continue;
		diag("the name of directory '%s' is too long", dir->name);
		return -1;
	}
	return 0;
}

/* What root makes in the directory of another user, runs of that user could not go on with. */
static bool
is_ours(const char *name)
{
	struct stat st;

	if (geteuid() != 0 || stat(name, &st) != 0 || st.st_uid == 0)
		return true;
	diag("directory '%s' belongs to user %lu: run it as that user", name,
		(unsigned long)st.st_uid);
	return false;
}

static int
tell(const struct deliver_directory *dir)
{
	diag("cannot lock '%s': %s", dir->path[PLACE_LOCK], strerror(errno));
	return EXIT_USAGE;
}

int
deliver_directory_open(struct deliver_directory *dir, const char *name, bool *is_busy)
{
	*dir = (struct deliver_directory){.name = name, .lock_fd = -1};
	*is_busy = false;
	if (name_places(dir) != 0)
		return EXIT_USAGE;
	if (mkdir(name, 0700) != 0 && errno != EEXIST) {
		diag("cannot make directory '%s': %s", name, strerror(errno));
		return EXIT_USAGE;
	}
	if (!is_ours(name))
		return EXIT_USAGE;
	/* Programs inherit it: one that outlives us still is a run that goes on. */
	dir->lock_fd = open(dir->path[PLACE_LOCK], O_RDWR | O_CREAT | O_NOCTTY | O_NOFOLLOW, 0600);
	if (dir->lock_fd >= 0 && flock(dir->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return -1;
	*is_busy = dir->lock_fd >= 0 && errno == EWOULDBLOCK;
	return *is_busy ? EXIT_DONE : tell(dir);
}

int
deliver_directory_wait(struct deliver_directory *dir)
{
	while (flock(dir->lock_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return tell(dir);
	return -1;
}

int
deliver_directory_take_letters(const struct deliver_directory *dir)
{
	const char *dead = dir->path[PLACE_DEAD], *again = dir->path[PLACE_AGAIN];

	struct stat st;

	if (access(again, F_OK) == 0)
		return 1;
	/* wb-send makes the file before there is one */
	if (stat(dead, &st) == 0 ? st.st_size == 0 : errno == ENOENT)
		return 0;
	if (rename(dead, again) == 0)
		return 1;
	diag("cannot rename '%s' to '%s': %s", dead, again, strerror(errno));
	return -1;
}

int
deliver_directory_drop_letters(const struct deliver_directory *dir)
{
	if (unlink(dir->path[PLACE_AGAIN]) == 0 || errno == ENOENT)
		return 0;
	diag("cannot remove '%s': %s", dir->path[PLACE_AGAIN], strerror(errno));
	return -1;
}

void
deliver_directory_close(struct deliver_directory *dir)
{
	if (dir->lock_fd >= 0)
		close(dir->lock_fd);
	dir->lock_fd = -1;
}
