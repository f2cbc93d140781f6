/*
 * progress - how far a run is, as one line that is redrawn on a terminal, and what became of it, as
 * one line at the end.
 *
 * The text is made by pure functions. What else is written to the terminal must find the line gone:
 * messages (diag) take it away by themselves, all others have progress_hide.
 */
#ifndef WB_PROGRESS_H
#define WB_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_LINE_MAX 256 /* bytes of a line, its NUL included */

enum progress_when {
	PROGRESS_AUTO,   /* a line if it is a terminal; an end also if not all went well */
	PROGRESS_ALWAYS, /* both */
	PROGRESS_NEVER   /* neither */
};

/* Of the run so far. */
struct progress_counts {
	uint64_t finished, failed, deferred, skipped;
	uint64_t refused;                 /* lines of the input */
	uint64_t retrying;                /* at the moment: waiting for another attempt */
	uint64_t open;                    /* at the moment: circuits */
	uint64_t bytes_read, bytes_total; /* of the input; total 0: not known */
};

/* What a line says. */
struct progress_state {
	struct progress_counts counts;
	double rate;     /* deliveries that end in a second; negative: not known yet */
	int64_t left_ms; /* until all input is read; negative: not known */
	size_t width;    /* columns of the terminal */
};

/* One run. Not to be moved between init and finish. */
struct progress {
	int fd;
	enum progress_when when;
	bool draws, is_shown;
	int64_t started_ms, drawn_ms;
	uint64_t last_ended, last_bytes;       /* at drawn_ms */
	double sum_ended, sum_bytes, sum_time; /* fading with age */
};

/**
 * progress_line(state, out, size):
 * Write the line into ${out}, ${size} bytes, without newline: "wb-send: 12 finished, 1 failed, 6/s,
 * 40 s left". It is shorter than ${state}->width columns: parts that do not fit are left out whole,
 * from the end. Counts that are 0 are left out, but never all. Pure. Returns ${out}.
 */
char *progress_line(const struct progress_state *state, char *out, size_t size);

/**
 * progress_summary(counts, elapsed_ms, out, size):
 * Write the end into ${out}: "wb-send: 1998 finished, 2 failed, 3 deferred in 12.3 s (162/s)". Pure.
 * Returns ${out}.
 */
char *progress_summary(const struct progress_counts *counts, int64_t elapsed_ms, char *out,
	size_t size);

/**
 * progress_option(value, when):
 * Read "auto", "always" or "never". Returns 0, or -1 after a message.
 */
int progress_option(const char *value, enum progress_when *when);

/**
 * progress_init(p, fd, when, now_ms):
 * Begin to draw on ${fd}, standard error. ${now_ms} here and below is of the monotonic clock.
 */
void progress_init(struct progress *p, int fd, enum progress_when when, int64_t now_ms);

/**
 * progress_update(p, counts, now_ms):
 * Redraw the line, if the last time is a fifth of a second ago or more; so it can be called as
 * often as one likes.
 */
void progress_update(struct progress *p, const struct progress_counts *counts, int64_t now_ms);

/**
 * progress_hide(p):
 * Take the line away, until the next update that is due.
 */
void progress_hide(struct progress *p);

/**
 * progress_finish(p, counts, now_ms):
 * Take the line away for good and print the end, if it is to be printed.
 */
void progress_finish(struct progress *p, const struct progress_counts *counts, int64_t now_ms);

#endif
