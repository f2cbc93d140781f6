/* recorder - whatever fails, all else that is kept of a delivery's end is still kept. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "diag.h"
#include "recorder.h"
#include "unit.h"

static pthread_t test_thread;
static char dir[] = "/tmp/wb-recorder.XXXXXX";

/* The disk: whether it has room for more, and how often it was asked to have it all. */
static int fallocate_error;
static off_t disk_end; /* 0: none */
static atomic_uint syncs;
static atomic_bool holds_sync, fails_sync; /* fdatasync does not return; it fails */

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	errno = disk_end != 0 && at + len > disk_end ? ENOSPC : fallocate_error;
	return errno != 0 ? -1 : (int)syscall(SYS_fallocate, fd, mode, at, len);
}

int
fdatasync(int fd)
{
	const int status = (int)syscall(SYS_fdatasync, fd);

	syncs++;
	while (holds_sync)
		sched_yield();
	if (!fails_sync)
		return status;
	errno = EIO;
	return -1;
}

/* The next time that a lock of the test's thread is given back, the disk fails at once. */
static struct pollfd *failing;

int
pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	int (*unlock)(pthread_mutex_t *);
	int status;

	*(void **)&unlock = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
	status = unlock(mutex);
	if (failing != NULL && pthread_equal(pthread_self(), test_thread)) {
		holds_sync = false;
		EXPECT(poll(failing, 1, 60000) == 1);
		failing = NULL;
	}
	return status;
}

static struct recorder *
open_all(const char *out, const char *dead)
{
	const struct recorder_options options = {.journal = "j",
		.dead_letter = dead,
		.out_fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600),
		.rejects_fd = -1};
	int status, err = open("err", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct recorder *r;

	/* Messages, and receipts that went nowhere else. */
	if (err < 0 || dup2(err, STDERR_FILENO) < 0 || options.out_fd < 0 ||
		(r = recorder_new(&options, &status)) == NULL)
		exit(1);
	close(err);
	return r;
}

/* Delivery ${id} has ended after an attempt. */
static void
add(struct recorder *r, const char *id, enum receipt_status status)
{
	static struct record rec;
	char line[256];
	struct json js;
	int len = snprintf(line, sizeof(line),
		"{\"delivery_id\":\"%s\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":"
		"\"a\"},\"request\":{\"url\":\"https://e/\",\"headers\":{},\"body\":\"\"}}",
		id);
	const struct receipt receipt = {.rec = &rec, .status = status, .attempts = 1};

	json_init(&js, line, (size_t)len);
	EXPECT(record_read(&js, &rec));
	recorder_add(r, &receipt, line, (size_t)len);
}

/* Flush until there is nothing to wait for, as a loop does. Returns what flushing does at last. */
static int
settle(struct recorder *r)
{
	struct pollfd fds[RECORDER_FDS];
	int turns = 0, status = recorder_flush(r);
	size_t n;

	while ((n = recorder_fds(r, fds)) > 0 && ++turns < 1000) {
		EXPECT(poll(fds, n, 60000) > 0);
		status = recorder_flush(r);
	}
	EXPECT(turns < 1000);
	return status;
}

/* Whether the file ${name} holds ${text}. */
static bool
holds(const char *name, const char *text)
{
	static char all[65536];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, all, sizeof(all) - 1) : 0;

	if (fd >= 0)
		close(fd);
	all[n > 0 ? n : 0] = '\0';
	return strstr(all, text) != NULL;
}

static int
finish(struct recorder *r)
{
	int status = recorder_wait(r, -1, -1);

	EXPECT(status == 0);
	status = recorder_finish(r);

	recorder_free(r);
	return status;
}

static void
clean_up(void)
{
	unlink("j");
	unlink("dead");
	unlink("out");
	unlink("err");
}

static void
test_all_well(void)
{
	struct recorder *r = open_all("out", "dead");

	add(r, "one", RECEIPT_FINISHED);
	add(r, "two", RECEIPT_FAILED);
	EXPECT(settle(r) == 0 && !recorder_has_failed(r));
	EXPECT(holds("out", "\"one\"") && holds("out", "\"two\""));
	EXPECT(holds("j", "\"delivery_id\":\"one\",\"status\":\"finished\""));
	EXPECT(holds("j", "\"delivery_id\":\"two\",\"status\":\"failed\""));
	EXPECT(!holds("dead", "\"one\"") && holds("dead", "\"two\""));
	EXPECT(finish(r) == 0);
	clean_up();
}

/* Receipts cannot be printed: what ends then is in the files, and those are durable. */
static void
test_no_receipts(void)
{
	struct recorder *r = open_all("/dev/full", "dead");
	unsigned before;

	add(r, "one", RECEIPT_FINISHED);
	EXPECT(settle(r) != 0 && recorder_has_failed(r) && !recorder_has_room(r, 1));
	before = syncs;
	add(r, "two", RECEIPT_FINISHED);
	add(r, "three", RECEIPT_FAILED);
	EXPECT(settle(r) != 0);
	EXPECT(holds("j", "\"two\"") && holds("dead", "\"three\""));
	EXPECT(syncs > before);
	before = syncs;
	add(r, "four", RECEIPT_FAILED);
	EXPECT(finish(r) != 0);
	EXPECT(holds("dead", "\"four\"") && syncs > before);
	EXPECT(holds("err", "\"one\"") && holds("err", "\"four\""));
	clean_up();
}

/* Dead letters cannot be written, while the journal is on its way to the disk. */
static void
test_no_dead_letters(void)
{
	struct recorder *r = open_all("out", "/dev/full");

	add(r, "one", RECEIPT_FINISHED);
	EXPECT(recorder_flush(r) == 0);
	add(r, "two", RECEIPT_FAILED);
	EXPECT(recorder_flush(r) != 0);
	EXPECT(settle(r) != 0);
	add(r, "three", RECEIPT_FINISHED);
	EXPECT(settle(r) != 0);
	EXPECT(holds("j", "\"three\""));
	EXPECT(finish(r) != 0);
	/* What receipts say is true all the same. */
	EXPECT(holds("out", "\"one\"") && holds("out", "\"two\"") && holds("out", "\"three\""));
	EXPECT(holds("err", "1 deliveries have failed and are not in '/dev/full'"));
	EXPECT(!holds("err", "\"one\"") && !holds("err", "\"two\""));
	clean_up();
}

/* There is no room for more: what is under way has its place, and its receipts as always. */
static void
test_no_room(void)
{
	struct recorder *r = open_all("out", "dead");

	EXPECT(recorder_has_room(r, 2));
	fallocate_error = ENOSPC;
	EXPECT(!recorder_has_room(r, 8000) && recorder_has_failed(r));
	add(r, "one", RECEIPT_FINISHED);
	add(r, "two", RECEIPT_FAILED);
	EXPECT(settle(r) != 0);
	EXPECT(holds("j", "\"one\"") && holds("out", "\"one\"") && holds("out", "\"two\""));
	EXPECT(finish(r) != 0 && !holds("err", "\"one\""));
	fallocate_error = 0;
	clean_up();
}

/* There is room for short lines only, and to ask for more input does not make it more. */
static void
test_little_room(void)
{
	struct recorder *r = open_all("out", "dead");

	disk_end = 1024;
	EXPECT(recorder_has_room(r, 2));
	EXPECT(recorder_has_room(r, 0));
	add(r, "one", RECEIPT_FINISHED);
	EXPECT(settle(r) == 0);
	EXPECT(holds("j", "\"one\"") && !holds("j", "\"url\""));
	EXPECT(finish(r) == 0);
	disk_end = 0;
	clean_up();
}

/* The disk fails while it is asked how far it is. */
static void
test_failure_meanwhile(void)
{
	struct recorder *r = open_all("out", "dead");
	struct pollfd fds[RECORDER_FDS];

	holds_sync = fails_sync = true;
	add(r, "one", RECEIPT_FINISHED);
	EXPECT(recorder_flush(r) == 0 && recorder_fds(r, fds) == 1);
	failing = fds;
	EXPECT(recorder_flush(r) == 0 && failing == NULL);
	/* That is still to be heard of. */
	EXPECT(recorder_fds(r, fds) == 1 && poll(fds, 1, 0) == 1);
	EXPECT(recorder_flush(r) != 0 && recorder_fds(r, fds) == 0);
	EXPECT(finish(r) != 0 && holds("err", "\"one\""));
	fails_sync = false;
	clean_up();
}

int
main(void)
{
	test_thread = pthread_self();
	diag_init("wb-send");
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	RUN(test_all_well, "journal, dead letters, receipts");
	RUN(test_no_receipts, "no receipts: the files are kept on, and made durable");
	RUN(test_no_dead_letters,
		"no dead letters: the journal is, and nothing is waited for in vain");
	RUN(test_no_room, "no room for more: what is under way is kept and told as always");
	RUN(test_little_room, "little room: the journal's lines are short");
	RUN(test_failure_meanwhile, "a disk that fails while it is asked is heard of");
	if (chdir("/") != 0 || rmdir(dir) != 0)
		return 1;
	UNIT_DONE();
}
