/* journal_file - old lines are dropped, and a crash at any step leaves a whole journal. */
#include <errno.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "journal_files.h"

#define OLD                                                                                        \
	"{\"delivery_id\":\"old\",\"status\":\"finished\",\"at\":\"2026-11-01T00:00:00.000Z\"}\n"
#define NEW                                                                                        \
	"{\"delivery_id\":\"new\",\"status\":\"finished\",\"at\":\"2026-11-24T00:00:00.000Z\"}\n"
#define NO_TIME "{\"delivery_id\":\"no-time\",  \"status\":\"finished\",\"x\":1.10}\n"
#define FAILED                                                                                     \
	"{\"delivery_id\":\"failed\",\"status\":\"failed\",\"at\":\"2026-11-01T00:00:00.000Z\"}\n"

/* The step at which the process ends, or at which it fails; 0: none. */
static unsigned steps, crash_at, fail_at;

static bool
step(void)
{
	steps++;
	if (steps == crash_at)
		_exit(0);
	if (steps != fail_at)
		return true;
	errno = EIO;
	return false;
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	if (fd != STDOUT_FILENO && fd != STDERR_FILENO && !step())
		return -1;
	return (ssize_t)syscall(SYS_write, fd, bytes, len);
}

int
fsync(int fd)
{
	return step() ? (int)syscall(SYS_fsync, fd) : -1;
}

int
fchmod(int fd, mode_t mode)
{
	return step() ? (int)syscall(SYS_fchmod, fd, mode) : -1;
}

int
flock(int fd, int how)
{
	return step() ? (int)syscall(SYS_flock, fd, how) : -1;
}

int
rename(const char *from, const char *to)
{
	return step() ? renameat(AT_FDCWD, from, AT_FDCWD, to) : -1;
}

static void
keeps(void)
{
	struct journal *j, *other;
	struct stat st;
	size_t len;
	int status;

	files_text("j", NO_TIME OLD "\n" NEW FAILED OLD);
	files_text("j.new", "left over by a crash");
	files_must(chmod("j", 0640) == 0, "chmod");
	j = files_open_keep("j", 7 * FILES_DAY, &status);
	EXPECT(j != NULL && journal_count(j) == 2);
	EXPECT_STR(files_message, "");
	EXPECT(files_has(j, "new") && files_has(j, "no-time") && !files_has(j, "old"));
	EXPECT_STR(files_get("j", &len), NO_TIME "\n" NEW);
	EXPECT(!files_exist("j.new"));
	EXPECT(stat("j", &st) == 0 && (st.st_mode & 07777) == 0640);
	other = files_open("j", &status);
	EXPECT(other == NULL && status == EXIT_USAGE); /* the new file is locked, too */
	EXPECT(files_add(j, "more") == 0 && journal_close(j) == 0);
	j = files_open("j", &status);
	EXPECT(j != NULL && journal_count(j) == 3 && files_has(j, "more"));
	journal_close(j);
}

static void
keeps_all(void)
{
	struct journal *j;
	struct stat before, after;
	int status;

	files_text("j", NO_TIME OLD NEW);
	files_must(stat("j", &before) == 0, "j");
	j = files_open_keep("j", 0, &status);
	EXPECT(j != NULL && journal_count(j) == 3);
	journal_close(j);
	j = files_open_keep("j", 30 * FILES_DAY, &status);
	EXPECT(j != NULL && journal_count(j) == 3);
	journal_close(j);
	j = files_open_keep("j", UINT64_MAX, &status);
	EXPECT(j != NULL && journal_count(j) == 3);
	journal_close(j);
	EXPECT(stat("j", &after) == 0 && after.st_ino == before.st_ino);
}

/* Of a big file, an eighth must be old. */
static void
too_few(void)
{
	for (int old = 1249; old <= 1251; old++) {
		struct stat st;
		struct journal *j;
		int status;
		FILE *f = fopen("j", "w");
		off_t size = 0;

		files_must(f != NULL, "j");
		for (int i = 0; i < 20000; i++)
			size += fprintf(f, "%s", i < 2 * old ? OLD : NEW);
		fclose(f);
		EXPECT(size > 1024 * 1024);
		j = files_open_keep("j", 7 * FILES_DAY, &status);
		EXPECT(j != NULL && journal_count(j) == 1 && !files_has(j, "old"));
		journal_close(j);
		EXPECT(stat("j", &st) == 0);
		EXPECT(st.st_size == (old < 1250 ? size : size - 2 * old * (off_t)strlen(OLD)));
	}
}

static void
all_old(void)
{
	struct journal *j;
	size_t len;
	int status;

	files_text("j", OLD OLD);
	j = files_open_keep("j", FILES_DAY, &status);
	EXPECT(j != NULL && journal_count(j) == 0);
	EXPECT(files_add(j, "x") == 0 && journal_close(j) == 0);
	EXPECT(strncmp(files_get("j", &len), "{\"delivery_id\":\"x\"", 18) == 0);
}

static void
linked(void)
{
	struct journal *j;
	struct stat st;
	size_t len;
	int status;

	files_text("j", OLD NEW);
	unlink("link");
	files_must(symlink("j", "link") == 0, "symlink");
	j = files_open_keep("link", 7 * FILES_DAY, &status);
	EXPECT(j != NULL && !files_has(j, "old"));
	journal_close(j);
	EXPECT(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
	EXPECT(lstat("j", &st) == 0 && S_ISREG(st.st_mode));
	EXPECT_STR(files_get("j", &len), NEW);
	/* what somebody linked to the name of the new file is not written to */
	files_text("j", OLD NEW);
	files_must(symlink("/dev/full", "j.new") == 0, "symlink");
	j = files_open_keep("j", 7 * FILES_DAY, &status);
	EXPECT(j != NULL);
	EXPECT_STR(files_message, "");
	journal_close(j);
	EXPECT(lstat("j", &st) == 0 && S_ISREG(st.st_mode) && st.st_size == (off_t)strlen(NEW));
	/* a link that leads nowhere makes the file */
	unlink("j");
	j = files_open("link", &status);
	EXPECT(j != NULL && files_exist("j"));
	journal_close(j);
	unlink("link");
}

/* Open with ${keep} in a child that ends at step ${at}. Returns whether it got that far. */
static bool
crashes(unsigned at)
{
	int wait_status, status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		struct journal *j;

		steps = 0;
		crash_at = at;
		j = files_open_keep("j", 7 * FILES_DAY, &status);
		_exit(j != NULL ? 1 : 2);
	}
	files_must(pid > 0 && waitpid(pid, &wait_status, 0) == pid, "fork");
	EXPECT(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) != 2);
	return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

static void
crash(void)
{
	unsigned at = 1;

	for (bool more = true; more; at++) {
		struct journal *j;
		const char *got;
		size_t len;
		int status;

		files_text("j", OLD NEW);
		more = crashes(at);
		got = files_get("j", &len);
		EXPECT(strcmp(got, OLD NEW) == 0 || strcmp(got, NEW) == 0);
		j = files_open_keep("j", 7 * FILES_DAY, &status);
		EXPECT(j != NULL && journal_count(j) == 1 && files_has(j, "new"));
		EXPECT_STR(files_message, "");
		journal_close(j);
		EXPECT(!files_exist("j.new"));
	}
	EXPECT(at > 6);
}

/* A step that fails leaves the old file, and all goes on; or is an error where nothing is sure. */
static void
failing_steps(void)
{
	unsigned kept = 0, ended = 0;

	for (unsigned at = 1;; at++) {
		struct journal *j;
		const char *got;
		size_t len;
		int status;

		files_text("j", OLD NEW);
		steps = 0;
		fail_at = at;
		j = files_open_keep("j", 7 * FILES_DAY, &status);
		fail_at = 0;
		got = files_get("j", &len);
		if (steps < at) {
			journal_close(j);
			break;
		}
		EXPECT(!files_exist("j.new"));
		EXPECT(strstr(files_message, "Input/output error") != NULL);
		if (j == NULL) {
			EXPECT(status == EXIT_IO);
			ended++;
			continue;
		}
		EXPECT(strncmp(files_message,
			       "wb-send: cannot drop old lines of journal 'j': ", 47) == 0);
		EXPECT(strcmp(got, OLD NEW) == 0 && !files_has(j, "old"));
		EXPECT(files_add(j, "more") == 0 && journal_close(j) == 0);
		kept++;
	}
	EXPECT(kept == 5 && ended == 2); /* flock of the old file and fsync of the directory */
}

/* The sender that waits for nothing opens what the name is now, not what it was. */
static void
replaced(void)
{
	struct journal *j, *other;
	int status, fd;

	files_text("j", OLD NEW);
	fd = open("j", O_RDWR);
	j = files_open_keep("j", 7 * FILES_DAY, &status);
	EXPECT(j != NULL && flock(fd, LOCK_EX | LOCK_NB) == 0); /* nobody has the old one */
	other = files_open("j", &status);
	EXPECT(other == NULL && status == EXIT_USAGE);
	close(fd);
	journal_close(j);
}

int
main(void)
{
	files_start();
	RUN(keeps, "old lines go, all others stay as they are");
	RUN(keeps_all, "nothing to drop");
	RUN(too_few, "a big file with few old lines");
	RUN(all_old, "nothing but old lines");
	RUN(linked, "links stay");
	RUN(crash, "a crash at any step");
	RUN(failing_steps, "a step that fails");
	RUN(replaced, "the lock goes over to the new file");
	files_done();
	UNIT_DONE();
}
