/*
 * registry_history - which entries of a collection's histories are news. Pure.
 *
 * What a server dates alike it may show in any order, and what it dates earlier it may show later,
 * so a time alone does not say what was seen: within REGISTRY_WINDOW_MS before the newest entry
 * every one is remembered.
 */
#ifndef WB_REGISTRY_HISTORY_H
#define WB_REGISTRY_HISTORY_H

#include "registry.h"

#define REGISTRY_WINDOW_MS (2 * 60 * 1000)
#define REGISTRY_PATIENCE_MS (24 * 3600 * 1000) /* for an entry that cannot be told yet */

/**
 * registry_history_reads_on(old, wants_all, now_ms, v, n, from):
 * Whether the page that ended what was read of a history, ${n} entries at ${v}, newest first, those
 * from ${from} on of that page, is not the last one that is needed, if there are more. ${old}: as
 * the state has it, or NULL. ${wants_all}: all of it is news. As long as its newest entry is young
 * at ${now_ms}, others may still show behind it, on pages that had no news.
 */
bool registry_history_reads_on(const struct registry_history *old, bool wants_all, int64_t now_ms,
	const struct registry_action *v, size_t n, size_t from);

/**
 * registry_history_is_shifted(h):
 * Whether two pages of what was read have an entry that looks the same: pages that move show one
 * twice. The entries are in no order afterwards.
 */
bool registry_history_is_shifted(struct registry_history *h);

/**
 * registry_history_unique(h):
 * Keep each key once, where keys are made of ids.
 */
void registry_history_unique(struct registry_history *h);

/**
 * registry_news(h, old):
 * Sort the entries that were read, by time, and mark those that ${old} (or NULL) has not seen.
 */
void registry_news(struct registry_history *h, const struct registry_history *old);

/**
 * registry_history_let_go(h, before_ms):
 * Entries before ${before_ms} that are still marked as new are not, as nobody is to be told.
 */
void registry_history_let_go(struct registry_history *h, int64_t before_ms);

/**
 * registry_history_keep(r, h, old):
 * Make what was read of ${h}, entries that are not new any more included, and what ${old} knew
 * into what the state knows. Entries still marked as new have not been told and stay news.
 */
void registry_history_keep(struct registry *r, struct registry_history *h,
	const struct registry_history *old);

/**
 * registry_history_expect(h, from_ms):
 * Of ${h}, which was never read, all that is not before ${from_ms} is news.
 */
void registry_history_expect(struct registry_history *h, int64_t from_ms);

#endif
