#include "timers.h"

#include <stdlib.h>

void
timers_init(struct timers *t)
{
	*t = (struct timers){.heap = NULL};
}

void
timers_release(struct timers *t)
{
	free(t->heap);
	timers_init(t);
}

int
timers_reserve(struct timers *t, size_t n)
{
	size_t size = t->size;
	struct timer **heap;

	if (n <= size)
		return 0;
	while (size < n)
		size = size == 0 ? 64 : size * 2;
	if ((heap = realloc(t->heap, size * sizeof(struct timer *))) == NULL)
		return -1;
	t->heap = heap;
	t->size = size;
	return 0;
}

static void
put(struct timers *t, size_t place, struct timer *timer)
{
	t->heap[place - 1] = timer;
	timer->place = place;
}

/* Move what stands at ${place} to where it belongs. */
static void
settle(struct timers *t, size_t place)
{
	struct timer *timer = t->heap[place - 1];

	while (place > 1 && t->heap[place / 2 - 1]->at_ms > timer->at_ms) {
		put(t, place, t->heap[place / 2 - 1]);
		place /= 2;
	}
	for (size_t child; (child = place * 2) <= t->n; place = child) {
		child += child < t->n && t->heap[child]->at_ms < t->heap[child - 1]->at_ms;
		if (t->heap[child - 1]->at_ms >= timer->at_ms)
			break;
		put(t, place, t->heap[child - 1]);
	}
	put(t, place, timer);
}

void
timers_set(struct timers *t, struct timer *timer, int64_t at_ms)
{
	timer->at_ms = at_ms;
	if (timer->place == 0)
		put(t, ++t->n, timer);
	settle(t, timer->place);
}

void
timers_clear(struct timers *t, struct timer *timer)
{
	size_t place = timer->place;

	if (place == 0)
		return;
	timer->place = 0;
	if (place != t->n--) {
		put(t, place, t->heap[t->n]);
		settle(t, place);
	}
}

struct timer *
timers_first(const struct timers *t)
{
	return t->n > 0 ? t->heap[0] : NULL;
}
