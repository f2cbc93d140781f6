#include "columns.h"

#include <string.h>

#include "diag.h"
#include "width.h"

#define TEXT_MAX ((size_t)1024 * 1024 * 1024)

void
columns_init(struct columns *c, size_t n)
{
	*c = (struct columns){.n = n};
	strbuf_init(&c->text, TEXT_MAX);
}

void
columns_release(struct columns *c)
{
	strbuf_release(&c->text);
}

void
columns_add(struct columns *c, const char *text, size_t len)
{
	size_t *width = &c->width[c->ncells++ % c->n], here;
	char cell[COLUMNS_CELL_MAX];

	diag_scrub(cell, sizeof(cell), text, len);
	len = strlen(cell);
	if ((here = width_of_text(cell, len)) > *width)
		*width = here < COLUMNS_WIDTH_MAX ? here : COLUMNS_WIDTH_MAX;
	strbuf_add(&c->text, cell, len + 1);
}

void
columns_adds(struct columns *c, const char *text)
{
	columns_add(c, text, strlen(text));
}

size_t
columns_rows(const struct columns *c)
{
	return c->ncells / c->n;
}

static void
write_row(const struct columns *c, const char **cell, struct output *out)
{
	size_t missing = 0; /* columns of space, written when something follows them */

	for (size_t i = 0; i < c->n; i++) {
		const size_t len = strlen(*cell), here = width_of_text(*cell, len),
			     room = here < c->width[i] ? c->width[i] - here : 0;

		missing += c->right[i] ? room : 0;
		for (; len > 0 && missing > 0; missing--)
			output_addc(out, ' ');
		output_add(out, *cell, len);
		missing += 2 + (c->right[i] ? 0 : room);
		*cell += len + 1;
	}
	output_addc(out, '\n');
}

int
columns_write(struct columns *c, struct output *out)
{
	const bool failed = strbuf_failed(&c->text);
	const char *cell = c->text.buf;

	for (size_t rows = failed ? 0 : columns_rows(c); rows > 0; rows--)
		write_row(c, &cell, out);
	strbuf_reset(&c->text);
	c->ncells = 0;
	return failed ? -1 : 0;
}
