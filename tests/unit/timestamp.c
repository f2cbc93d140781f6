/* timestamp - times as text and back, against the C library's calendar. */
#include <time.h>

#include "guard.h"
#include "random.h"
#include "timestamp.h"
#include "unit.h"

#define LAST INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int
parse(const char *text, int64_t *ms)
{
	size_t len = strlen(text);

	return timestamp_parse(guard_copy(text, len), len, ms);
}

/* ${ms} by the C library, ${east} minutes east of UTC, with ${digits} of the fraction. */
static void
by_libc(int64_t ms, int east, int digits, char out[64])
{
	time_t sec = (time_t)(ms / 1000 + east * 60);
	char fraction[8];
	struct tm tm;
	size_t n;

	gmtime_r(&sec, &tm);
	n = (size_t)snprintf(out, 64, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	snprintf(fraction, sizeof(fraction), "%03d", (int)(ms % 1000));
	if (digits > 0)
		n += (size_t)snprintf(out + n, 64 - n, ".%.*s", digits, fraction);
	if (east == 0)
		snprintf(out + n, 64 - n, "Z");
	else
		snprintf(out + n, 64 - n, "%c%02d:%02d", east < 0 ? '-' : '+', abs(east) / 60,
			abs(east) % 60);
}

static void
check_round_trip(int64_t ms)
{
	char got[TIMESTAMP_MAX], want[64];
	int64_t back = -1;

	by_libc(ms, 0, ms % 1000 != 0 ? 3 : 0, want);
	EXPECT_STR(timestamp_format(ms, got), want);
	EXPECT(parse(got, &back) == 0 && back == ms);
}

static void
round_trips(void)
{
	static const int64_t times[] = {0, 1, 999, 1000, 86399999, 86400000, 951782399999,
		951782400000, 951868799999, 951868800000, 1078012800000, 4107542400000,
		13574563200000, 253402300799000, LAST};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		check_round_trip(times[i]);
	random_seed(1);
	for (int i = 0; i < 100000; i++) {
		int64_t ms = (int64_t)(random_next() % (uint64_t)(LAST + 1));

		check_round_trip(random_once_in(2) ? ms : ms / 1000 * 1000);
	}
}

/* Every day of two cycles of leap years, its first and last millisecond. */
static void
every_day(void)
{
	for (int64_t day = 0; day < 366 * 800 && unit_case_failures < 10; day++) {
		check_round_trip(day * 86400000);
		check_round_trip(day * 86400000 + 86399999);
	}
}

static void
offsets(void)
{
	random_seed(2);
	for (int i = 0; i < 50000; i++) {
		int64_t ms = 86400000 + (int64_t)(random_next() % (uint64_t)(LAST - 2 * 86400000)),
			got = -1;
		int east = (int)random_below(2 * 1439 + 1) - 1439, digits = (int)random_below(4);
		static const int lost[] = {1000, 100, 10, 1};
		char text[64];

		by_libc(ms, east, digits, text);
		EXPECT(parse(text, &got) == 0 && got == ms / lost[digits] * lost[digits]);
	}
}

/* The calendar of timegm(3), field by field. */
static void
as_timegm(void)
{
	random_seed(3);
	for (int i = 0; i < 50000; i++) {
		struct tm tm = {.tm_year = (int)random_below(8030) + 70,
			.tm_mon = (int)random_below(12),
			.tm_mday = 1 + (int)random_below(31),
			.tm_hour = (int)random_below(24),
			.tm_min = (int)random_below(60),
			.tm_sec = (int)random_below(60)};
		struct tm same = tm;
		time_t sec = timegm(&same);
		int64_t ms = -1;
		char text[64];

		snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		/* timegm makes 1 March of 30 February; there is no such day */
		if (same.tm_mday != tm.tm_mday)
			EXPECT(parse(text, &ms) == -1);
		else
			EXPECT(parse(text, &ms) == 0 && ms == (int64_t)sec * 1000);
	}
}

static void
spellings(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"2026-11-24T02:25:00Z", "2026-11-24T02:25:00Z"},
		{"2026-11-24t02:25:00z", "2026-11-24T02:25:00Z"},
		{"2026-11-24 02:25:00Z", "2026-11-24T02:25:00Z"},
		{"2026-11-24T02:25:00", "2026-11-24T02:25:00Z"},
		{"2026-11-24 02:25:00", "2026-11-24T02:25:00Z"},
		{"2026-11-24T02:25:00+00:00", "2026-11-24T02:25:00Z"},
		{"2026-11-24T02:25:00-00:00", "2026-11-24T02:25:00Z"},
		{"2026-11-24T02:25:00+02:30", "2026-11-23T23:55:00Z"},
		{"2026-11-24T02:25:00-23:59", "2026-11-25T02:24:00Z"},
		{"2026-11-24T02:25:00.1", "2026-11-24T02:25:00.100Z"},
		{"2026-11-24T02:25:00.12Z", "2026-11-24T02:25:00.120Z"},
		{"2026-11-24T02:25:00.123Z", "2026-11-24T02:25:00.123Z"},
		{"2026-11-24T02:25:00.1239Z", "2026-11-24T02:25:00.123Z"},
		{"2026-11-24T02:25:00.000999999999999999999Z", "2026-11-24T02:25:00Z"},
		{"2026-11-24T02:25:00.9999999+01:00", "2026-11-24T01:25:00.999Z"},
		{"2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"},
		{"2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.500Z"},
		{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
		{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{"1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00Z"},
		{"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
		{"9999-12-31T23:59:59+00:01", "9999-12-31T23:58:59Z"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[TIMESTAMP_MAX];
		int64_t ms;

		if (parse(cases[i].text, &ms) != 0) {
			printf("# refused: %s\n", cases[i].text);
			unit_case_failures++;
			continue;
		}
		EXPECT_STR(timestamp_format(ms, got), cases[i].want);
	}
}

static void
malformed(void)
{
	static const char *const texts[] = {"", "x", "2026", "2026-11", "2026-11-24", "2026-11-24T",
		"2026-11-24T02", "2026-11-24T02:25", "2026-11-24T02:25Z", "2026-11-24T02:25:0",
		"2026-11-24T02:25:00.", "2026-11-24T02:25:00.Z", "2026-11-24T02:25:00,5Z",
		"2026-11-24T02:25:00ZZ", "2026-11-24T02:25:00Z ", " 2026-11-24T02:25:00Z",
		"2026-11-24T02:25:00 Z", "2026-11-24T02:25:00+", "2026-11-24T02:25:00+1",
		"2026-11-24T02:25:00+01", "2026-11-24T02:25:00+0100", "2026-11-24T02:25:00+01:0",
		"2026-11-24T02:25:00+24:00", "2026-11-24T02:25:00+01:60",
		"2026-11-24T02:25:00+01:00Z", "2026-11-24T02:25:00UTC", "2026-11-24_02:25:00Z",
		"2026/11/24T02:25:00Z", "20261124T022500Z", "2026-1-24T02:25:00Z",
		"2026-11-4T02:25:00Z", "2026-11-24T2:25:00Z", "2026-00-24T02:25:00Z",
		"2026-13-24T02:25:00Z", "2026-11-00T02:25:00Z", "2026-11-31T02:25:00Z",
		"2026-01-32T02:25:00Z", "2026-02-29T00:00:00Z", "2023-02-30T00:00:00Z",
		"2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-24T24:00:00Z",
		"2026-11-24T02:60:00Z", "2026-11-24T02:25:61Z", "2026-11-24T-2:25:00Z",
		"+026-11-24T02:25:00Z", "-2026-11-24T02:25:00Z", "02026-11-24T02:25:00Z",
		"12026-11-24T02:25:00Z", "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
		"1970-01-01T00:00:00+00:01", "1970-01-01T00:00:00.5+00:01",
		"9999-12-31T23:59:59-00:01", "9999-12-31T00:00:00-24:00",
		"\357\274\222026-11-24T02:25:00Z", "0x7e-11-24T02:25:00Z", "1e03-11-24T02:25:00Z",
		"2026-11-24T02:25:00.5.5Z", "Tue, 24 Nov 2026 02:25:00 GMT", "1795487100"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t ms;

		if (parse(texts[i], &ms) == 0) {
			printf("# accepted: %s\n", texts[i]);
			unit_case_failures++;
		}
	}
}

/* Any other byte in place of one, and any cut, makes it another time or none, never a crash. */
static void
changed_bytes(void)
{
	static const char text[] = "2026-11-24T02:25:00.123+01:00";
	char copy[sizeof(text)], again[TIMESTAMP_MAX];
	int64_t ms;

	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		memcpy(copy, text, sizeof(text));
		for (int c = 0; c < 256; c++) {
			copy[i] = (char)c;
			if (timestamp_parse(guard_copy(copy, sizeof(text) - 1), sizeof(text) - 1,
				    &ms) == 0)
				EXPECT(strlen(timestamp_format(ms, again)) >= 20);
		}
		memcpy(copy, text, i);
		copy[i] = '\0';
		/* whole without an offset, or without all of its fraction's digits */
		EXPECT((parse(copy, &ms) == 0) == (i == 19 || (i >= 21 && i <= 23)));
	}
	EXPECT(timestamp_parse("2026-11-24T02:25:00Z\0", 21, &ms) == -1);
}

static void
now(void)
{
	struct timespec before, after;
	int64_t ms;

	clock_gettime(CLOCK_REALTIME, &before);
	ms = timestamp_now_ms();
	clock_gettime(CLOCK_REALTIME, &after);
	EXPECT(ms >= (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000);
	EXPECT(ms <= (int64_t)after.tv_sec * 1000 + after.tv_nsec / 1000000);
}

int
main(void)
{
	RUN(round_trips, "times come back as they were");
	RUN(every_day, "every day of 800 years");
	RUN(offsets, "offsets and fractions");
	RUN(as_timegm, "the calendar of timegm");
	RUN(spellings, "other spellings of RFC 3339");
	RUN(malformed, "what is no time");
	RUN(changed_bytes, "every byte changed, every cut");
	RUN(now, "now is now");
	UNIT_DONE();
}
