#include "journal_back.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "journal_load.h"

void
journal_back_open(struct journal_back *r, const char *name)
{
	*r = (struct journal_back){.name = name,
		.fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
	if (r->fd >= 0 && lines_back_open(&r->in, r->fd, JOURNAL_LOAD_LINE_MAX) == 0)
		return;
	diag("cannot read journal '%s': %s", name, strerror(errno));
	r->status = EXIT_IO;
}

void
journal_back_close(struct journal_back *r)
{
	lines_back_release(&r->in);
	if (r->fd >= 0)
		close(r->fd);
}

static bool
is_blank(const char *p, size_t len)
{
	while (len > 0 && (*p == ' ' || *p == '\t' || *p == '\r')) {
		p++;
		len--;
	}
	return len == 0;
}

static void
reject(struct journal_back *r, size_t at, const char *why)
{
	diag("%s: byte %jd: %s", r->name, (intmax_t)r->in.at + (intmax_t)at + 1, why);
	r->status = EXIT_REJECTED;
}

bool
journal_back_next(struct journal_back *r)
{
	enum lines_status got;
	const char *why;
	size_t at;

	if (r->status == EXIT_IO)
		return false;
	while ((got = lines_back_next(&r->in)) == LINES_LINE || got == LINES_OVERSIZE) {
		if (got == LINES_OVERSIZE)
			reject(r, 0, "a line longer than 65536 bytes");
		else if (is_blank(r->in.line, r->in.len))
			continue;
		else if (execution_read(&r->at_hand, r->in.line, r->in.len, &why, &at))
			return true;
		else if (r->in.newline)
			reject(r, at, why);
	}
	if (got == LINES_ERROR) {
		diag("cannot read journal '%s': %s", r->name, strerror(errno));
		r->status = EXIT_IO;
	}
	return false;
}
