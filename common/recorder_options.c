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
	default:
		o->dead_letter = value;
		return 0;
	}
}

int
recorder_options_check(const struct recorder_options *o)
{
	if (o->keep_ms == 0 || o->journal != NULL)
		return 0;
	diag("--journal-keep goes with --journal");
	return -1;
}
