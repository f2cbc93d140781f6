#include "timestamp.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define DAY_MS 86400000
#define LAST_MS 253402300799999 /* 9999-12-31T23:59:59.999Z */

int64_t
timestamp_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ${n}, less than 100, in two decimal digits at ${p}. */
static void
put2(char *p, unsigned n)
{
	p[0] = (char)('0' + n / 10);
	p[1] = (char)('0' + n % 10);
}

/* The date in the proleptic Gregorian calendar that is ${days} after 1970-01-01. */
static void
civil_from_days(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
	const int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097,
		      yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365,
		      doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

char *
timestamp_format(int64_t ms, char out[TIMESTAMP_MAX])
{
	timestamp_format_ms(ms, out);
	if (ms % 1000 == 0 && out[0] != '\0')
		memcpy(out + strlen("1970-01-01T00:00:00"), "Z", 2);
	return out;
}

/* By hand, as this is done for every receipt: strftime takes thirty times as long. */
char *
timestamp_format_ms(int64_t ms, char out[TIMESTAMP_MAX])
{
	static const char zero[] = "0000-00-00T00:00:00.000Z";
	unsigned in_day, part;
	int64_t y, m, d;

	out[0] = '\0';
	if (ms < 0 || ms > LAST_MS)
		return out;
	civil_from_days(ms / DAY_MS, &y, &m, &d);
	in_day = (unsigned)(ms % DAY_MS);
	part = in_day % 1000;
	in_day /= 1000;
	memcpy(out, zero, sizeof(zero));
	put2(out, (unsigned)y / 100);
	put2(out + 2, (unsigned)y % 100);
	put2(out + 5, (unsigned)m);
	put2(out + 8, (unsigned)d);
	put2(out + 11, in_day / 3600);
	put2(out + 14, in_day / 60 % 60);
	put2(out + 17, in_day % 60);
	out[20] = (char)('0' + part / 100);
	put2(out + 21, part % 100);
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

int
timestamp_parse_http(const char *text, int64_t *ms)
{
	static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0};
		const char *rest = strptime(text, forms[i], &tm);

		if (rest == NULL || *rest != '\0')
			continue;
		*ms = (int64_t)timegm(&tm) * 1000;
		return 0;
	}
	return -1;
}
