/*
 * journal_file - the file of a journal: opened and locked, and made anew without old lines.
 */
#ifndef WB_JOURNAL_FILE_H
#define WB_JOURNAL_FILE_H

#include <stdint.h>

/**
 * journal_file_open(name, status):
 * Open ${name} for reading and appending, made with mode 0600 if it is not there, and lock it.
 * Returns a descriptor, or -1 after a message with *${status} set: EXIT_USAGE if another sender has
 * it, it is no regular file, or cannot be opened; EXIT_IO when the system fails.
 */
int journal_file_open(const char *name, int *status);

/**
 * journal_file_compact(name, fd, keep_from_ms):
 * Replace the file by one without finished lines of a time before ${keep_from_ms}, all others byte
 * for byte, and *${fd} by its descriptor, which is locked, too. Whatever happens, ${name} is a
 * whole journal: the old one or the new one. Mode and owner stay where that can be done. Returns
 * EXIT_DONE, also when the new file cannot be made: then a message says so and all stays as it is,
 * for the old lines do no harm. EXIT_IO after a message if nobody knows which of the two files
 * will be there after a power cut.
 */
int journal_file_compact(const char *name, int *fd, int64_t keep_from_ms);

#endif
