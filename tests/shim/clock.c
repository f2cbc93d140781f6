/*
 * clock - a preload library that gives a program another time of day
 *
 * $CLOCK_FILE names a file that holds the time, in milliseconds since 1970; it is read anew each
 * time that the program asks. Without it, or if it cannot be read, the time is as it is. Clocks
 * that measure how long something takes go on as they do.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Returns whether there is one. */
static int
read_clock(struct timespec *ts)
{
	const char *name = getenv("CLOCK_FILE");
	char text[32];
	ssize_t n = -1;
	long long ms;
	int fd;

	if (name == NULL || (fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	ms = strtoll(text, NULL, 10);
	ts->tv_sec = (time_t)(ms / 1000);
	ts->tv_nsec = (long)(ms % 1000) * 1000000;
	return 1;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (clock == CLOCK_REALTIME && read_clock(ts))
		return 0;
	return (int)syscall(SYS_clock_gettime, clock, ts);
}
