/*
 * quantiles - below which value which share of many values lies, in bounded memory. Pure.
 *
 * Values up to 63 are counted exactly, each greater one with those that have the same six leading
 * bits: what is told is off by at most 1/64 of it. [The idea: Gil Tene, HdrHistogram]
 */
#ifndef WB_QUANTILES_H
#define WB_QUANTILES_H

#include <stdint.h>

#define QUANTILES_BITS 5   /* that follow the leading one */
#define QUANTILES_WIDTH 32 /* bits of a value; greater ones count as the greatest */
#define QUANTILES_CELLS ((QUANTILES_WIDTH - QUANTILES_BITS + 1) << QUANTILES_BITS)

struct quantiles {
	uint64_t n, min, max; /* of the values; the last two are exact */
	uint64_t cell[QUANTILES_CELLS];
};

/**
 * quantiles_add(q, value):
 * Count ${value}. ${q} was zeroed at first.
 */
void quantiles_add(struct quantiles *q, uint64_t value);

/**
 * quantiles_at(q, percent):
 * The least value that at least ${percent} of 100 of the values do not exceed: 50 is the median,
 * 100 the greatest one. 0 if there is none.
 */
uint64_t quantiles_at(const struct quantiles *q, unsigned percent);

#endif
