/*
 * appender - a file of lines that grows at its end, a whole number of lines at a time.
 *
 * What output_open writes may break off anywhere; this file is to be read again by machines.
 */
#ifndef WB_APPENDER_H
#define WB_APPENDER_H

#include <stddef.h>

struct appender;

/**
 * appender_open(path, status):
 * Open ${path}, borrowed, to append to it, made with mode 0600 if it is not there; the name of a
 * new one is durable. If it ends in the middle of a line, what comes starts a new one. NULL after a
 * message, with the tool's exit status in *${status}.
 */
struct appender *appender_open(const char *path, int *status);

/**
 * appender_add(a, line, len):
 * Add a line, without its newline, to what is to be written.
 */
void appender_add(struct appender *a, const char *line, size_t len);

/**
 * appender_write(a):
 * Write it. Returns 0, or -1 with errno set: a regular file then has whole lines only, and what it
 * has not stays to be written. What others append meanwhile is left alone; should they do so right
 * behind a line that broke off, that stays.
 */
int appender_write(struct appender *a);

/**
 * appender_waiting(a):
 * How many lines are still to be written.
 */
size_t appender_waiting(const struct appender *a);

/**
 * appender_descriptor(a):
 * To have it made durable.
 */
int appender_descriptor(const struct appender *a);

/**
 * appender_close(a):
 * Close without writing; NULL is fine. Returns 0, or -1 with errno set.
 */
int appender_close(struct appender *a);

#endif
