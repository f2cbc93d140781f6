#include "timestamp.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define LAST_MS 253402300799999 /* 9999-12-31T23:59:59.999Z */

int64_t
timestamp_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Up to the seconds. Returns how many bytes, 0 if that is no year. */
static size_t
format_seconds(int64_t ms, char out[TIMESTAMP_MAX])
{
	time_t sec = (time_t)(ms / 1000);
	struct tm tm;

	out[0] = '\0';
	return gmtime_r(&sec, &tm) != NULL ? strftime(out, TIMESTAMP_MAX, "%Y-%m-%dT%H:%M:%S", &tm)
					   : 0;
}

char *
timestamp_format(int64_t ms, char out[TIMESTAMP_MAX])
{
	size_t n;

	if (ms % 1000 != 0)
		return timestamp_format_ms(ms, out);
	if ((n = format_seconds(ms, out)) != 0)
		snprintf(out + n, TIMESTAMP_MAX - n, "Z");
	return out;
}

char *
timestamp_format_ms(int64_t ms, char out[TIMESTAMP_MAX])
{
	const size_t n = format_seconds(ms, out);

	if (n != 0)
		snprintf(out + n, TIMESTAMP_MAX - n, ".%03dZ", (int)(ms % 1000));
	return out;
}

/* ${digits} decimal digits at *${p}, advanced past them; -1 if they are not there. */
static int
number(const char **p, const char *end, int digits)
{
	int n = 0;

	if (end - *p < digits)
		return -1;
	for (; digits > 0; digits--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		n = n * 10 + (**p - '0');
	}
	return n;
}

static bool
take(const char **p, const char *end, const char *any)
{
	for (; *p < end && *any != '\0'; any++) {
		if (**p == *any) {
			(*p)++;
			return true;
		}
	}
	return false;
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
static int64_t
days_from_civil(int64_t y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int
days_in_month(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return m == 2 && leap ? 29 : days[m - 1];
}

/* Milliseconds of a fraction behind ${p}, if there is one. -1 if it has no digit. */
static int
fraction(const char **p, const char *end)
{
	int ms = 0, scale = 100;

	if (!take(p, end, "."))
		return 0;
	if (*p >= end || **p < '0' || **p > '9')
		return -1;
	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		ms += (**p - '0') * scale;
		scale /= 10;
	}
	return ms;
}

/* Minutes east of UTC; -10000 if it is malformed. */
static int
offset(const char **p, const char *end)
{
	int sign, h, m;

	if (*p == end || take(p, end, "Zz"))
		return 0;
	sign = **p == '-' ? -1 : 1;
	if (!take(p, end, "+-") || (h = number(p, end, 2)) < 0 || !take(p, end, ":") ||
		(m = number(p, end, 2)) < 0 || h > 23 || m > 59)
		return -10000;
	return sign * (h * 60 + m);
}

int
timestamp_parse(const char *text, size_t len, int64_t *ms)
{
	const char *p = text, *end = text + len;
	int y, mon, d, h, min, s, part, east;

	if ((y = number(&p, end, 4)) < 1970 || !take(&p, end, "-") ||
		(mon = number(&p, end, 2)) < 1 || mon > 12 || !take(&p, end, "-") ||
		(d = number(&p, end, 2)) < 1 || d > days_in_month(y, mon) || !take(&p, end, "Tt "))
		return -1;
	if ((h = number(&p, end, 2)) < 0 || h > 23 || !take(&p, end, ":") ||
		(min = number(&p, end, 2)) < 0 || min > 59 || !take(&p, end, ":") ||
		(s = number(&p, end, 2)) < 0 || s > 60)
		return -1;
	if ((part = fraction(&p, end)) < 0 || (east = offset(&p, end)) == -10000 || p != end)
		return -1;
	if (s == 60)
		s = 59;
	*ms = ((days_from_civil(y, mon, d) * 1440 + h * 60 + min - east) * 60 + s) * 1000 + part;
	return *ms < 0 || *ms > LAST_MS ? -1 : 0;
}
