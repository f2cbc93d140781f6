#include "quantiles.h"

#include <stddef.h>

/* Leading bits that are told apart, of a value that has more of them. */
#define LEADING (QUANTILES_BITS + 1)
#define EXACT ((uint64_t)1 << LEADING)

static unsigned
bits(uint64_t value)
{
	return 64 - (unsigned)__builtin_clzll(value);
}

/* The cell of ${value}: itself, or which bits follow, behind those of shorter values. */
static size_t
cell_of(uint64_t value)
{
	unsigned shift;

	if (value >> QUANTILES_WIDTH != 0)
		return QUANTILES_CELLS - 1;
	if (value < EXACT)
		return (size_t)value;
	shift = bits(value) - LEADING;
	return ((size_t)shift << QUANTILES_BITS) + (size_t)(value >> shift);
}

/* The middle of what is counted in ${cell}. */
static uint64_t
value_of(size_t cell)
{
	const unsigned shift = cell < EXACT ? 0 : (unsigned)(cell >> QUANTILES_BITS) - 1;
	const uint64_t leading = cell - ((uint64_t)shift << QUANTILES_BITS);

	return (leading << shift) + (((uint64_t)1 << shift) >> 1);
}

void
quantiles_add(struct quantiles *q, uint64_t value)
{
	if (q->n == 0 || value < q->min)
		q->min = value;
	if (value > q->max)
		q->max = value;
	q->n++;
	q->cell[cell_of(value)]++;
}

uint64_t
quantiles_at(const struct quantiles *q, unsigned percent)
{
	/* how many values are to be at or below; without overflow */
	const uint64_t wanted = q->n / 100 * percent + (q->n % 100 * percent + 99) / 100;
	uint64_t seen = 0, value;
	size_t i = 0;

	if (q->n == 0)
		return 0;
	if (wanted >= q->n)
		return q->max;
	while ((seen += q->cell[i]) < wanted || seen == 0)
		i++;
	value = value_of(i);
	return value < q->min ? q->min : value > q->max ? q->max : value;
}
