/* appender - lines that are whole, whatever fails, and those of others beside them. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "appender.h"
#include "diag.h"
#include "unit.h"

static char path[] = "/tmp/wb-appender.XXXXXX";

/* The disk takes so many bytes more; others append before that, or behind. */
static size_t room = SIZE_MAX;
static bool others_before, others_behind;

static void
append_other(bool *wanted)
{
	int fd;

	if (!*wanted)
		return;
	*wanted = false;
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	EXPECT(fd >= 0 && syscall(SYS_write, fd, "other\n", 6) == 6);
	close(fd);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	ssize_t n;

	append_other(&others_before);
	if (room == 0) {
		append_other(&others_behind);
		errno = ENOSPC;
		return -1;
	}
	n = syscall(SYS_write, fd, data, len < room ? len : room);
	room -= n > 0 && room != SIZE_MAX ? (size_t)n : 0;
	return n;
}

static struct appender *
start(void)
{
	struct appender *a;
	int status;

	if (truncate(path, 0) != 0 || (a = appender_open(path, &status)) == NULL)
		exit(1);
	appender_add(a, "one", 3);
	appender_add(a, "two", 3);
	appender_add(a, "three", 5);
	return a;
}

/* Whether the file is ${text} to the byte. */
static bool
is(const char *text)
{
	char all[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, all, sizeof(all));

	close(fd);
	return n == (ssize_t)strlen(text) && memcmp(all, text, (size_t)n) == 0;
}

static void
test_full(void)
{
	for (size_t n = 0; n < strlen("one\ntwo\nthree\n"); n++) {
		struct appender *a = start();

		room = n;
		EXPECT(appender_write(a) == -1 && errno == ENOSPC);
		EXPECT(is(n >= 8 ? "one\ntwo\n" : n >= 4 ? "one\n" : ""));
		room = SIZE_MAX;
		EXPECT(appender_write(a) == 0 && is("one\ntwo\nthree\n"));
		EXPECT(appender_close(a) == 0);
	}
}

static void
test_others(void)
{
	struct appender *a = start();

	others_before = true;
	room = 6;
	EXPECT(appender_write(a) == -1 && errno == ENOSPC);
	EXPECT(is("other\none\n"));
	room = 6;
	others_behind = true;
	EXPECT(appender_write(a) == -1 && is("other\none\ntwo\nthother\n"));
	room = SIZE_MAX;
	EXPECT(appender_write(a) == 0 && is("other\none\ntwo\nthother\nthree\n"));
	EXPECT(appender_close(a) == 0);
}

int
main(void)
{
	int fd = mkstemp(path);

	diag_init("wb-send");
	if (fd < 0)
		return 1;
	close(fd);
	RUN(test_full, "wherever a write ends, lines are whole, and the rest is written later");
	RUN(test_others, "what others append stays");
	unlink(path);
	UNIT_DONE();
}
