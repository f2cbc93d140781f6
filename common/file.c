#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)

int
file_read(const char *path, struct strbuf *sb)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), saved;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	do {
		size_t room = sb->max - sb->len < PIECE ? sb->max - sb->len : PIECE;
		char *p = strbuf_room(sb, room), past;

		if (p == NULL) {
			errno = ENOMEM;
			break;
		}
		/* At the cap, one byte more tells a file that just fits from one that is too large. */
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
