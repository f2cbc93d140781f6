/* quantiles - exact where values are small, and off by at most 1/64 where they are not. */
#include "quantiles.h"
#include "unit.h"

static struct quantiles q;

static void
start(void)
{
	q = (struct quantiles){.n = 0};
}

static void
small(void)
{
	start();
	EXPECT(quantiles_at(&q, 50) == 0);
	for (unsigned i = 1; i <= 10; i++)
		quantiles_add(&q, i);
	EXPECT(quantiles_at(&q, 50) == 5 && quantiles_at(&q, 51) == 6);
	EXPECT(quantiles_at(&q, 95) == 10 && quantiles_at(&q, 100) == 10);
	EXPECT(quantiles_at(&q, 0) == 1 && quantiles_at(&q, 10) == 1 && quantiles_at(&q, 11) == 2);
	start();
	quantiles_add(&q, 123456789);
	EXPECT(quantiles_at(&q, 1) == 123456789 && quantiles_at(&q, 99) == 123456789);
	start();
	quantiles_add(&q, 0);
	quantiles_add(&q, UINT64_MAX);
	EXPECT(quantiles_at(&q, 50) == 0 && quantiles_at(&q, 100) == UINT64_MAX);
}

/* Of ${value} alone in the middle: what is told of it. */
static uint64_t
told(uint64_t value)
{
	start();
	quantiles_add(&q, 0);
	quantiles_add(&q, value);
	quantiles_add(&q, (uint64_t)1 << 40);
	return quantiles_at(&q, 50);
}

static void
error(void)
{
	for (uint64_t value = 0; value < 64; value++)
		EXPECT(told(value) == value);
	for (unsigned shift = 6; shift < QUANTILES_WIDTH; shift++) {
		const uint64_t power = (uint64_t)1 << shift;
		const uint64_t values[] = {power - 1, power, power + 1, power + power / 3,
			2 * power - 1};

		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			const uint64_t got = told(values[i]),
				       off = got > values[i] ? got - values[i] : values[i] - got;

			EXPECT(off * 64 <= values[i]);
		}
	}
	/* as it is, or as the greatest that is told apart */
	EXPECT(told((uint64_t)1 << 35) >> 26 == 63);
}

static void
ranks(void)
{
	/* shares of very many, where a product would not fit */
	start();
	quantiles_add(&q, 1);
	q.n = UINT64_MAX;
	q.cell[1] = UINT64_MAX / 2;
	q.cell[2] = UINT64_MAX - UINT64_MAX / 2;
	q.max = 2;
	EXPECT(quantiles_at(&q, 49) == 1 && quantiles_at(&q, 51) == 2);
}

int
main(void)
{
	RUN(small, "quantiles: values of which there are few, or none");
	RUN(error, "quantiles: what is told is off by at most 1/64");
	RUN(ranks, "quantiles: more values than could be multiplied");
	UNIT_DONE();
}
