/*
 * journal_line - one line of a journal, read and made: wb-send(1), JOURNAL. Pure.
 */
#ifndef WB_JOURNAL_LINE_H
#define WB_JOURNAL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_ID_MAX 64     /* bytes of a delivery id */
#define JOURNAL_MORE_MAX 3424 /* bytes of what a line says beside id, status and time */
/* bytes of a line that is made here, its newline included: of one without more, and of any */
#define JOURNAL_SHORT_MAX 136
#define JOURNAL_LINE_MAX (JOURNAL_SHORT_MAX + JOURNAL_MORE_MAX)

/* What a line is made of. */
struct journal_entry {
	const char *id; /* valid */
	size_t id_len;
	const char *status; /* "finished", "failed", "deferred", or before it is sent "attempted" */
	int64_t at_ms;      /* since 1970; a time that RFC 3339 cannot say becomes the nearest */
	/* further members as JSON, each with a comma before it; left out if they are too long */
	const char *more;
	size_t more_len;
};

struct journal_line {
	const char *id; /* points into the line */
	size_t id_len;
	bool finished, failed, attempted; /* what the status is; of others nothing is known */
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
 * (RFC 3339), and whatever else. Of duplicate members the last counts, unless the line begins as
 * those that are made here. Returns whether it is one; if not, *${error} (static text) says why and
 * *${error_at} at which byte, from 0.
 */
bool journal_line_read(struct journal_line *line, const char *text, size_t len, const char **error,
	size_t *error_at);

/**
 * journal_line_is_old(line, keep_from_ms):
 * Whether it may be dropped: it has a time before ${keep_from_ms}.
 */
bool journal_line_is_old(const struct journal_line *line, int64_t keep_from_ms);

/**
 * journal_line_make(out, entry):
 * Write the line, its newline included, without a NUL. Returns its length.
 */
size_t journal_line_make(char out[JOURNAL_LINE_MAX], const struct journal_entry *entry);

/**
 * journal_line_may_begin(text, len):
 * Whether a line made here can begin like this, when it was torn by a power cut: bytes at its end
 * that never reached the disk are NUL.
 */
bool journal_line_may_begin(const char *text, size_t len);

#endif
