/*
 * journal_files - what tests of journals share: a directory, files in it, and the messages.
 */
#ifndef WB_UNIT_JOURNAL_FILES_H
#define WB_UNIT_JOURNAL_FILES_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "journal.h"
#include "unit.h"

#define FILES_NOW 1795519028123 /* 2026-11-24T11:17:08.123Z */
#define FILES_DAY ((uint64_t)86400000)

static char files_dir[] = "/tmp/wb-journal.XXXXXX";
static char files_message[8192]; /* what the last journal_open said */

static inline void
files_must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* Go to a new directory; files_done removes it. */
static inline void
files_start(void)
{
	files_must(mkdtemp(files_dir) != NULL && chdir(files_dir) == 0, "directory");
	diag_init("wb-send");
}

static inline void
files_done(void)
{
	unlink("j");
	unlink("j.new");
	unlink("link");
	unlink("messages");
	files_must(chdir("/") == 0 && rmdir(files_dir) == 0, "clean up");
}

static inline void
files_put(const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(name, "w");

	files_must(f != NULL && fwrite(bytes, 1, len, f) == len && fclose(f) == 0, name);
}

static inline void
files_text(const char *name, const char *text)
{
	files_put(name, text, strlen(text));
}

/* All of a file, at most 16 MiB, with a NUL behind it; valid until the next call. */
static inline const char *
files_get(const char *name, size_t *len)
{
	static char *bytes;
	const size_t max = (size_t)16 * 1024 * 1024;
	FILE *f = fopen(name, "r");

	if (bytes == NULL)
		bytes = malloc(max + 1);
	files_must(f != NULL && bytes != NULL, name);
	*len = fread(bytes, 1, max, f);
	bytes[*len] = '\0';
	fclose(f);
	return bytes;
}

/* Open a journal and catch what is said. */
static inline struct journal *
files_open_keep(const char *name, uint64_t keep_ms, int *status)
{
	int saved = dup(STDERR_FILENO), fd = open("messages", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct journal *j;
	size_t len;

	files_must(saved >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0, "messages");
	*status = -1;
	j = journal_open(name, keep_ms, false, FILES_NOW, status);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	snprintf(files_message, sizeof(files_message), "%s", files_get("messages", &len));
	return j;
}

static inline struct journal *
files_open(const char *name, int *status)
{
	return files_open_keep(name, 0, status);
}

static inline bool
files_has(const struct journal *j, const char *id)
{
	return journal_has(j, id, strlen(id));
}

/* As finished. */
static inline int
files_add_at(struct journal *j, const char *id, size_t len, int64_t at_ms)
{
	const struct journal_entry entry = {.id = id,
		.id_len = len,
		.status = "finished",
		.at_ms = at_ms};

	return journal_add(j, &entry);
}

static inline int
files_add(struct journal *j, const char *id)
{
	return files_add_at(j, id, strlen(id), FILES_NOW);
}

static inline bool
files_exist(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

#endif
