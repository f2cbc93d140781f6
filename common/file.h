/*
 * file - small files read whole, and their names made durable.
 */
#ifndef WB_FILE_H
#define WB_FILE_H

#include "strbuf.h"

/**
 * file_read(path, sb):
 * Append the bytes of ${path} ("-": standard input) to ${sb}. Returns 0, or -1 with errno set;
 * EFBIG if they exceed the buffer's cap.
 */
int file_read(const char *path, struct strbuf *sb);

/**
 * file_sync_directory(path):
 * Make the directory entry of ${path}, which is there, durable. Returns 0 or -1 with errno set.
 */
int file_sync_directory(const char *path);

#endif
