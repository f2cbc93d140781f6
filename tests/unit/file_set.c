/*
 * file_set - files that change together, or not at all; a file system that cannot exchange names.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "file_set.h"
#include "unit.h"

static char dir[] = "/tmp/file_set.XXXXXX";
static bool is_plain; /* renameat2 knows no flags */

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (is_plain && flags != 0) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

static const char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* What is in a file; "-" if there is none. */
static const char *
content(const char *name)
{
	static struct strbuf sb;

	strbuf_release(&sb);
	strbuf_init(&sb, 4096);
	if (file_read(path_of(name), &sb) != 0)
		return "-";
	return strbuf_str(&sb);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, mode);

	EXPECT(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
	EXPECT(chmod(path_of(name), mode) == 0);
}

static struct stat
stat_of(const char *name)
{
	struct stat st;

	EXPECT(lstat(path_of(name), &st) == 0);
	return st;
}

/* How many files there are, hidden ones too. */
static int
count(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
begin(void)
{
	const char *const names[] = {"a", "b", "c", "d"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	write_file("a", "old a", 0640);
	write_file("b", "old b", 0644);
}

static int
put(struct file_set *s, const char *name, const char *text, const struct stat *was)
{
	return file_set_put(s, name, text, strlen(text), was);
}

static void
all_change(void)
{
	struct file_set s;
	struct stat a;

	begin();
	a = stat_of("a");
	EXPECT(file_set_open(&s, dir) == 0);
	EXPECT(put(&s, "c", "new c", NULL) == 0 && put(&s, "a", "new a", &a) == 0 &&
		file_set_remove(&s, "b") == 0);
	EXPECT_STR(content("a"), "old a");
	EXPECT_STR(content("c"), "-");
	EXPECT(file_set_commit(&s) == 0);
	EXPECT_STR(content("a"), "new a");
	EXPECT_STR(content("b"), "-");
	EXPECT_STR(content("c"), "new c");
	EXPECT((stat_of("a").st_mode & 07777) == 0640);
	file_set_close(&s);
	EXPECT(count() == 2);
}

/* The last of three cannot be done: the others go back. */
static void
none_changes(void)
{
	struct file_set s;
	struct stat a;

	begin();
	a = stat_of("a");
	EXPECT(file_set_open(&s, dir) == 0);
	EXPECT(put(&s, "c", "new c", NULL) == 0 && file_set_remove(&s, "b") == 0 &&
		(is_plain || put(&s, "a", "new a", &a) == 0) && put(&s, "d", "new d", NULL) == 0);
	write_file("d", "another's", 0644);
	EXPECT(file_set_commit(&s) == -1 && errno == EEXIST);
	file_set_close(&s);
	EXPECT_STR(content("a"), "old a");
	EXPECT_STR(content("b"), "old b");
	EXPECT_STR(content("c"), "-");
	EXPECT_STR(content("d"), "another's");
	EXPECT(count() == 3);
}

static void
changed_meanwhile(void)
{
	struct file_set s;
	struct stat a;

	begin();
	a = stat_of("a");
	EXPECT(file_set_open(&s, dir) == 0);
	EXPECT(put(&s, "c", "new c", NULL) == 0 && put(&s, "a", "new a", &a) == 0);
	write_file("a", "edited", 0640);
	EXPECT(file_set_commit(&s) == -1 && errno == ESTALE);
	file_set_close(&s);
	EXPECT_STR(content("a"), "edited");
	EXPECT_STR(content("c"), "-");
}

static void
forgotten(void)
{
	struct file_set s;

	begin();
	EXPECT(file_set_open(&s, dir) == 0);
	EXPECT(put(&s, "c", "new c", NULL) == 0 && put(&s, "c", "twice", NULL) == -1);
	file_set_close(&s);
	EXPECT(count() == 2);
	EXPECT(file_set_open(&s, path_of("none")) == -1 && errno == ENOENT);
	file_set_close(&s);
}

static void
left_behind(void)
{
	struct file_set s;

	begin();
	EXPECT(mkdir(path_of(".import.new"), 0700) == 0);
	write_file(".import.new/c", "half", 0600);
	EXPECT(file_set_open(&s, dir) == 0 && put(&s, "c", "new c", NULL) == 0);
	EXPECT(file_set_commit(&s) == 0);
	EXPECT_STR(content("c"), "new c");
	file_set_close(&s);
	EXPECT(count() == 3);
}

static void
locked(void)
{
	struct file_set s;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	EXPECT(file_set_open(&s, dir) == 0);
	EXPECT(flock(fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	file_set_close(&s);
	EXPECT(flock(fd, LOCK_EX | LOCK_NB) == 0);
	close(fd);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	RUN(all_change, "all files change");
	RUN(none_changes, "if one cannot, none does");
	RUN(changed_meanwhile, "a file that was changed meanwhile stays");
	RUN(forgotten, "what is not committed is forgotten");
	RUN(left_behind, "what was left behind is taken away");
	RUN(locked, "the directory is locked");
	is_plain = true;
	RUN(all_change, "the same on a file system that cannot exchange names");
	RUN(none_changes, "there, too, new files and removed ones go back");
	begin();
	unlink(path_of("a"));
	unlink(path_of("b"));
	rmdir(dir);
	UNIT_DONE();
}
