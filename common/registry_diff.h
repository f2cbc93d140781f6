/*
 * registry_diff - what has changed in a collection: from what the state knows, what the histories
 * say, and what is there now. Pure.
 *
 * What is there now is the truth; histories say when, by whom, and what happened in between.
 *
 * - A version's place in the collection is known by the artifact and the time of its link, which
 *   membership and history both have; an unlink, by the link that it ends. So the same change has
 *   the same id whichever of the two shows it, and whether or not its own time is known.
 * - An alias that was put on a version is known by the entry of the history; where there is none,
 *   by how often it was put on this version since the state began. Tags have no history at all:
 *   they are always known like that.
 * - What was told without its entry is owed: when a history shows the entry later, it is not told
 *   again. An entry that is dated behind the telling is another event.
 * - A history may be cut at its old end, lag behind, or be refused. Entries are told only if they
 *   lead to what is there now.
 *
 * Which kind of action an entry is, a link or an unlink, no server documents. It follows from
 * before and after: of one version they alternate, unless unlinks do not say of what they are
 * (registry_kind).
 */
#ifndef WB_REGISTRY_DIFF_H
#define WB_REGISTRY_DIFF_H

#include "registry.h"
#include "registry_change.h"

/**
 * registry_diff(changes, old, fresh):
 * Tell what has changed from ${old}, NULL for a collection that the state does not know, to
 * ${fresh}, which was read and sorted, and make ${fresh} what the state is to know. Returns whether
 * all is explained: if not, what was read does not fit together; a history may lag, or something
 * happened between two requests, and reading the collection once more may help. Then both
 * ${changes} and ${fresh} are to be dropped, or taken as the best that can be known.
 */
bool registry_diff(struct registry_changes *changes, const struct registry_collection *old,
	struct registry_collection *fresh);

#endif
