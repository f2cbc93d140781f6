/*
 * registry_kind - which entries of the history of links are of links, and which of unlinks, where
 * some do not say their artifact. Pure.
 *
 * Two things leave it out: a server that does so of every unlink, and an entry whose artifact was
 * deleted since, whatever it is of. Both look alike; so what an entry is follows from the word that
 * the server has for it. Which words there are nobody documents: one is known to be that of links
 * if it stands at a link that a membership shows, too. Words say nothing if all are alike, or if
 * all of them are those of links.
 */
#ifndef WB_REGISTRY_KIND_H
#define WB_REGISTRY_KIND_H

#include "registry_story.h"

/**
 * registry_kind_learn(k):
 * Find out which words are those of links. To be called once the news are known.
 */
void registry_kind_learn(struct registry_case *k);

/**
 * registry_kind_may_be_unlink(k, act):
 * Whether ${act}, which says no artifact, is news and may be an unlink.
 */
bool registry_kind_may_be_unlink(const struct registry_case *k, const struct registry_action *act);

/**
 * registry_kind_all_links(k, s, n, nameless):
 * Whether the entries of ${s} are all links, since the unlinks between the first ${n} of them are
 * among ${nameless} entries that do not say their artifact. Else they take turns.
 */
bool registry_kind_all_links(const struct registry_case *k, const struct registry_story *s,
	size_t n, size_t nameless);

#endif
