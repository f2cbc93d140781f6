#include "nearest.h"

#include <string.h>

/* Edits that turn one word into the other: insertion, deletion, replacement. Words are short. */
static size_t
distance(const char *a, size_t alen, const char *b)
{
	size_t row[64], blen = strlen(b);

	if (alen > 60 || blen > 60)
		return 100;
	for (size_t j = 0; j <= blen; j++)
		row[j] = j;
	for (size_t i = 1; i <= alen; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= blen; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[blen];
}

const char *
nearest_name(const char *word, size_t len, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t least = len / 3 + 2;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, len, names[i]);

		/* A prefix that somebody did not finish is near, however long the rest. */
		if (len >= 3 && strncmp(names[i], word, len) == 0)
			d = 1;
		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	return best;
}
