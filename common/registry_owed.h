/*
 * registry_owed - events that were told without their entry in a history, which may show it later.
 * Pure.
 *
 * An entry that is dated behind the telling is of another event. What is owed is kept until its
 * entry shows, or until none can be news any more.
 */
#ifndef WB_REGISTRY_OWED_H
#define WB_REGISTRY_OWED_H

#include "registry_case.h"

#define REGISTRY_OWED_SKEW_MS 2000 /* by which the server's clock may be ahead of this one */
#define REGISTRY_OWED_DAY_MS (24 * 3600 * 1000) /* no history that can be read lags so long */
#define REGISTRY_OWED_MAX 1000 /* of a collection, while its histories cannot be read */

/**
 * registry_owe(k, type, artifact, alias, linked_ms):
 * An event was told whose entry a history may show later.
 */
void registry_owe(struct registry_case *k, int type, const struct text *artifact,
	const struct text *alias, int64_t linked_ms);

/**
 * registry_owed_may_be(owed, act):
 * Whether ${act} may be the entry of ${owed}, by its time.
 */
bool registry_owed_may_be(const struct registry_owed *owed, const struct registry_action *act);

/**
 * registry_owed_settle(k, act):
 * Whether ${act}, of the history of aliases, says what was told without it. Each that is owed
 * counts once.
 */
bool registry_owed_settle(struct registry_case *k, const struct registry_action *act);

/**
 * registry_owed_keep(k):
 * After all else: keep what is owed still, as long as a history may show it.
 */
void registry_owed_keep(struct registry_case *k);

#endif
