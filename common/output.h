/*
 * output - a buffered writer that notices every failed write.
 *
 * Errors stick: after one, writes do nothing; output_close tells. Nothing is printed here.
 */
#ifndef WB_OUTPUT_H
#define WB_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define OUTPUT_SIZE (64 * 1024)

struct output {
	int fd;
	const char *name; /* for messages; borrowed */
	char *buf;        /* owned; NULL until the first byte */
	size_t len;
	int error; /* errno of the first failure, or 0 */
};

/**
 * output_init(out, fd, name):
 * Write to ${fd}, which output_close closes. Allocates nothing yet.
 */
void output_init(struct output *out, int fd, const char *name);

/**
 * output_open(out, path):
 * Append to the file ${path}, made with mode 0600 if it is not there: it may hold what others
 * should not read. One that ends in the middle of a line gets a newline first. Returns 0, or -1
 * with errno set.
 */
int output_open(struct output *out, const char *path);

/**
 * output_write(fd, data, len, written):
 * Write ${len} bytes at ${data} to ${fd} without a buffer, waiting where it does not block. Returns
 * 0 or an errno, and in any case how much was written in *${written}.
 */
int output_write(int fd, const void *data, size_t len, size_t *written);

/**
 * output_write_until(fd, data, len, stop_fd, written):
 * The same, for readers who may never take it: when ${stop_fd} becomes readable, it returns EINTR.
 * What was written then ends with the end of a line, unless a line is longer than 4096 bytes.
 */
int output_write_until(int fd, const void *data, size_t len, int stop_fd, size_t *written);

/**
 * output_add(out, data, len):
 * Append ${len} bytes; writes when the buffer is full.
 */
void output_add(struct output *out, const void *data, size_t len);

/**
 * output_addc(out, c):
 * Append one byte.
 */
void output_addc(struct output *out, char c);

/**
 * output_printf(out, fmt, ...):
 * Append formatted text of at most OUTPUT_PRINTF_MAX bytes; longer text is an error, EOVERFLOW.
 */
#define OUTPUT_PRINTF_MAX 1023
void output_printf(struct output *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define output_lit(out, s) output_add((out), "" s, sizeof(s) - 1)

/**
 * output_flush(out):
 * Write what is buffered. Returns 0, or -1 if this or an earlier write failed.
 */
int output_flush(struct output *out);

/**
 * output_close(out):
 * Flush, close, free. Returns 0, or -1 with out->error set if any write, or the close, failed.
 */
int output_close(struct output *out);

#endif
