/*
 * registry_story - what is known of one artifact in a collection under comparison, and the links
 * and unlinks that are told of it.
 */
#ifndef WB_REGISTRY_STORY_H
#define WB_REGISTRY_STORY_H

#include "registry_case.h"

#define REGISTRY_SKEW_MS 1000 /* by which a membership and its action may be dated apart */
#define REGISTRY_LAG_MS (10 * 60 * 1000) /* so old is an entry before the next must show */

struct registry_story {
	struct text artifact;
	const struct registry_member *before, *after; /* NULL: not in the collection */
	struct registry_action **acts;                /* new entries, in order */
	size_t n;
	size_t link; /* the one that made ${after}; n: none of them */
	/* as far as it is told: */
	bool is_in, is_told; /* whether a link has been */
	int64_t linked_ms, index;
	unsigned ord;
	bool all_links; /* the entries are all links: unlinks do not say of what they are */
};

/**
 * registry_story_is_same(a, b):
 * Whether these two, which may be NULL, are one place in the collection.
 */
bool registry_story_is_same(const struct registry_member *a, const struct registry_member *b);

/**
 * registry_story_link(k, s, act, ms, index):
 * Tell that it was linked at ${ms}, as ${act} says, which may be NULL.
 */
void registry_story_link(struct registry_case *k, struct registry_story *s,
	const struct registry_action *act, int64_t ms, int64_t index);

/**
 * registry_story_unlink(k, s, act, until_ms):
 * Tell that it was unlinked. ${act} says it, or is NULL; then it is not dated, unless something
 * bounds it: ${until_ms}, or REGISTRY_NO_TIME.
 */
void registry_story_unlink(struct registry_case *k, struct registry_story *s,
	const struct registry_action *act, int64_t until_ms);

/**
 * registry_story_keep(k):
 * Keep what the state remembers of places that have ended, as long as it is needed.
 */
void registry_story_keep(struct registry_case *k);

/**
 * registry_story_settle(k, s):
 * Leave out the entries of what was told without them.
 */
void registry_story_settle(struct registry_case *k, struct registry_story *s);

#endif
