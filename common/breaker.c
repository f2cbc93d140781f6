#include "breaker.h"

bool
breaker_allows(struct breaker *b, int64_t now_ms)
{
	if (b->state == BREAKER_OPEN && now_ms >= b->until_ms) {
		b->state = BREAKER_PROBING;
		return true;
	}
	return b->state == BREAKER_CLOSED;
}

void
breaker_succeeded(struct breaker *b)
{
	*b = (struct breaker){.state = BREAKER_CLOSED};
}

void
breaker_failed(struct breaker *b, const struct breaker_policy *policy, bool is_probe,
	int64_t now_ms)
{
	if (b->failures < UINT32_MAX)
		b->failures++;
	if (b->state == BREAKER_OPEN || policy->failures == 0 ||
		(b->state == BREAKER_PROBING && !is_probe) ||
		(b->state == BREAKER_CLOSED && b->failures < policy->failures))
		return;
	if (b->state == BREAKER_CLOSED)
		b->since_ms = now_ms;
	b->state = BREAKER_OPEN;
	b->until_ms = now_ms + (int64_t)policy->wait_ms;
}

void
breaker_untried(struct breaker *b, bool is_probe, int64_t now_ms)
{
	if (b->state != BREAKER_PROBING || !is_probe)
		return;
	b->state = BREAKER_OPEN;
	b->until_ms = now_ms;
}
