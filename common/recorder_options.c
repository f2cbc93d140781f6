#include "recorder_options.h"

#include "diag.h"

#define KEEP_MAX_MS ((uint64_t)100 * 365 * 24 * 3600 * 1000)

int
recorder_option(struct recorder_options *o, int id, const char *value)
{
	switch (id) {
	case RECORDER_JOURNAL:
		o->journal = value;
		return 0;
	case RECORDER_JOURNAL_KEEP:
		return options_duration("journal-keep", value, KEEP_MAX_MS, &o->keep_ms);
	case RECORDER_SKIP_FAILED:
		o->skips_failed = true;
		return 0;
	default:
		o->dead_letter = value;
		return 0;
	}
}

int
recorder_options_check(const struct recorder_options *o)
{
	if (o->journal != NULL || (o->keep_ms == 0 && !o->skips_failed))
		return 0;
	diag("%s goes with --journal", o->keep_ms != 0 ? "--journal-keep" : "--skip-failed");
	return -1;
}
