/*
 * json_run - how far a JSON string goes on without a byte that needs a closer look.
 *
 * This loop sees most of the bytes of most lines. Two versions, sixteen bytes at a time with SSE2
 * and eight at a time in plain C; tests/unit/json.c holds them to the same answers.
 */
#ifndef WB_JSON_RUN_H
#define WB_JSON_RUN_H

#include <stdint.h>
#include <string.h>

/*
 * A byte that ends a run: a quote, a backslash, a control character, or the start of
 * a multi-byte sequence.
 */
static inline int
json_run_ends(unsigned char c)
{
	return c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
}

/**
 * json_run_swar(p, end):
 * The first byte at or after ${p} that ends a run, or ${end}. Reads nothing at or after ${end}.
 */
static inline const char *
json_run_swar(const char *p, const char *end)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;

	for (; end - p >= 8; p += 8) {
		uint64_t w, quote, slash;

		memcpy(&w, p, 8);
		quote = w ^ (ones * '"');
		slash = w ^ (ones * '\\');
		/*
		 * A borrow can mark a byte above the one that really ends the run, never hide one.
		 */
		if ((((quote - ones) | (slash - ones) | (w - ones * 0x20)) & ~w & high) |
			(w & high))
			break;
	}
	while (p < end && !json_run_ends((unsigned char)*p))
		p++;
	return p;
}

#if defined(__SSE2__) && !defined(WB_PORTABLE)
#include <emmintrin.h>

/**
 * json_run_sse2(p, end):
 * The same.
 */
static inline const char *
json_run_sse2(const char *p, const char *end)
{
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
		      control = _mm_set1_epi8(0x1f);

	for (; end - p >= 16; p += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, slash));
		int mask;

		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(x, control), x));
		mask = _mm_movemask_epi8(_mm_or_si128(hit, x)); /* the sign bit of x: not ASCII */
		if (mask != 0)
			return p + __builtin_ctz((unsigned)mask);
	}
	return json_run_swar(p, end);
}
#define json_run json_run_sse2
#else
#define json_run json_run_swar
#endif

#endif
