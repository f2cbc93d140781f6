/* portable - what systems have under different names; with WB_PORTABLE, the ways of others. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "diag.h"
#include "portable.h"
#include "unit.h"

static void
last_byte(void)
{
	static const char text[] = "a/b/\xff/c";

	EXPECT(portable_last(text, '/', sizeof(text)) == text + 5);
	EXPECT(portable_last(text, '/', 5) == text + 3);
	EXPECT(portable_last(text, 'a', 1) == text);
	EXPECT(portable_last(text, 0xff, sizeof(text)) == text + 4);
	EXPECT(portable_last(text, -1, sizeof(text)) == text + 4);
	EXPECT(portable_last(text, 'b', 2) == NULL);
	EXPECT(portable_last(text, 'a', 0) == NULL);
}

static void
random_bytes(void)
{
	unsigned char a[256] = {0}, b[256] = {0};

	EXPECT(portable_random(a, sizeof(a)) == 0 && portable_random(b, sizeof(b)) == 0);
	EXPECT(memcmp(a, b, sizeof(a)) != 0);
}

static int
is_kept_from_programs(int fd)
{
	return fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

static void
descriptors(void)
{
	int fds[2] = {-1, -1}, fd;
	char byte = 0;

	EXPECT(portable_pipe(fds) == 0);
	EXPECT(is_kept_from_programs(fds[0]) && is_kept_from_programs(fds[1]));
	EXPECT(portable_set_nonblocking(fds[0]) == 0);
	EXPECT(read(fds[0], &byte, 1) == -1 && errno == EAGAIN);
	EXPECT(write(fds[1], "x", 1) == 1 && read(fds[0], &byte, 1) == 1 && byte == 'x');
	close(fds[0]);
	close(fds[1]);
	EXPECT(portable_set_nonblocking(fds[0]) == -1 && errno == EBADF);

	EXPECT(portable_socketpair(fds) == 0);
	EXPECT(is_kept_from_programs(fds[0]) && is_kept_from_programs(fds[1]));
	EXPECT(send(fds[0], "y", 1, PORTABLE_NOSIGNAL) == 1 && recv(fds[1], &byte, 1, 0) == 1);
	close(fds[0]);
	close(fds[1]);

	fd = portable_socket(AF_INET, SOCK_STREAM, 0);
	EXPECT(is_kept_from_programs(fd));
	close(fd);
	EXPECT(portable_socket(-1, SOCK_STREAM, 0) == -1);
}

static void
files(void)
{
	char dir[] = "/tmp/wb-portable.XXXXXX", path[PATH_MAX];
	int from, fd, status;

	EXPECT(mkdtemp(dir) != NULL);
	from = open(dir, O_RDONLY | O_DIRECTORY);
	fd = openat(from, "a", O_WRONLY | O_CREAT, 0600);
	EXPECT(fd >= 0 && write(fd, "a", 1) == 1 && portable_sync(fd) == 0);
	close(fd);
	EXPECT(portable_sync(-1) == -1 && errno == EBADF);

	/* a file is there already, under its own name; or it cannot be said in one step */
	status = portable_rename_new(from, from, "a");
	EXPECT(status == -1 && (errno == EEXIST || errno == ENOSYS || errno == EINVAL));
	status = portable_exchange(from, from, "a");
	EXPECT(status == 0 || errno == ENOSYS || errno == EINVAL);
	snprintf(path, sizeof(path), "%s/a", dir);
	EXPECT(unlink(path) == 0 && rmdir(dir) == 0);
	close(from);
}

static void
self(void)
{
	char path[PATH_MAX] = "";
	ssize_t len;

	diag_init_part("wb-test", "portable");
	len = portable_self(path, sizeof(path));
	EXPECT(len > 0 && path[len] == '\0' && strcmp(path + len - 9, "/portable") == 0);
	EXPECT(len > 0 && access(path, X_OK) == 0);
	EXPECT(portable_again(path, sizeof(path)) == (ssize_t)strlen(path));
	EXPECT(access(path, X_OK) == 0);
	EXPECT_STR(diag_program(), "portable");
	EXPECT_STR(diag_tool(), "wb-test");
#if !PORTABLE_LINUX && !defined(__APPLE__) && !defined(__FreeBSD__)
	/* looked for in $PATH: the first that can be run; an empty entry is where we are */
	diag_init("sh");
	setenv("PATH", "/nowhere:/bin:/usr/bin", 1);
	EXPECT(portable_self(path, sizeof(path)) == 7);
	EXPECT_STR(path, "/bin/sh");
	EXPECT(chdir("/bin") == 0);
	setenv("PATH", "/nowhere::/usr/bin", 1);
	EXPECT(portable_self(path, sizeof(path)) == 2);
	EXPECT_STR(path, "sh");
	EXPECT(portable_self(path, 2) == -1 && errno == ENOENT);
	setenv("PATH", "/nowhere", 1);
	EXPECT(portable_self(path, sizeof(path)) == -1 && errno == ENOENT);
	unsetenv("PATH");
	EXPECT(portable_self(path, sizeof(path)) == -1 && errno == ENOENT);
#endif
}

int
main(int argc, char **argv)
{
	char path[PATH_MAX];

	/* where it stands must be in $PATH, for those that look there */
	if (argc > 0 && strrchr(argv[0], '/') != NULL) {
		snprintf(path, sizeof(path), "%.*s:%s", (int)(strrchr(argv[0], '/') - argv[0]),
			argv[0], getenv("PATH") != NULL ? getenv("PATH") : "");
		setenv("PATH", path, 1);
	}
	RUN(last_byte, "the last of a byte");
	RUN(random_bytes, "random bytes");
	RUN(descriptors, "descriptors that no program inherits");
	RUN(files, "files: durable, and moved in one step");
	RUN(self, "the file of the program");
	UNIT_DONE();
}
