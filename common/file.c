#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)

int
file_read(const char *path, struct strbuf *sb)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), saved;
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	/* Room for all at once where the size is known; a wrong size only costs time. */
	if (fstat(fd, &st) == 0 && st.st_size > 0 && (size_t)st.st_size < sb->max - sb->len)
		strbuf_room(sb, (size_t)st.st_size + 1);
	do {
		size_t left = sb->max - sb->len, room = sb->size - sb->len;
		char *p, past;

		if (room == 0)
			room = left < PIECE ? left : PIECE;
		p = strbuf_room(sb, room);
		if (p == NULL) {
			errno = ENOMEM;
			n = -1; /* the read before was fine, the whole is not */
			break;
		}
		/*
		 * At the cap, one byte more tells a file that just fits from one that is too large.
		 */
		n = room != 0 ? read(fd, p, room) : read(fd, &past, 1);
		if (room == 0 && n > 0) {
			errno = EFBIG;
			n = -1;
			break;
		}
		if (n > 0)
			sb->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	saved = errno;
	if (fd != STDIN_FILENO)
		close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

bool
file_is_same(const struct stat *st, const struct stat *other)
{
	return st->st_dev == other->st_dev && st->st_ino == other->st_ino && !S_ISCHR(st->st_mode);
}

int
file_sync_directory(const char *path)
{
	char *real = realpath(path, NULL), *slash;
	int fd, status = 0;

	if (real == NULL)
		return -1;
	slash = strrchr(real, '/');
	slash[slash == real] = '\0';
	fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(real);
	/* One that may be written and not read cannot be asked for more. */
	if (fd < 0)
		return errno == EACCES ? 0 : -1;
	if (fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
		status = -1;
	close(fd);
	return status;
}
