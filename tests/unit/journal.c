/* journal - what is recorded is there in the next run, whatever the disk does meanwhile. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "journal_files.h"
#include "random.h"

#define ID "0123456789abcdef0123456789abcdef"
#define LINE                                                                                       \
	"{\"delivery_id\":\"" ID "\",\"status\":\"finished\",\"at\":\"2026-11-24T11:17:08.123Z\"}\n"

/* The disk: how many bytes it still takes, and what fallocate does. */
static struct {
	size_t room;
	int fallocate_error;
	off_t largest; /* more than that in one go is refused with ENOSPC, if not 0 */
	unsigned fallocates;
} disk = {.room = SIZE_MAX};

ssize_t
write(int fd, const void *bytes, size_t len)
{
	size_t n = len < disk.room ? len : disk.room;

	if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
		n = len;
	else if (n == 0 && len != 0) {
		errno = ENOSPC;
		return -1;
	} else if (disk.room != SIZE_MAX)
		disk.room -= n;
	return (ssize_t)syscall(SYS_write, fd, bytes, n);
}

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	disk.fallocates++;
	errno = disk.fallocate_error;
	if (errno == 0 && disk.largest != 0 && len > disk.largest)
		errno = ENOSPC;
	if (errno != 0)
		return -1;
	return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

static void
bytes(void)
{
	struct journal *j;
	struct stat st;
	const char *got;
	size_t len;
	int status;

	unlink("j");
	umask(0);
	j = files_open("j", &status);
	EXPECT(j != NULL && journal_count(j) == 0 && !files_has(j, ID));
	EXPECT_STR(files_message, "");
	EXPECT(fstat(journal_descriptor(j), &st) == 0 && (st.st_mode & 07777) == 0600);
	EXPECT(files_add(j, ID) == 0 && files_has(j, ID));
	EXPECT(stat("j", &st) == 0 && st.st_size == 0);
	EXPECT(journal_write(j) == 0 && journal_write(j) == 0);
	EXPECT_STR(files_get("j", &len), LINE);
	EXPECT(files_add_at(j, "a-B_9", 5, 1000) == 0);
	EXPECT(journal_close(j) == 0);
	got = files_get("j", &len);
	EXPECT(strncmp(got, LINE, strlen(LINE)) == 0);
	EXPECT_STR(got + strlen(LINE),
		"{\"delivery_id\":\"a-B_9\",\"status\":\"finished\",\"at\":\"1970-01-01T00:00:01.000Z\"}\n");
	EXPECT(journal_close(NULL) == 0);
}

/* Other lines than of what is finished, and what a line may say beside. */
static void
history(void)
{
	static char more[JOURNAL_MORE_MAX + 1];
	struct journal_entry entry = {.id = "b",
		.id_len = 1,
		.status = "failed",
		.at_ms = 1000,
		.more = ",\"error\":{\"status\":\"finished\"}",
		.more_len = 30};
	struct journal *j;
	const char *got;
	int status;
	size_t len;

	unlink("j");
	j = files_open("j", &status);
	EXPECT(journal_add(j, &entry) == 0);
	entry = (struct journal_entry){.id = "c", .id_len = 1, .status = "finished", .at_ms = 1000};
	entry.more = more;
	entry.more_len = sizeof(more); /* too long */
	EXPECT(journal_add(j, &entry) == 0);
	memset(more, ' ', sizeof(more));
	memcpy(more, ",\"x\":", 5);
	more[JOURNAL_MORE_MAX - 1] = '1';
	entry.id = "d";
	entry.more_len = JOURNAL_MORE_MAX; /* just not */
	EXPECT(journal_add(j, &entry) == 0 && journal_close(j) == 0);
	got = files_get("j", &len);
	EXPECT(strncmp(got,
		       "{\"delivery_id\":\"b\",\"status\":\"failed\",\"at\":\"1970-01-01T00:00:01.000Z\","
		       "\"error\":{\"status\":\"finished\"}}\n"
		       "{\"delivery_id\":\"c\",\"status\":\"finished\",\"at\":\"1970-01-01T00:00:01.000Z\"}"
		       "\n",
		       172) == 0);
	j = files_open("j", &status);
	EXPECT(j != NULL && journal_count(j) == 2);
	EXPECT(!files_has(j, "b") && files_has(j, "c") && files_has(j, "d"));
	EXPECT(journal_close(j) == 0);
}

/* Ids and times at the ends of what they may be. */
static void
edges(void)
{
	static const int64_t times[] = {INT64_MIN, -1, 0, 999, 253402300799999, INT64_MAX};
	char id[66];
	struct journal *j;
	int status;

	unlink("j");
	j = files_open("j", &status);
	memset(id, 'x', sizeof(id));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		EXPECT(files_add_at(j, id, 64 - i, times[i]) == 0);
	errno = 0;
	EXPECT(files_add_at(j, id, 65, 0) == -1 && errno == EINVAL);
	EXPECT(files_add_at(j, id, 0, 0) == -1 && files_add_at(j, "a\"", 2, 0) == -1);
	EXPECT(files_add_at(j, "a\n", 2, 0) == -1 && files_add_at(j, "\xc3\xa4", 2, 0) == -1);
	EXPECT(journal_close(j) == 0);
	j = files_open("j", &status);
	EXPECT(j != NULL && journal_count(j) == 6);
	for (size_t i = 0; i < 6; i++)
		EXPECT(j != NULL && journal_has(j, id, 64 - i));
	EXPECT(j != NULL && !journal_has(j, id, 58));
	journal_close(j);
}

/* A second sender fails at once, and may go on when the first one is done. */
static void
locked(void)
{
	int status;
	struct journal *j, *other;

	unlink("j");
	j = files_open("j", &status);
	EXPECT(files_add(j, ID) == 0 && journal_write(j) == 0);
	other = files_open("j", &status);
	EXPECT(other == NULL && status == EXIT_USAGE);
	EXPECT_STR(files_message, "wb-send: journal 'j' is in use by another wb-send\n");
	EXPECT(journal_close(j) == 0);
	other = files_open("j", &status);
	EXPECT(other != NULL && files_has(other, ID));
	journal_close(other);
}

static void
cannot_open(void)
{
	int status;

	EXPECT(files_open(".", &status) == NULL && status == EXIT_USAGE);
	EXPECT_STR(files_message, "wb-send: cannot open journal '.': Is a directory\n");
	EXPECT(files_open("/dev/null", &status) == NULL && status == EXIT_USAGE);
	EXPECT_STR(files_message, "wb-send: journal '/dev/null' is not a regular file\n");
	EXPECT(files_open("none/j", &status) == NULL && status == EXIT_USAGE);
	EXPECT(mkfifo("j.new", 0600) == 0);
	EXPECT(files_open("j.new", &status) == NULL && status == EXIT_USAGE);
	unlink("j.new");
}

/* The disk is full after any number of bytes: what is there are whole lines, the rest comes later.
 */
static void
full_disk(void)
{
	const size_t line = strlen(LINE);
	struct journal *j;
	struct stat st;
	int status;

	for (size_t room = 0; room <= 3 * line; room++) {
		unlink("j");
		j = files_open("j", &status);
		EXPECT(files_add(j, ID) == 0 && files_add(j, ID) == 0 && files_add(j, ID) == 0);
		disk.room = room;
		errno = 0;
		EXPECT(journal_write(j) == (room == 3 * line ? 0 : -1));
		EXPECT(room == 3 * line || errno == ENOSPC);
		EXPECT(stat("j", &st) == 0 && (size_t)st.st_size == room / line * line);
		EXPECT(journal_write(j) == (room == 3 * line ? 0 : -1));
		disk.room = SIZE_MAX;
		EXPECT(files_add(j, "last") == 0 && journal_write(j) == 0);
		EXPECT(journal_close(j) == 0);
		j = files_open("j", &status);
		EXPECT(j != NULL && journal_count(j) == 2 && files_has(j, "last"));
		journal_close(j);
		EXPECT(stat("j", &st) == 0 && (size_t)st.st_size == 3 * line + line - 28);
	}
	j = files_open("j", &status);
	EXPECT(files_add(j, "lost") == 0);
	disk.room = 10;
	EXPECT(journal_close(j) == -1 && errno == ENOSPC);
	disk.room = SIZE_MAX;
}

/* Blocks of the disk that the file has. */
static blkcnt_t
blocks(void)
{
	struct stat st;

	return stat("j", &st) == 0 ? st.st_blocks : -1;
}

static void
reserved(void)
{
	struct journal *j;
	struct stat st;
	unsigned calls;
	int status;

	unlink("j");
	j = files_open("j", &status);
	disk.fallocates = 0;
	EXPECT(journal_reserve(j, 1) == 0 && disk.fallocates == 1);
	EXPECT(stat("j", &st) == 0 && st.st_size == 0);
	for (int i = 0; i < 400; i++)
		EXPECT(journal_reserve(j, 1) == 0 && files_add(j, ID) == 0);
	EXPECT(disk.fallocates == 1 && journal_write(j) == 0);
	for (int i = 0; i < 100000; i++)
		EXPECT(journal_reserve(j, 10) == 0 && files_add(j, ID) == 0 &&
			(i % 100 != 0 || journal_write(j) == 0));
	EXPECT(disk.fallocates < 20);
	calls = disk.fallocates;
	EXPECT(journal_reserve(j, 0) == 0 && disk.fallocates == calls);
	EXPECT(journal_close(j) == 0);
	EXPECT(stat("j", &st) == 0 && st.st_size == 100400 * (off_t)strlen(LINE));
	EXPECT(blocks() * 512 <= st.st_size + 65536);
}

static void
reservation_fails(void)
{
	struct journal *j;
	int status;

	unlink("j");
	j = files_open("j", &status);
	disk.fallocate_error = ENOSPC;
	EXPECT(journal_reserve(j, 1) == -1 && errno == ENOSPC);
	disk.fallocate_error = EDQUOT;
	EXPECT(journal_reserve(j, 1) == -1 && errno == EDQUOT);
	disk.fallocate_error = 0;
	disk.largest = 4096; /* no room for what is reserved ahead */
	EXPECT(journal_reserve(j, 30) == 0);
	EXPECT(journal_reserve(j, 100) == -1 && errno == ENOSPC);
	EXPECT(journal_reserve(j, 30) == 0);
	disk.largest = 0;
	disk.fallocate_error = EOPNOTSUPP;
	EXPECT(journal_reserve(j, 1000) == 0);
	disk.fallocate_error = 0;
	EXPECT(journal_reserve(j, SIZE_MAX) == -1 && errno == ENOMEM);
	EXPECT(journal_reserve(j, SIZE_MAX / JOURNAL_LINE_MAX + 2) == -1 && errno == ENOMEM);
	EXPECT(journal_close(j) == 0);
}

/* A limit of the size of files, as far as it goes and no further. */
static void
size_limit(void)
{
	struct rlimit old, limit;
	struct journal *j;
	struct stat st;
	int status;

	signal(SIGXFSZ, SIG_IGN);
	unlink("j");
	j = files_open("j", &status);
	EXPECT(getrlimit(RLIMIT_FSIZE, &old) == 0);
	limit = old;
	limit.rlim_cur = 1000;
	EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	for (int i = 0; i < 6; i++)
		EXPECT(journal_reserve(j, 1) == 0 && files_add(j, ID) == 0 &&
			journal_write(j) == 0);
	EXPECT(journal_reserve(j, 2) == 0);
	EXPECT(journal_reserve(j, 3) == -1 && errno == EFBIG);
	for (int i = 0; i < 4; i++)
		EXPECT(files_add(j, ID) == 0);
	EXPECT(journal_write(j) == -1 && errno == EFBIG);
	EXPECT(stat("j", &st) == 0 && st.st_size == 9 * (off_t)strlen(LINE));
	EXPECT(setrlimit(RLIMIT_FSIZE, &old) == 0);
	EXPECT(journal_close(j) == 0);
	EXPECT(stat("j", &st) == 0 && st.st_size == 10 * (off_t)strlen(LINE));
}

/* Somebody appends in spite of the lock: their line stays, even when ours must be cut. */
static void
not_ours(void)
{
	struct journal *j;
	size_t len;
	int status;
	FILE *f;

	unlink("j");
	j = files_open("j", &status);
	EXPECT(journal_reserve(j, 1) == 0 && files_add(j, ID) == 0 && journal_write(j) == 0);
	f = fopen("j", "a");
	EXPECT(f != NULL && fputs("{\"delivery_id\":\"x\",\"status\":\"finished\"}\n", f) >= 0);
	EXPECT(f != NULL && fclose(f) == 0);
	EXPECT(files_add(j, "y") == 0);
	disk.room = 7;
	EXPECT(journal_write(j) == -1);
	disk.room = SIZE_MAX;
	EXPECT(journal_close(j) == 0);
	j = files_open("j", &status);
	EXPECT(j != NULL && journal_count(j) == 3 && files_has(j, "x") && files_has(j, "y"));
	EXPECT_STR(files_message, "");
	journal_close(j);
	EXPECT(strstr(files_get("j", &len), LINE "{\"delivery_id\":\"x\"") != NULL);
}

#define NUMBERS 3000

/* Many runs, against a table. */
static void
many_runs(void)
{
	static bool there[NUMBERS];
	size_t count = 0;

	unlink("j");
	random_seed(3);
	for (int run = 0; run < 30; run++) {
		int status;
		struct journal *j = files_open("j", &status);

		EXPECT(j != NULL && journal_count(j) == count);
		for (int i = 0; j != NULL && i < 300; i++) {
			size_t number = random_below(NUMBERS);
			char id[65];

			snprintf(id, sizeof(id), number % 3 == 0 ? "%032zx" : "d-%zu", number);
			EXPECT(files_has(j, id) == there[number]);
			if (random_once_in(2))
				continue;
			EXPECT(journal_reserve(j, 1) == 0 && files_add(j, id) == 0);
			count += !there[number];
			there[number] = true;
			EXPECT(!random_once_in(10) || journal_write(j) == 0);
		}
		EXPECT(journal_close(j) == 0);
	}
}

int
main(void)
{
	files_start();
	RUN(bytes, "the bytes of a line, and the mode of the file");
	RUN(history, "what failed, and what else a line says, within its bounds");
	RUN(edges, "ids and times at their limits");
	RUN(locked, "a second sender fails at once");
	RUN(cannot_open, "what is no file");
	RUN(full_disk, "a disk that is full after any byte");
	RUN(reserved, "room is reserved ahead, and given back");
	RUN(reservation_fails, "room that is not to be had");
	RUN(size_limit, "a limit of the size of files");
	RUN(not_ours, "a line that somebody else appended");
	RUN(many_runs, "thirty runs against a table");
	files_done();
	UNIT_DONE();
}
