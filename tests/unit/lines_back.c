/* lines_back - the lines of a file from its end, whatever borders of pieces they lie across. */
#include "lines_back.h"
#include "random.h"
#include "unit.h"

#include <errno.h>
#include <unistd.h>

/* A file without a name that holds ${len} bytes. */
static int
file_of(const char *text, size_t len)
{
	FILE *file = tmpfile();
	int fd;

	if (file == NULL || fwrite(text, 1, len, file) != len || fflush(file) != 0) {
		perror("tmpfile");
		exit(1);
	}
	fd = dup(fileno(file));
	fclose(file);
	return fd;
}

/* The lines of ${text} from the last one, each with its place before it and "|" behind it. */
static const char *
lines_of(const char *text, size_t max)
{
	static char got[1024];
	int fd = file_of(text, strlen(text));
	enum lines_status status;
	struct lines_back in;
	size_t n = 0;

	got[0] = '\0';
	EXPECT(lines_back_open(&in, fd, max) == 0);
	while ((status = lines_back_next(&in)) == LINES_LINE || status == LINES_OVERSIZE)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%d%s%.*s%s|", (int)in.at,
			status == LINES_OVERSIZE ? "!" : ":",
			status == LINES_OVERSIZE ? 0 : (int)in.len, in.line,
			in.newline ? "" : "(end)");
	EXPECT(status == LINES_END && lines_back_next(&in) == LINES_END);
	lines_back_release(&in);
	close(fd);
	return got;
}

static void
small(void)
{
	EXPECT_STR(lines_of("", 10), "");
	EXPECT_STR(lines_of("\n", 10), "0:|");
	EXPECT_STR(lines_of("a", 10), "0:a(end)|");
	EXPECT_STR(lines_of("a\n", 10), "0:a|");
	EXPECT_STR(lines_of("a\nbc\n", 10), "2:bc|0:a|");
	EXPECT_STR(lines_of("a\n\nbc", 10), "3:bc(end)|2:|0:a|");
	EXPECT_STR(lines_of("\n\na\n", 10), "2:a|1:|0:|");
}

static void
caps(void)
{
	EXPECT_STR(lines_of("abc\nabcd\nab\n", 3), "9:ab|4!|0:abc|");
	EXPECT_STR(lines_of("abcd", 3), "0!(end)|");
	EXPECT_STR(lines_of("abc", 3), "0:abc(end)|");
}

/* Lines of all lengths around the cap and the size of a piece, compared with the text itself. */
static void
long_files(void)
{
	const size_t max = 65536,
		     pieces[] = {0, 1, 65535, 65536, 65537, 262143, 262144, 262145, 600000};
	random_seed(1);
	for (int round = 0; round < 20; round++) {
		size_t len = 0, n = 40, starts[41], at;
		char *text = malloc(n * 700000);
		struct lines_back in;
		int fd;

		for (size_t i = 0; i < n; i++) {
			size_t size =
				random_below(2) == 0 ? random_below(300) : pieces[random_below(9)];

			starts[i] = len;
			memset(text + len, 'a' + (int)(i % 26), size);
			len += size;
			text[len++] = '\n';
		}
		starts[n] = len;
		fd = file_of(text, len);
		EXPECT(lines_back_open(&in, fd, max) == 0);
		for (at = n; at > 0; at--) {
			const size_t want = starts[at] - starts[at - 1] - 1;
			enum lines_status status = lines_back_next(&in);

			if (status != (want > max ? LINES_OVERSIZE : LINES_LINE) ||
				in.at != (off_t)starts[at - 1])
				break;
			if (want <= max && (in.len != want || memcmp(in.line, text + starts[at - 1],
								      want) != 0))
				break;
		}
		EXPECT(at == 0 && lines_back_next(&in) == LINES_END);
		lines_back_release(&in);
		close(fd);
		free(text);
	}
}

static void
refused(void)
{
	struct lines_back in;
	int fds[2];

	EXPECT(pipe(fds) == 0);
	EXPECT(lines_back_open(&in, fds[0], 10) == -1 && errno == ESPIPE);
	lines_back_release(&in);
	close(fds[0]);
	close(fds[1]);
	EXPECT(lines_back_open(&in, -1, 10) == -1 && errno == EBADF);
	lines_back_release(&in);
}

int
main(void)
{
	RUN(small, "lines with and without newlines");
	RUN(caps, "lines around the cap");
	RUN(long_files, "lines across pieces");
	RUN(refused, "what is no file");
	UNIT_DONE();
}
