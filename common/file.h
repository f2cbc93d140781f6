/*
 * file - small files read whole, and their names made durable.
 */
#ifndef WB_FILE_H
#define WB_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "strbuf.h"

/**
 * file_read(path, sb):
 * Append the bytes of ${path} ("-": standard input) to ${sb}. Returns 0, or -1 with errno set;
 * EFBIG if they exceed the buffer's cap.
 */
int file_read(const char *path, struct strbuf *sb);

/**
 * file_is_same(st, other):
 * Whether the two are one file, so that what is written to the one is found in the other. Character
 * devices, such as terminals and /dev/null, are no such files.
 */
bool file_is_same(const struct stat *st, const struct stat *other);

/**
 * file_sync_directory(path):
 * Make the directory entry of ${path}, which is there, durable. Returns 0 or -1 with errno set.
 */
int file_sync_directory(const char *path);

#endif
