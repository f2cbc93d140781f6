/*
 * columns, width - tables are aligned as a terminal shows them, and hold nothing that would move
 * it.
 */
#include "columns.h"
#include "guard.h"
#include "unit.h"
#include "width.h"

#include <unistd.h>

static void
widths(void)
{
	EXPECT(width_of('a') == 1 && width_of(0xe9) == 1 && width_of(0xad) == 1);
	EXPECT(width_of(0x301) == 0 && width_of(0x200b) == 0 && width_of(0x202e) == 0);
	EXPECT(width_of(0x300) == 0 && width_of(0x2ff) == 1 && width_of(0xfe0f) == 0);
	EXPECT(width_of(0x65e5) == 2 && width_of(0xac00) == 2 && width_of(0xff21) == 2);
	EXPECT(width_of(0x1f600) == 2 && width_of(0x2fffd) == 2 && width_of(0x1161) == 0);
	EXPECT(width_of(0xe01ef) == 0 && width_of(0xe01f0) == 1 && width_of(0x10ffff) == 1);
	EXPECT(width_of_text("", 0) == 0);
	EXPECT(width_of_text("a\xcc\x81\xe6\x97\xa5", 6) == 3);
	/* what is cut off or malformed counts a byte at a time, and nothing behind it is read */
	EXPECT(width_of_text(guard_copy("\xe6\x97", 2), 2) == 2);
	EXPECT(width_of_text(guard_copy("\xff\xc0\x80", 3), 3) == 3);
}

/* What is written of ${c}, a string until the next call. */
static const char *
written(struct columns *c)
{
	static char text[8192];
	struct output out;
	ssize_t n;
	int fds[2];

	EXPECT(pipe(fds) == 0);
	output_init(&out, fds[1], "pipe");
	EXPECT(columns_write(c, &out) == 0);
	EXPECT(output_close(&out) == 0);
	n = read(fds[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	return text;
}

static void
tables(void)
{
	struct columns c;

	columns_init(&c, 3);
	EXPECT_STR(written(&c), "");
	columns_adds(&c, "A");
	columns_adds(&c, "B");
	columns_adds(&c, "C");
	columns_adds(&c, "\xe6\x97\xa5\xe6\x97\xa5");
	columns_adds(&c, "");
	columns_adds(&c, "x");
	EXPECT(columns_rows(&c) == 2);
	columns_add(&c, "a\0\x1b\xff", 4);
	columns_adds(&c, "b");
	columns_adds(&c, "");
	columns_adds(&c, "");
	columns_adds(&c, "");
	columns_adds(&c, "");
	EXPECT_STR(written(&c), "A              B  C\n\xe6\x97\xa5\xe6\x97\xa5              x\n"
				"a\\x00\\x1b\\xff  b\n\n");
	EXPECT(columns_rows(&c) == 0);
	/* what comes later is aligned with what was written */
	columns_adds(&c, "1");
	columns_adds(&c, "2");
	columns_adds(&c, "3");
	EXPECT_STR(written(&c), "1              2  3\n");
	columns_release(&c);
}

static void
long_cells(void)
{
	static char text[4000];
	struct columns c;
	const char *got;

	memset(text, 'x', sizeof(text));
	columns_init(&c, 1);
	columns_add(&c, text, sizeof(text));
	got = written(&c);
	EXPECT(strlen(got) <= COLUMNS_CELL_MAX && strcmp(got + strlen(got) - 5, "x...\n") == 0);
	columns_release(&c);
}

/* A wide cell leaves the others where they are. */
static void
wide_cells(void)
{
	char wide[COLUMNS_WIDTH_MAX + 3] = "", want[4 * sizeof(wide)];
	struct columns c;

	memset(wide, 'x', sizeof(wide) - 1);
	columns_init(&c, 2);
	columns_adds(&c, wide);
	columns_adds(&c, "1");
	columns_adds(&c, "y");
	columns_adds(&c, "2");
	snprintf(want, sizeof(want), "%s  1\ny%*s2\n", wide, COLUMNS_WIDTH_MAX + 1, "");
	EXPECT_STR(written(&c), want);
	columns_release(&c);
}

int
main(void)
{
	RUN(widths, "widths of characters");
	RUN(tables, "cells are aligned and harmless");
	RUN(long_cells, "long cells are cut");
	RUN(wide_cells, "wide cells do not widen a table");
	UNIT_DONE();
}
