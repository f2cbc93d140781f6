/*
 * replace - files that change in one step: whoever reads one, or finds it after a power cut, sees
 * the old bytes or the new ones, whole. Those who change files by this module wait for each other.
 *
 *	replace_open(&r, path)       the directory is locked from here on
 *	replace_read(&r, &sb)        unless the file is to be new
 *	replace_stage(&r, new, len)  beside it, under another name
 *	replace_commit(&r)
 *	replace_close(&r)
 *
 * Functions return 0, or -1 with errno set.
 */
#ifndef WB_REPLACE_H
#define WB_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "strbuf.h"

struct replace {
	int dir;          /* locked */
	char *path;       /* of the file; where a link led, if it was one. Owned */
	const char *name; /* in the directory; the end of path */
	char *temp;       /* path of what is staged; owned */
	bool has_read, is_staged;
	struct stat was; /* the file, as it was read */
};

/**
 * replace_open(r, path):
 * Lock the directory in which ${path} stands, or is to stand, waiting for others. To be closed in
 * any case.
 */
int replace_open(struct replace *r, const char *path);

/**
 * replace_read(r, sb):
 * Append the bytes of the file, and remember which ones they were.
 */
int replace_read(struct replace *r, struct strbuf *sb);

/**
 * replace_stage(r, data, len):
 * Make ${len} bytes durable in the file r->temp, whose name begins with a dot, with the mode and,
 * as far as that is allowed, the owner of the file that was read.
 */
int replace_stage(struct replace *r, const void *data, size_t len);

/**
 * replace_commit(r):
 * Let the staged file take the place of the one that was read: ESTALE if that has changed since, in
 * spite of the lock. Without replace_read there must be no file: EEXIST.
 */
int replace_commit(struct replace *r);

/**
 * replace_remove(r):
 * Remove the file that was read; ESTALE as above.
 */
int replace_remove(struct replace *r);

/**
 * replace_close(r):
 * Forget what was staged and not committed, and unlock.
 */
void replace_close(struct replace *r);

/* What those who change several files need of it. */

/**
 * replace_lock(path):
 * Lock the directory in which ${path} stands, or is to stand, waiting for others. Returns its
 * descriptor, to be closed.
 */
int replace_lock(const char *path);

/**
 * replace_is_same(a, b):
 * Whether it is the same file, and has not been changed in between.
 */
bool replace_is_same(const struct stat *a, const struct stat *b);

/**
 * replace_copy_owner(was, fd):
 * Give the open file ${fd} the mode and, as far as that is allowed, the owner of ${was}.
 */
int replace_copy_owner(const struct stat *was, int fd);

#endif
