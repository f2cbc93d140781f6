/* progress - the line and the end as text; when they are drawn, how often, and what makes room. */
#include <unistd.h>

#include "diag.h"
#include "progress.h"
#include "unit.h"

#define ERASE "\r\x1b[K"

static const char *
line(struct progress_state state)
{
	static char out[PROGRESS_LINE_MAX];

	return progress_line(&state, out, sizeof(out));
}

static const char *
end(struct progress_counts counts, int64_t ms)
{
	static char out[PROGRESS_LINE_MAX];

	return progress_summary(&counts, ms, out, sizeof(out));
}

static const struct progress_counts all = {.finished = 1998,
	.failed = 2,
	.deferred = 3,
	.skipped = 4,
	.retrying = 5};

static void
lines(void)
{
	EXPECT_STR(line((struct progress_state){.rate = -1, .left_ms = -1, .width = 80}),
		"wb-send: 0 finished");
	EXPECT_STR(line((struct progress_state){.counts = {.retrying = 1},
			   .rate = -1,
			   .left_ms = -1,
			   .width = 80}),
		"wb-send: 1 retrying");
	EXPECT_STR(line((struct progress_state){.counts = {.finished = 1, .open = 2, .deferred = 1},
			   .rate = -1,
			   .left_ms = -1,
			   .width = 200}),
		"wb-send: 1 finished, 2 circuits open, 1 deferred");
	EXPECT_STR(line((struct progress_state){all, 162.99, 754999, 80}),
		"wb-send: 1998 finished, 2 failed, 5 retrying, 3 deferred, 4 skipped, 162/s");
	EXPECT_STR(line((struct progress_state){all, 162.99, 754999, 120}),
		"wb-send: 1998 finished, 2 failed, 5 retrying, 3 deferred, 4 skipped, 162/s, "
		"12 min 34 s left");
	EXPECT_STR(line((struct progress_state){.counts = {.finished = 1},
			   .rate = 0,
			   .left_ms = 0,
			   .width = 80}),
		"wb-send: 1 finished, 0.0/s, 0 s left");
	EXPECT_STR(line((struct progress_state){.counts = {.finished = 1},
			   .rate = 9.99,
			   .left_ms = 3 * 3600000 + 60000,
			   .width = 80}),
		"wb-send: 1 finished, 9.9/s, 3 h 1 min left");
}

/* Whatever the width, it fits, ends with a whole part, and a wider one begins with it. */
static void
widths(void)
{
	static const char whole[] = "wb-send: 1998 finished, 2 failed, 5 retrying, 3 deferred, "
				    "4 skipped, 162/s, 12 s left";
	char small[20];
	struct progress_state state = {all, 162, 12000, 0};

	for (size_t width = 0; width < 120; width++) {
		const char *got;
		size_t len;

		state.width = width;
		got = line(state);
		len = strlen(got);
		EXPECT(len < width || len == 0);
		EXPECT(strncmp(got, whole, len) == 0);
		EXPECT(len < 10 || whole[len] == ',' || whole[len] == '\0');
		EXPECT((len == sizeof(whole) - 1) == (width >= sizeof(whole)));
	}
	EXPECT_STR(progress_line(&state, small, sizeof(small)), "wb-send: ");
	state.counts = (struct progress_counts){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
		UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, 0};
	state.rate = 1e15;
	state.width = 1000;
	EXPECT(strlen(line(state)) < PROGRESS_LINE_MAX);
}

static void
ends(void)
{
	struct progress_counts c = {.finished = 1998, .failed = 2, .deferred = 3, .retrying = 7};

	EXPECT_STR(end(c, 12345), "wb-send: 1998 finished, 2 failed, 3 deferred in 12.3 s (162/s)");
	c = (struct progress_counts){.finished = 0};
	EXPECT_STR(end(c, 0), "wb-send: 0 finished in 0.0 s");
	EXPECT_STR(end(c, 99), "wb-send: 0 finished in 0.0 s");
	c.retrying = 1;
	EXPECT_STR(end(c, 100), "wb-send: 0 finished in 0.1 s");
	c.skipped = 7;
	EXPECT_STR(end(c, 59999), "wb-send: 7 skipped in 59.9 s");
	c.failed = 1;
	EXPECT_STR(end(c, 60000), "wb-send: 1 failed, 7 skipped in 1 min 0 s (0.0/s)");
	c.finished = 71;
	EXPECT_STR(end(c, 7325000),
		"wb-send: 71 finished, 1 failed, 7 skipped in 2 h 2 min (0.0/s)");
	EXPECT_STR(end(c, 72000),
		"wb-send: 71 finished, 1 failed, 7 skipped in 1 min 12 s (1.0/s)");
}

/* ---- what is written: standard error is a file here, so there is no terminal ---- */

static int real_fd;
static FILE *caught;

static void
catch_stderr(void)
{
	caught = tmpfile();
	real_fd = dup(STDERR_FILENO);
	if (caught == NULL || real_fd < 0 || dup2(fileno(caught), STDERR_FILENO) < 0) {
		perror("progress");
		exit(1);
	}
}

static const char *
caught_stderr(void)
{
	static char text[16384];
	ssize_t n = pread(fileno(caught), text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	if (dup2(real_fd, STDERR_FILENO) < 0)
		exit(1);
	close(real_fd);
	fclose(caught);
	return text;
}

static void
drawn(void)
{
	struct progress_counts c = {.bytes_total = 1000};
	struct progress p;

	catch_stderr();
	progress_init(&p, STDERR_FILENO, PROGRESS_ALWAYS, 5000);
	diag("early");
	progress_update(&p, &c, 5199);
	progress_update(&p, &c, 5200);
	c.finished = 50;
	c.bytes_read = 100;
	progress_update(&p, &c, 5399);
	progress_hide(&p);
	progress_hide(&p);
	progress_update(&p, &c, 5600);
	diag("a message");
	diag("another");
	c.failed = 1;
	progress_update(&p, &c, 5799);
	progress_update(&p, &c, 5800);
	progress_finish(&p, &c, 6000);
	diag("late");
	EXPECT_STR(caught_stderr(),
		"wb-send: early\n"
		"\rwb-send: 0 finished\x1b[K" ERASE
		"\rwb-send: 50 finished, 85/s, 5 s left\x1b[K" ERASE "wb-send: a message\n"
		"wb-send: another\n"
		"\rwb-send: 50 finished, 1 failed, 64/s, 7 s left\x1b[K" ERASE
		"wb-send: 50 finished, 1 failed in 1.0 s (51/s)\n"
		"wb-send: late\n");
}

/* The rate is that of the last seconds, and the input's end is no time that is left. */
static void
rates(void)
{
	struct progress_counts c = {.bytes_total = 100000};
	struct progress p;
	const char *last;

	catch_stderr();
	progress_init(&p, STDERR_FILENO, PROGRESS_ALWAYS, 0);
	for (int64_t ms = 200; ms <= 30000; ms += 200) {
		c.finished += ms <= 15000 ? 200 : 2;
		c.bytes_read = c.bytes_total;
		progress_update(&p, &c, ms);
	}
	last = strrchr(caught_stderr(), '\r');
	EXPECT_STR(last, "\rwb-send: 15150 finished, 59/s\x1b[K");
	diag_before(NULL, NULL); /* it would look at what is gone */
}

static void
others(void)
{
	struct progress_counts good = {.finished = 1, .skipped = 1}, bad = {.finished = 1},
			       late = {.deferred = 1};
	struct progress p;

	bad.failed = 1;
	catch_stderr();
	for (int when = PROGRESS_AUTO; when <= PROGRESS_NEVER; when += PROGRESS_NEVER) {
		progress_init(&p, STDERR_FILENO, (enum progress_when)when, 0);
		progress_update(&p, &bad, 1000);
		diag("%d", when);
		progress_finish(&p, &good, 1000);
		progress_finish(&p, &bad, 1000);
		progress_finish(&p, &late, 1000);
	}
	EXPECT_STR(caught_stderr(), "wb-send: 0\n"
				    "wb-send: 1 finished, 1 failed in 1.0 s (2.0/s)\n"
				    "wb-send: 1 deferred in 1.0 s\n"
				    "wb-send: 2\n");
}

int
main(void)
{
	diag_init("wb-send");
	RUN(lines, "the line");
	RUN(widths, "the line: it fits");
	RUN(ends, "the end");
	RUN(drawn, "drawn five times a second, and gone when others write");
	RUN(rates, "the rate follows the last seconds");
	RUN(others, "without a terminal: the end of a run that went wrong; never: nothing");
	UNIT_DONE();
}
