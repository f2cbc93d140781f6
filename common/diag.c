#include "diag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

static const char *tool = "wb", *program = "wb";
static void (*before)(void *ctx);
static void *before_ctx;

/*
 * A standard descriptor that was closed at the start would be given to the next file or socket
 * that is opened, and what is meant for people or the next tool would land there. What takes its
 * place fails when it is used.
 */
static void
keep_standard_descriptors(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) != fd)
			_exit(EXIT_IO);
}

void
diag_init(const char *name)
{
	tool = program = name;
	keep_standard_descriptors();
}

void
diag_init_part(const char *name, const char *part)
{
	diag_init(name);
	program = part;
}

const char *
diag_tool(void)
{
	return tool;
}

const char *
diag_program(void)
{
	return program;
}

void
diag_before(void (*hook)(void *ctx), void *ctx)
{
	before = hook;
	before_ctx = ctx;
}

/* Controls, and what is not seen but reorders, joins or splits what stands around it. */
static bool
is_harmful(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c},
		{0x115f, 0x1160}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
		{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0x3164, 0x3164},
		{0xffa0, 0xffa0}, {0xe0000, 0xe01ef}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

char *
diag_scrub(char *out, size_t size, const void *text, size_t len)
{
	const unsigned char *p = text, *end = p + len;
	size_t used = 0;

	while (p < end) {
		uint32_t code = 0;
		bool is_shown;
		size_t n = *p < 0x80 ? 1 : utf8_decode(p, (size_t)(end - p), &code);

		if (*p < 0x80)
			code = *p;
		is_shown = n != 0 && !is_harmful(code);
		n = n == 0 ? 1 : n;
		/* a cut takes four, the end one */
		if (used + (is_shown ? n : 4 * n) + (p + n < end ? 4 : 1) > size) {
			used = size < 4 ? 0 : (used + 4 > size ? size - 4 : used);
			memcpy(out + used, "...", size < 4 ? 0 : 3);
			used += size < 4 ? 0 : 3;
			break;
		}
		if (!is_shown) {
			for (size_t i = 0; i < n; i++)
				used += (size_t)snprintf(out + used, size - used, "\\x%02x", p[i]);
		} else {
			memcpy(out + used, p, n);
			used += n;
		}
		p += n;
	}
	if (size != 0)
		out[used] = '\0';
	return out;
}

void
diag(const char *fmt, ...)
{
	char text[DIAG_MAX], line[DIAG_MAX + 128];
	va_list ap;
	size_t len;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	n = snprintf(line, 100, "%s: ", tool);
	if (n < 0 || n >= 100)
		n = 0;
	diag_scrub(line + n, DIAG_MAX, text, len);
	len = strlen(line);
	line[len++] = '\n';
	if (before != NULL)
		before(before_ctx);
	/* Nobody is left to tell when standard error itself fails. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
