/* series - steps grow as they must, begin where people expect it, and lose nothing. */
#include "series.h"
#include "timestamp.h"
#include "unit.h"

static struct series s;

static int64_t
ms_of(const char *text)
{
	int64_t ms = -1;

	EXPECT(timestamp_parse(text, strlen(text), &ms) == 0);
	return ms;
}

static void
add(const char *time)
{
	series_at(&s, ms_of(time))->n[EXECUTION_FINISHED]++;
}

static uint64_t
total(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.step[i].n[EXECUTION_FINISHED];
	return n;
}

/* The series begins and ends at these times. */
static void
expect_span(const char *from, const char *to, const char *length)
{
	EXPECT(series_start(&s, 0) == ms_of(from));
	EXPECT(series_start(&s, s.n) == ms_of(to));
	EXPECT_STR(series_length_name(&s), length);
	EXPECT(s.n <= s.max);
}

static void
grows(void)
{
	series_init(&s, 16);
	EXPECT(s.n == 0);
	add("2026-11-24T11:17:30Z");
	expect_span("2026-11-24T11:17:00Z", "2026-11-24T11:18:00Z", "minute");
	add("2026-11-24T11:32:59Z");
	expect_span("2026-11-24T11:17:00Z", "2026-11-24T11:33:00Z", "minute");
	add("2026-11-24T11:16:59Z");
	expect_span("2026-11-24T11:15:00Z", "2026-11-24T11:35:00Z", "5 minutes");
	EXPECT(s.step[0].n[EXECUTION_FINISHED] == 2 && s.step[3].n[EXECUTION_FINISHED] == 1);
	add("2026-11-24T00:00:00Z");
	expect_span("2026-11-24T00:00:00Z", "2026-11-24T12:00:00Z", "hour");
	add("2026-11-17T23:00:00Z");
	expect_span("2026-11-17T00:00:00Z", "2026-11-25T00:00:00Z", "day");
	/* the 24th is a Tuesday */
	add("2026-12-13T00:00:00Z");
	expect_span("2026-11-16T00:00:00Z", "2026-12-14T00:00:00Z", "week");
	EXPECT(total() == 6);
}

static void
extremes(void)
{
	const size_t caps[] = {SERIES_MIN, SERIES_MAX};

	for (size_t i = 0; i < 2; i++) {
		series_init(&s, caps[i]);
		add("1970-01-01T00:00:00Z");
		add("2026-11-24T11:17:30Z");
		add("9999-12-31T23:59:59Z");
		EXPECT(total() == 3 && s.n <= caps[i]);
		EXPECT(s.step[0].n[EXECUTION_FINISHED] > 0);
		EXPECT(s.step[s.n - 1].n[EXECUTION_FINISHED] > 0);
	}
}

/* Whatever the order, the steps are the same. */
static void
orders(void)
{
	static const char *const times[] = {"2026-11-24T11:17:30Z", "2026-11-02T10:00:00Z",
		"2026-11-24T11:18:30Z", "2026-11-13T23:59:59Z", "2026-11-14T00:00:00Z"};
	struct series first = {.n = 0};

	for (size_t begin = 0; begin < 5; begin++) {
		series_init(&s, 20);
		for (size_t i = 0; i < 5; i++)
			add(times[(begin + i * 3) % 5]);
		if (begin == 0)
			first = s;
		EXPECT(s.n == first.n && s.first == first.first && s.length == first.length);
		EXPECT(memcmp(s.step, first.step, s.n * sizeof(s.step[0])) == 0);
	}
}

static void
marks(void)
{
	size_t n = 0;
	int64_t mark_ms;

	series_init(&s, SERIES_MAX);
	add("2026-11-17T11:00:00Z");
	add("2026-11-24T11:00:00Z");
	EXPECT_STR(series_length_name(&s), "3 hours");
	mark_ms = series_mark_ms(&s, 8);
	EXPECT(mark_ms == 86400000);
	for (size_t i = 0; i < s.n; i++) {
		if (!series_is_mark(&s, i, mark_ms))
			continue;
		EXPECT(series_start(&s, i) % 86400000 == 0);
		n++;
	}
	EXPECT(n == 7);
	EXPECT(series_mark_ms(&s, SERIES_MAX) == series_length_ms(&s));
}

int
main(void)
{
	RUN(grows, "series: steps become longer, and begin at whole ones of UTC");
	RUN(extremes, "series: all times that there are fit");
	RUN(orders, "series: the order does not matter");
	RUN(marks, "series: times to be written beside");
	UNIT_DONE();
}
