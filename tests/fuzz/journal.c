/*
 * journal - a file is either refused and left as it is, or loaded, and then, mended or made
 * smaller, loaded again with the same ids.
 *
 * The bytes are the file j in a directory of the process. Nothing has to reach the disk.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fuzz.h"
#include "journal.h"
#include "journal_line.h"

#define NOW_MS 1795519028123 /* 2026-11-24T11:17:08.123Z */
#define KEEP_MS 86400000

static char dir[256], path[300], new_path[300];

int
fsync(int fd)
{
	return fd < 0;
}

int
fdatasync(int fd)
{
	return fd < 0;
}

static void
remove_dir(void)
{
	unlink(path);
	unlink(new_path);
	rmdir(dir);
}

static void
make_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/wb-fuzz.XXXXXX", tmp != NULL ? tmp : "/tmp");
	REQUIRE(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/j", dir);
	snprintf(new_path, sizeof(new_path), "%s/j.new", dir);
	atexit(remove_dir);
}

static void
write_file(const void *data, size_t size)
{
	FILE *file = fopen(path, "wb");

	REQUIRE(file != NULL);
	REQUIRE(size == 0 || fwrite(data, 1, size, file) == size);
	REQUIRE(fclose(file) == 0);
}

/* All of the file, to be freed. */
static char *
read_file(size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *data;

	REQUIRE(file != NULL && fseek(file, 0, SEEK_END) == 0);
	*size = (size_t)ftell(file);
	rewind(file);
	REQUIRE((data = malloc(*size + 1)) != NULL && fread(data, 1, *size, file) == *size);
	fclose(file);
	return data;
}

/* Without the messages. */
static struct journal *
load(uint64_t keep_ms, int *status)
{
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
	struct journal *j;

	REQUIRE(saved >= 0 && null >= 0 && dup2(null, STDERR_FILENO) >= 0);
	j = journal_open(path, keep_ms, false, NOW_MS, status);
	REQUIRE(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(null);
	return j;
}

/* The journal of ${keep_ms} has the ids of the file's lines that it should have. */
static void
check_ids(const struct journal *j, const char *data, size_t size, uint64_t keep_ms)
{
	int64_t keep_from_ms = keep_ms == 0 ? INT64_MIN : NOW_MS - (int64_t)keep_ms;

	REQUIRE(size == 0 || data[size - 1] == '\n');
	for (const char *p = data, *end = data + size, *newline; p < end; p = newline + 1) {
		struct journal_line line;
		const char *why;
		size_t at;

		newline = memchr(p, '\n', (size_t)(end - p));
		if (!journal_line_read(&line, p, (size_t)(newline - p), &why, &at)) {
			REQUIRE(strspn(p, " \t\r") == (size_t)(newline - p));
			continue;
		}
		REQUIRE(line.id > p && line.id + line.id_len < newline);
		if (line.finished && !journal_line_is_old(&line, keep_from_ms))
			REQUIRE(journal_has(j, line.id, line.id_len));
	}
}

static void
check(const uint8_t *data, size_t size, uint64_t keep_ms)
{
	const struct journal_entry added = {.id = "added",
		.id_len = 5,
		.status = "finished",
		.at_ms = NOW_MS};
	size_t len, again_len, count;
	char *mended, *again;
	struct journal *j;
	int status = -1;

	write_file(data, size);
	j = load(keep_ms, &status);
	mended = read_file(&len);
	if (j == NULL) {
		REQUIRE(status == EXIT_USAGE && len == size);
		REQUIRE(size == 0 || memcmp(mended, data, size) == 0);
		free(mended);
		return;
	}
	count = journal_count(j);
	check_ids(j, mended, len, keep_ms);
	REQUIRE(journal_close(j) == 0);
	REQUIRE((j = load(keep_ms, &status)) != NULL && journal_count(j) == count);
	check_ids(j, mended, len, keep_ms);
	REQUIRE(journal_add(j, &added) == 0 && journal_close(j) == 0);
	again = read_file(&again_len);
	REQUIRE(again_len > len && memcmp(again, mended, len) == 0);
	REQUIRE((j = load(0, &status)) != NULL && journal_has(j, "added", 5));
	REQUIRE(journal_close(j) == 0);
	free(mended);
	free(again);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	if (dir[0] == '\0')
		make_dir();
	check(data, size, 0);
	check(data, size, KEEP_MS);
	return 0;
}
