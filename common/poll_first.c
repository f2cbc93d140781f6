#include "poll_first.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timestamp.h"

#define TIME_DIGITS_MAX 15 /* of a time that can be given */

int64_t
poll_first_reach(const char *first, size_t len)
{
	static const char since[] = "since ";
	char text[TIME_DIGITS_MAX + 1];

	if (len == 3 && memcmp(first, "all", 3) == 0)
		return INT64_MIN;
	if (len < sizeof(since) || len > sizeof(since) - 1 + TIME_DIGITS_MAX ||
		memcmp(first, since, sizeof(since) - 1) != 0)
		return INT64_MAX;
	memcpy(text, first + sizeof(since) - 1, len - sizeof(since) + 1);
	text[len - sizeof(since) + 1] = '\0';
	return strtoll(text, NULL, 10);
}

const char *
poll_first_option(int64_t reach_ms, char out[POLL_FIRST_OPTION_MAX])
{
	char time[TIMESTAMP_MAX];

	if (reach_ms == INT64_MIN || reach_ms == INT64_MAX)
		snprintf(out, POLL_FIRST_OPTION_MAX, "%s",
			reach_ms == INT64_MIN ? "with --all" : "without --since or --all");
	else
		snprintf(out, POLL_FIRST_OPTION_MAX, "with --since %s",
			timestamp_format(reach_ms, time));
	return out;
}
