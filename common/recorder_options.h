/*
 * recorder_options - the options that say where the ends of deliveries are kept.
 */
#ifndef WB_RECORDER_OPTIONS_H
#define WB_RECORDER_OPTIONS_H

#include <stdbool.h>

#include "options.h"
#include "recorder.h"

enum { RECORDER_JOURNAL = 9400, RECORDER_JOURNAL_KEEP, RECORDER_SKIP_FAILED, RECORDER_DEAD_LETTER };
/* clang-format off */
#define RECORDER_OPTIONS                                                                           \
	{RECORDER_JOURNAL, 0, "journal", "FILE", "note in FILE what is finished, and skip what is finished there"}, \
	{RECORDER_JOURNAL_KEEP, 0, "journal-keep", "TIME", "drop lines of the journal older than TIME"}, \
	{RECORDER_SKIP_FAILED, 0, "skip-failed", NULL, "skip what has failed in the journal, too"},      \
	{RECORDER_DEAD_LETTER, 0, "dead-letter", "FILE", "append records whose delivery failed to FILE, unchanged"}
/* clang-format on */

/**
 * recorder_is_option(id):
 * Whether it is one of RECORDER_OPTIONS.
 */
static inline bool
recorder_is_option(int id)
{
	return id >= RECORDER_JOURNAL && id <= RECORDER_DEAD_LETTER;
}

/**
 * recorder_option(o, id, value):
 * Take one of RECORDER_OPTIONS. Returns 0, or -1 after a message.
 */
int recorder_option(struct recorder_options *o, int id, const char *value);

/**
 * recorder_options_check(o):
 * Whether they go together, to be called after the last one. Returns 0, or -1 after a message.
 */
int recorder_options_check(const struct recorder_options *o);

#endif
