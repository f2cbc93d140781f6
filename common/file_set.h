/*
 * file_set - files of one directory that change together: all are on the disk before the first one
 * takes its place, and if one cannot, those before it go back. Whoever reads one of them sees the
 * old bytes or the new ones. Those who change files by this module, or by replace, wait for each
 * other.
 *
 *	file_set_open(&s, dir)                 locked from here on
 *	file_set_put(&s, name, text, len, was)
 *	file_set_remove(&s, name)
 *	file_set_commit(&s)
 *	file_set_close(&s)
 *
 * A power cut in the middle of a commit leaves the files before some point changed, as a rule in
 * the order in which they were given. Functions return 0, or -1 with errno set.
 */
#ifndef WB_FILE_SET_H
#define WB_FILE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct file_set_change;

struct file_set {
	int dir, stage; /* the directory, locked; the one in it for what is not in its place yet */
	struct file_set_change *changes; /* owned */
	size_t n, size;
};

/**
 * file_set_open(s, dir):
 * Lock the directory ${dir}. To be closed in any case.
 */
int file_set_open(struct file_set *s, const char *dir);

/**
 * file_set_put(s, name, data, len, was):
 * ${len} bytes at ${data} are to be the file ${name}, which must not be there; or, with ${was},
 * must be that file, and gives it its mode and owner.
 */
int file_set_put(struct file_set *s, const char *name, const void *data, size_t len,
	const struct stat *was);

/**
 * file_set_remove(s, name):
 * The file ${name} is to be gone.
 */
int file_set_remove(struct file_set *s, const char *name);

/**
 * file_set_commit(s):
 * Do all of it: EEXIST if a new file is there by now, ESTALE if one is not as it was.
 */
int file_set_commit(struct file_set *s);

/**
 * file_set_close(s):
 * Forget what was not committed, and unlock.
 */
void file_set_close(struct file_set *s);

#endif
