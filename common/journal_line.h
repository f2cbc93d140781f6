/*
 * journal_line - one line of a journal, read and made: wb-send(1), JOURNAL. Pure.
 */
#ifndef WB_JOURNAL_LINE_H
#define WB_JOURNAL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_ID_MAX 64    /* bytes of a delivery id */
#define JOURNAL_LINE_MAX 136 /* bytes of a line that is made here, its newline included */

struct journal_line {
	const char *id; /* points into the line */
	size_t id_len;
	bool finished; /* what the status is; of others nothing is known */
	bool has_at;
	int64_t at_ms; /* since 1970 */
};

/**
 * journal_id_is_valid(id, len):
 * Whether it is 1 to JOURNAL_ID_MAX of [A-Za-z0-9_-].
 */
bool journal_id_is_valid(const char *id, size_t len);

/**
 * journal_line_read(line, text, len, error, error_at):
 * Read ${len} bytes, newline not included: an object with "delivery_id" and "status", perhaps "at"
 * (RFC 3339), and whatever else. Of duplicate members the last counts. Returns whether it is one;
 * if not, *${error} (static text) says why and *${error_at} at which byte, from 0.
 */
bool journal_line_read(struct journal_line *line, const char *text, size_t len, const char **error,
	size_t *error_at);

/**
 * journal_line_is_old(line, keep_from_ms):
 * Whether it may be dropped: finished, with a time before ${keep_from_ms}.
 */
bool journal_line_is_old(const struct journal_line *line, int64_t keep_from_ms);

/**
 * journal_line_make(out, id, len, at_ms):
 * Write the line of a delivery that finished at ${at_ms} (since 1970; a time that RFC 3339 cannot
 * say becomes the nearest), its newline included, without a NUL. Returns its length. ${id} must be
 * valid.
 */
size_t journal_line_make(char out[JOURNAL_LINE_MAX], const char *id, size_t len, int64_t at_ms);

/**
 * journal_line_may_begin(text, len):
 * Whether a line made here can begin like this, when it was torn by a power cut: bytes at its end
 * that never reached the disk are NUL.
 */
bool journal_line_may_begin(const char *text, size_t len);

#endif
