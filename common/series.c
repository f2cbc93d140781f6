#include "series.h"

#include <string.h>

#define MINUTE_MS ((int64_t)60 * 1000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define MONDAY_MS (3 * DAY_MS) /* 1970 began so long after a Monday */

/* How long a step can be: each a multiple of the one before. */
static const struct {
	int64_t ms;
	const char *name;
} lengths[] = {
	{MINUTE_MS, "minute"},
	{5 * MINUTE_MS, "5 minutes"},
	{15 * MINUTE_MS, "15 minutes"},
	{30 * MINUTE_MS, "30 minutes"},
	{60 * MINUTE_MS, "hour"},
	{180 * MINUTE_MS, "3 hours"},
	{360 * MINUTE_MS, "6 hours"},
	{DAY_MS, "day"},
	{7 * DAY_MS, "week"},
	{28 * DAY_MS, "4 weeks"},
	{364 * DAY_MS, "52 weeks"},
	{3640 * DAY_MS, "520 weeks"},
	{36400 * DAY_MS, "5200 weeks"},
	{364000 * DAY_MS, "52000 weeks"},
};

void
series_init(struct series *s, size_t max)
{
	*s = (struct series){.max = max};
}

int64_t
series_length_ms(const struct series *s)
{
	return lengths[s->length].ms;
}

const char *
series_length_name(const struct series *s)
{
	return lengths[s->length].name;
}

int64_t
series_start(const struct series *s, size_t i)
{
	return (s->first + (int64_t)i) * series_length_ms(s) - MONDAY_MS;
}

int64_t
series_mark_ms(const struct series *s, size_t most)
{
	size_t i = s->length;
	const size_t last = sizeof(lengths) / sizeof(lengths[0]) - 1;

	while (i < last && (int64_t)s->n * series_length_ms(s) / lengths[i].ms > (int64_t)most)
		i++;
	return lengths[i].ms;
}

bool
series_is_mark(const struct series *s, size_t i, int64_t mark_ms)
{
	return (series_start(s, i) + MONDAY_MS) % mark_ms == 0;
}

static void
add(struct series_step *to, const struct series_step *from)
{
	for (size_t i = 0; i < sizeof(to->n) / sizeof(to->n[0]); i++)
		to->n[i] += from->n[i];
}

/* The next longer steps, in place: none goes behind where it is. */
static void
lengthen(struct series *s)
{
	const int64_t ratio = lengths[s->length + 1].ms / series_length_ms(s),
		      first = s->first / ratio;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct series_step from = s->step[i];
		const size_t to = (size_t)((s->first + (int64_t)i) / ratio - first);

		if (to >= n)
			s->step[n++] = from;
		else
			add(&s->step[to], &from);
	}
	s->length++;
	s->first = first;
	s->n = n;
}

struct series_step *
series_at(struct series *s, int64_t ms)
{
	int64_t at, first, last;
	size_t before;

	for (;; lengthen(s)) {
		at = (ms + MONDAY_MS) / series_length_ms(s);
		first = s->n == 0 || at < s->first ? at : s->first;
		last = s->n == 0 || at >= s->first + (int64_t)s->n ? at
								   : s->first + (int64_t)s->n - 1;
		if (last - first < (int64_t)s->max)
			break;
	}
	before = s->n == 0 ? 0 : (size_t)(s->first - first);
	memmove(s->step + before, s->step, s->n * sizeof(s->step[0]));
	memset(s->step, 0, before * sizeof(s->step[0]));
	s->n += before;
	memset(s->step + s->n, 0, ((size_t)(last - first) + 1 - s->n) * sizeof(s->step[0]));
	s->n = (size_t)(last - first) + 1;
	s->first = first;
	return &s->step[at - first];
}
