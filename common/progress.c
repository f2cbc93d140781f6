#include "progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "diag.h"

#define REDRAW_MS 200
#define RATE_SETTLES_MS 500 /* before that the first deliveries say little */
#define RATE_FADES_MS 5000  /* what is older than a few times this counts no more */
#define WIDTH_DEFAULT 80
#define LEFT_MAX_MS ((int64_t)100 * 3600 * 1000)

static const char erase[] = "\r\x1b[K";

/* A line that is filled with whole parts. */
struct line {
	char *out;
	size_t max, len; /* bytes, the NUL not counted */
	size_t start;    /* where the parts begin */
	bool is_full;
};

static void
line_init(struct line *line, char *out, size_t size, size_t max)
{
	*line = (struct line){.out = out, .max = max < size ? max : size - 1};
	snprintf(out, line->max + 1, "%s: ", diag_tool());
	line->len = line->start = strlen(out);
}

/* Append ${between} and a part. Behind one that does not fit there comes no other. */
static void __attribute__((format(printf, 3, 4)))
line_add(struct line *line, const char *between, const char *fmt, ...)
{
	char part[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(part, sizeof(part), fmt, ap);
	va_end(ap);
	if (line->len == line->start)
		between = "";
	if (line->len + strlen(between) + strlen(part) > line->max)
		line->is_full = true;
	if (line->is_full)
		return;
	snprintf(line->out + line->len, line->max - line->len + 1, "%s%s", between, part);
	line->len += strlen(between) + strlen(part);
}

static void
add_count(struct line *line, uint64_t n, const char *what)
{
	if (n != 0)
		line_add(line, ", ", "%" PRIu64 " %s", n, what);
}

static void
add_counts(struct line *line, const struct progress_counts *c, bool is_end)
{
	if ((c->finished | c->failed | c->deferred | c->skipped) == 0 &&
		(is_end || c->retrying == 0))
		line_add(line, "", "0 finished");
	add_count(line, c->finished, "finished");
	add_count(line, c->failed, "failed");
	if (!is_end)
		add_count(line, c->retrying, "retrying");
	if (!is_end)
		add_count(line, c->open, c->open == 1 ? "circuit open" : "circuits open");
	add_count(line, c->deferred, "deferred");
	add_count(line, c->skipped, "skipped");
	add_count(line, c->refused, "refused");
}

/* "162/s", or "0.4/s" where that is little; rounded down, since nobody has seen the rest. */
static void
add_rate(struct line *line, const char *between, double rate, const char *behind)
{
	const uint64_t tenths = (uint64_t)(rate * 10);

	if (rate >= 10)
		line_add(line, between, "%" PRIu64 "/s%s", tenths / 10, behind);
	else
		line_add(line, between, "%u.%u/s%s", (unsigned)(tenths / 10),
			(unsigned)(tenths % 10), behind);
}

/* "12 s", "2 min 5 s" or "3 h 20 min". */
static char *
format_time(int64_t ms, char *out, size_t size)
{
	const int64_t sec = ms / 1000;

	if (sec < 60)
		snprintf(out, size, "%" PRId64 " s", sec);
	else if (sec < 3600)
		snprintf(out, size, "%" PRId64 " min %" PRId64 " s", sec / 60, sec % 60);
	else
		snprintf(out, size, "%" PRId64 " h %" PRId64 " min", sec / 3600, sec / 60 % 60);
	return out;
}

char *
progress_line(const struct progress_state *state, char *out, size_t size)
{
	char time[48];
	struct line line;

	/* The last column stays free: some terminals go to the next line when it is filled. */
	line_init(&line, out, size, state->width > 0 ? state->width - 1 : 0);
	add_counts(&line, &state->counts, false);
	if (state->rate >= 0)
		add_rate(&line, ", ", state->rate, "");
	if (state->left_ms >= 0)
		line_add(&line, ", ", "%s left", format_time(state->left_ms, time, sizeof(time)));
	return out;
}

char *
progress_summary(const struct progress_counts *counts, int64_t elapsed_ms, char *out, size_t size)
{
	const uint64_t ended = counts->finished + counts->failed;
	char time[48];
	struct line line;

	line_init(&line, out, size, size - 1);
	add_counts(&line, counts, true);
	if (elapsed_ms < 60000)
		line_add(&line, " ", "in %" PRId64 ".%" PRId64 " s", elapsed_ms / 1000,
			elapsed_ms / 100 % 10);
	else
		line_add(&line, " ", "in %s", format_time(elapsed_ms, time, sizeof(time)));
	if (ended > 0 && elapsed_ms > 0)
		add_rate(&line, " (", (double)ended * 1000 / (double)elapsed_ms, ")");
	return out;
}

static void
put(const struct progress *p, const char *text)
{
	/* It is for people who look on; if it fails, nothing is lost. */
	if (write(p->fd, text, strlen(text)) < 0)
		return;
}

void
progress_hide(struct progress *p)
{
	if (p->is_shown)
		put(p, erase);
	p->is_shown = false;
}

static void
before_message(void *ctx)
{
	progress_hide(ctx);
}

int
progress_option(const char *value, enum progress_when *when)
{
	static const char *const names[] = {"auto", "always", "never"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			*when = (enum progress_when)i;
			return 0;
		}
	}
	diag("--progress takes auto, always or never, not '%s'", value);
	return -1;
}

void
progress_init(struct progress *p, int fd, enum progress_when when, int64_t now_ms)
{
	*p = (struct progress){.fd = fd, .when = when, .started_ms = now_ms, .drawn_ms = now_ms};
	p->draws = when == PROGRESS_ALWAYS || (when == PROGRESS_AUTO && isatty(fd));
	if (p->draws)
		diag_before(before_message, p);
}

/* Averages over the last seconds: sums that fade, so that a young run needs no other formula. */
static void
measure(struct progress *p, const struct progress_counts *c, int64_t now_ms)
{
	const double time = (double)(now_ms - p->drawn_ms);
	const double keep = RATE_FADES_MS / (RATE_FADES_MS + time);
	const uint64_t ended = c->finished + c->failed;

	p->sum_ended = p->sum_ended * keep + (double)(ended - p->last_ended);
	p->sum_bytes = p->sum_bytes * keep + (double)(c->bytes_read - p->last_bytes);
	p->sum_time = p->sum_time * keep + time;
	p->last_ended = ended;
	p->last_bytes = c->bytes_read;
	p->drawn_ms = now_ms;
}

static int64_t
left_ms(const struct progress *p, const struct progress_counts *c)
{
	double left;

	if (c->bytes_read >= c->bytes_total || p->sum_bytes <= 0 || p->sum_time < RATE_SETTLES_MS)
		return -1;
	left = (double)(c->bytes_total - c->bytes_read) * p->sum_time / p->sum_bytes;
	return left < (double)LEFT_MAX_MS ? (int64_t)left : -1;
}

void
progress_update(struct progress *p, const struct progress_counts *counts, int64_t now_ms)
{
	char line[PROGRESS_LINE_MAX], text[PROGRESS_LINE_MAX + 16];
	struct progress_state state = {.counts = *counts, .width = WIDTH_DEFAULT, .rate = -1};
	struct winsize size;

	if (!p->draws || now_ms - p->drawn_ms < REDRAW_MS)
		return;
	measure(p, counts, now_ms);
	if (p->sum_time >= RATE_SETTLES_MS)
		state.rate = p->sum_ended * 1000 / p->sum_time;
	state.left_ms = left_ms(p, counts);
	if (ioctl(p->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		state.width = size.ws_col;
	/* Written over the old one and then cut, so that it does not flicker. */
	snprintf(text, sizeof(text), "\r%s\x1b[K", progress_line(&state, line, sizeof(line)));
	put(p, text);
	p->is_shown = true;
}

void
progress_finish(struct progress *p, const struct progress_counts *counts, int64_t now_ms)
{
	char line[PROGRESS_LINE_MAX], text[PROGRESS_LINE_MAX + 16];

	progress_hide(p);
	if (p->draws)
		diag_before(NULL, NULL);
	if (p->when == PROGRESS_NEVER ||
		(!p->draws && counts->failed == 0 && counts->deferred == 0))
		return;
	snprintf(text, sizeof(text), "%s\n",
		progress_summary(counts, now_ms - p->started_ms, line, sizeof(line)));
	put(p, text);
}
