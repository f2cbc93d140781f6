/* lines - whatever the pieces in which bytes come, the same lines come out. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lines.h"
#include "random.h"
#include "strbuf.h"
#include "unit.h"

#define FIRST_SIZE ((size_t)128 * 1024) /* what the buffer begins with */

/* One line in a list that can be compared: its number, whether a newline ended it, whether it was
 * too long, its bytes. */
static void
add_line(struct strbuf *list, uint64_t number, bool newline, bool oversize, const char *bytes,
	size_t len)
{
	strbuf_printf(list, "%llu%s%s %zu:", (unsigned long long)number,
		newline ? "" : " (no newline)", oversize ? " (too long)" : "", len);
	strbuf_add(list, bytes, len);
	strbuf_addc(list, '\n');
}

/* What should come out of ${content}. */
static void
expected(struct strbuf *list, const char *content, size_t len, size_t max)
{
	uint64_t number = 0;

	strbuf_reset(list);
	while (len > 0) {
		const char *newline = memchr(content, '\n', len);
		size_t n = newline != NULL ? (size_t)(newline - content) : len;

		add_line(list, ++number, newline != NULL, n > max, content, n);
		content += n + (newline != NULL);
		len -= n + (newline != NULL);
	}
}

/* A reader and what it has read so far. */
struct reading {
	struct lines in;
	struct strbuf list, pieces;
	uint64_t piece_number; /* of the line whose pieces are coming, or 0 */
};

/* Read all that is there. Returns what ended it: LINES_AGAIN, LINES_END or LINES_ERROR. */
static enum lines_status
read_on(struct reading *r, bool wait)
{
	struct lines *in = &r->in;
	enum lines_status status;

	while ((status = lines_next(in, wait)) == LINES_LINE || status == LINES_OVERSIZE) {
		EXPECT(in->size <= in->max + FIRST_SIZE);
		if (status == LINES_LINE) {
			EXPECT(r->piece_number == 0);
			add_line(&r->list, in->number, in->newline, false, in->line, in->len);
			continue;
		}
		EXPECT(r->piece_number == 0 || r->piece_number == in->number);
		EXPECT(in->last || !in->newline);
		strbuf_add(&r->pieces, in->line, in->len);
		r->piece_number = in->number;
		if (in->last) {
			add_line(&r->list, in->number, in->newline, true, r->pieces.buf,
				r->pieces.len);
			strbuf_reset(&r->pieces);
			r->piece_number = 0;
		}
	}
	return status;
}

static void
reading_init(struct reading *r, size_t max)
{
	lines_init(&r->in, max);
	strbuf_init(&r->list, (size_t)64 * 1024 * 1024);
	strbuf_init(&r->pieces, (size_t)64 * 1024 * 1024);
	r->piece_number = 0;
}

static void
reading_release(struct reading *r)
{
	lines_release(&r->in);
	strbuf_release(&r->list);
	strbuf_release(&r->pieces);
}

static void
check_list(const struct reading *r, const struct strbuf *want, const char *what, size_t n)
{
	EXPECT(!strbuf_failed(&r->list) && !strbuf_failed(want) && r->piece_number == 0);
	if (r->list.len == want->len &&
		(want->len == 0 || memcmp(r->list.buf, want->buf, want->len) == 0))
		return;
	if (unit_case_failures++ < 5)
		printf("# %s %zu: other lines\n", what, n);
}

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* Lines of all lengths around ${max}, with and without a newline at the end. Returns how long the
 * text is. */
static size_t
sample(char *text, size_t max, bool newline)
{
	const size_t lengths[] = {max, 0, 1, max + 1, 0, 0, max - 1, 2 * max, max, 2 * max + 1, 1,
		3 * max, max + 1, max + 2, max};
	size_t n = sizeof(lengths) / sizeof(lengths[0]);
	char *p = text;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < lengths[i]; j++)
			*p++ = j % 7 == 3 ? '\0' : (char)('a' + (i + j) % 26);
		if (i + 1 < n || newline)
			*p++ = '\n';
	}
	return (size_t)(p - text);
}

/* The text through a pipe, ${piece} bytes at a time, read without waiting after each. */
static void
through_pipe(const char *text, size_t len, size_t max, size_t piece, const struct strbuf *want)
{
	struct reading r;
	int fd[2];

	must(pipe(fd) == 0, "pipe");
	reading_init(&r, max);
	lines_open(&r.in, fd[0]);
	EXPECT(read_on(&r, false) == LINES_AGAIN);
	for (size_t at = 0; at < len; at += piece) {
		size_t n = piece < len - at ? piece : len - at;

		must(write(fd[1], text + at, n) == (ssize_t)n, "write");
		EXPECT(read_on(&r, false) == LINES_AGAIN);
	}
	close(fd[1]);
	EXPECT(read_on(&r, false) == LINES_END);
	EXPECT(read_on(&r, false) == LINES_END && read_on(&r, true) == LINES_END);
	check_list(&r, want, "pieces of", piece);
	close(fd[0]);
	reading_release(&r);
}

static void
pieces_of_every_size(void)
{
	struct strbuf want;
	char text[2048];

	strbuf_init(&want, 1024 * 1024);
	for (size_t max = 1; max <= 40; max += 13) {
		for (int newline = 0; newline <= 1; newline++) {
			size_t len = sample(text, max, newline);

			expected(&want, text, len, max);
			for (size_t piece = 1; piece <= len; piece++)
				through_pipe(text, len, max, piece, &want);
		}
	}
	strbuf_release(&want);
}

/* Every place where a pipe can be closed. */
static void
every_end(void)
{
	struct strbuf want;
	char text[2048];
	size_t len = sample(text, 9, true);

	strbuf_init(&want, 1024 * 1024);
	for (size_t end = 0; end <= len; end++) {
		expected(&want, text, end, 9);
		through_pipe(text, end, 9, 1, &want);
		through_pipe(text, end, 9, 10, &want);
		through_pipe(text, end, 9, 1000, &want);
	}
	strbuf_release(&want);
}

/* A line is there as soon as its newline is, and not before. */
static void
live(void)
{
	struct lines in;
	int fd[2];

	must(pipe(fd) == 0, "pipe");
	lines_init(&in, 100);
	lines_open(&in, fd[0]);
	EXPECT(lines_next(&in, false) == LINES_AGAIN);
	must(write(fd[1], "one\ntw", 6) == 6, "write");
	EXPECT(lines_next(&in, false) == LINES_LINE && in.len == 3 &&
		memcmp(in.line, "one", 3) == 0 && in.number == 1);
	EXPECT(lines_next(&in, false) == LINES_AGAIN);
	must(write(fd[1], "o\n\nthree", 8) == 8, "write");
	EXPECT(lines_next(&in, true) == LINES_LINE && in.len == 3 &&
		memcmp(in.line, "two", 3) == 0 && in.newline);
	EXPECT(lines_next(&in, true) == LINES_LINE && in.len == 0 && in.number == 3);
	EXPECT(lines_next(&in, false) == LINES_AGAIN);
	close(fd[1]);
	EXPECT(lines_next(&in, true) == LINES_LINE && in.len == 5 && !in.newline && in.number == 4);
	EXPECT(lines_next(&in, true) == LINES_END);
	close(fd[0]);
	lines_release(&in);
}

/* Nobody has to wait for the first writer of a FIFO, and it does not end before it had one. */
static void
fifo(void)
{
	char dir[] = "/tmp/wb-lines.XXXXXX";
	struct lines in;
	int fd, out;

	must(mkdtemp(dir) != NULL && chdir(dir) == 0 && mkfifo("fifo", 0600) == 0, "mkfifo");
	lines_init(&in, 100);
	for (int says = 0; says <= 1; says++) {
		must((fd = open("fifo", O_RDONLY | O_NONBLOCK)) >= 0, "open");
		lines_open(&in, fd);
		EXPECT(lines_next(&in, false) == LINES_AGAIN);
		must((out = open("fifo", O_WRONLY)) >= 0, "open");
		EXPECT(lines_next(&in, false) == LINES_AGAIN);
		if (says) {
			must(write(out, "one\n", 4) == 4, "write");
			EXPECT(lines_next(&in, false) == LINES_LINE && in.len == 3);
			EXPECT(lines_next(&in, false) == LINES_AGAIN);
		}
		close(out);
		EXPECT(lines_next(&in, false) == LINES_END);
		close(fd);
	}
	lines_release(&in);
	must(unlink("fifo") == 0 && chdir("/") == 0 && rmdir(dir) == 0, "rmdir");
}

/* Pieces of a line that is too long come while it goes on: nobody has to wait for its end. */
static void
live_oversize(void)
{
	struct lines in;
	int fd[2];

	must(pipe(fd) == 0, "pipe");
	lines_init(&in, 4);
	lines_open(&in, fd[0]);
	must(write(fd[1], "abcd", 4) == 4, "write");
	EXPECT(lines_next(&in, false) == LINES_AGAIN);
	must(write(fd[1], "e", 1) == 1, "write");
	EXPECT(lines_next(&in, false) == LINES_OVERSIZE && in.len == 5 &&
		memcmp(in.line, "abcde", 5) == 0);
	EXPECT(!in.last && !in.newline && in.number == 1);
	EXPECT(lines_next(&in, false) == LINES_AGAIN);
	must(write(fd[1], "f", 1) == 1, "write");
	EXPECT(lines_next(&in, false) == LINES_OVERSIZE && in.len == 1 && !in.last &&
		in.number == 1);
	must(write(fd[1], "\nabcd\n", 6) == 6, "write");
	EXPECT(lines_next(&in, false) == LINES_OVERSIZE && in.len == 0 && in.last && in.newline &&
		in.number == 1);
	EXPECT(lines_next(&in, false) == LINES_LINE && in.len == 4 && in.number == 2);
	close(fd[0]);
	close(fd[1]);
	lines_release(&in);
}

static int
file_of(const char *text, size_t len)
{
	FILE *file = tmpfile();
	int fd = -1;

	must(file != NULL, "tmpfile");
	must(len == 0 || fwrite(text, len, 1, file) == 1, "fwrite");
	must(fflush(file) == 0 && (fd = dup(fileno(file))) >= 0, "tmpfile");
	fclose(file);
	must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
	return fd;
}

static void
from_file(const char *text, size_t len, size_t max, const char *what)
{
	struct strbuf want;

	strbuf_init(&want, (size_t)64 * 1024 * 1024);
	expected(&want, text, len, max);
	for (int wait = 0; wait <= 1; wait++) {
		int fd = file_of(text, len);
		struct reading r;

		reading_init(&r, max);
		lines_open(&r.in, fd);
		EXPECT(read_on(&r, wait) == LINES_END);
		check_list(&r, &want, what, max);
		reading_release(&r);
		close(fd);
	}
	strbuf_release(&want);
}

/* Lines as long as the buffer at first, as it is when it has grown, and as it may become, and one
 * more and one less. */
static void
buffer_boundaries(void)
{
	static const size_t maxima[] = {FIRST_SIZE - 1, FIRST_SIZE, FIRST_SIZE + 1, 2 * FIRST_SIZE,
		5 * FIRST_SIZE, 20};
	static char text[8 * FIRST_SIZE];

	for (size_t m = 0; m < sizeof(maxima) / sizeof(maxima[0]); m++) {
		for (size_t around = 1; around <= 4; around *= 2) {
			for (size_t len = around * FIRST_SIZE - 2; len <= around * FIRST_SIZE + 2;
				len++) {
				memset(text, 'x', sizeof(text));
				text[len] = '\n';
				text[len + 10] = '\n';
				from_file(text, len, maxima[m], "a file without newline, max");
				from_file(text, len + 1, maxima[m], "a file of a line, max");
				from_file(text, len + 30, maxima[m], "a file of three lines, max");
			}
		}
	}
}

static void
random_files(void)
{
	static char text[6 * FIRST_SIZE];

	random_seed(1);
	for (int round = 0; round < 60; round++) {
		size_t len = random_below(sizeof(text)), rare = (size_t)4 << random_below(16);

		for (size_t i = 0; i < len; i++)
			text[i] = random_once_in(rare) ? '\n' : (char)random_below(256);
		from_file(text, len, 1 + random_below(2 * rare), "a random file, max");
	}
}

/* One reader for several inputs: numbers start again, and nothing of the one before is left. */
static void
several_inputs(void)
{
	struct reading r;

	reading_init(&r, 10);
	for (int i = 0; i < 3; i++) {
		static const char text[] = "a\nbcd\n0123456789x";
		int fd = file_of(text, sizeof(text) - 1);

		strbuf_reset(&r.list);
		lines_open(&r.in, fd);
		EXPECT(read_on(&r, true) == LINES_END);
		EXPECT(r.list.len > 0 &&
			strcmp(strbuf_str(&r.list),
				"1 1:a\n2 3:bcd\n3 (no newline) (too long) 11:0123456789x\n") == 0);
		close(fd);
		/* left in the middle, and in the middle of a line that is too long */
		fd = file_of(text, sizeof(text) - 1);
		lines_open(&r.in, fd);
		for (int j = 0; j < i; j++)
			EXPECT(lines_next(&r.in, true) == LINES_LINE);
		close(fd);
		fd = file_of("0123456789xyz", 13);
		lines_open(&r.in, fd);
		EXPECT(lines_next(&r.in, true) == LINES_OVERSIZE);
		close(fd);
	}
	reading_release(&r);
}

static void
errors(void)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	struct lines in;

	must(fd >= 0, "/");
	for (int wait = 0; wait <= 1; wait++) {
		lines_init(&in, 100);
		lines_open(&in, fd);
		errno = 0;
		EXPECT(lines_next(&in, wait) == LINES_ERROR && errno == EISDIR);
		lines_release(&in);
	}
	close(fd);
	for (int wait = 0; wait <= 1; wait++) {
		lines_init(&in, 100);
		lines_open(&in, fd);
		errno = 0;
		EXPECT(lines_next(&in, wait) == LINES_ERROR && errno == EBADF);
		lines_release(&in);
	}
	lines_init(&in, 100);
	EXPECT(lines_next(&in, true) == LINES_END); /* nothing was opened yet */
	lines_release(&in);
}

int
main(void)
{
	RUN(pieces_of_every_size, "a pipe with pieces of every size");
	RUN(every_end, "a pipe that ends at any byte");
	RUN(live, "a line comes when its newline is there");
	RUN(fifo, "a FIFO ends when it had a writer");
	RUN(live_oversize, "pieces of a line that is too long come as they are there");
	RUN(buffer_boundaries, "lines about as long as the buffer");
	RUN(random_files, "random files");
	RUN(several_inputs, "one input after another");
	RUN(errors, "what cannot be read");
	UNIT_DONE();
}
