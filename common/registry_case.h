/*
 * registry_case - a collection under comparison: what registry_links and registry_aliases need to
 * know of before and after.
 */
#ifndef WB_REGISTRY_CASE_H
#define WB_REGISTRY_CASE_H

#include "registry.h"
#include "registry_change.h"

#define REGISTRY_LINK_WORDS 8 /* that are told apart */

struct registry_case {
	struct registry *memory;
	struct registry_changes *changes;
	const struct registry_collection *old; /* NULL: not known before */
	struct registry_collection *fresh;
	/* members by artifact */
	const struct registry_member **before, **after;
	size_t nbefore, nafter;
	size_t links_from; /* where in changes they begin */
	bool *is_settled;  /* of each of old->owed, whether a history has shown it */
	int64_t told_ms;   /* now, but not before anything that was read */
	bool is_unexplained;
	uint64_t link_words[REGISTRY_LINK_WORDS]; /* see registry_kind */
	size_t nlink_words;
};

/**
 * registry_case_init(k, changes, old, fresh):
 * Returns whether there was memory for it.
 */
bool registry_case_init(struct registry_case *k, struct registry_changes *changes,
	const struct registry_collection *old, struct registry_collection *fresh);

/**
 * registry_case_before(k, artifact), registry_case_after(k, artifact):
 * Its place in the collection then and now, or NULL.
 */
const struct registry_member *registry_case_before(const struct registry_case *k,
	const struct text *artifact);
const struct registry_member *registry_case_after(const struct registry_case *k,
	const struct text *artifact);

/**
 * registry_case_index(k, artifact, alias, ms), registry_case_past_index(k, artifact, ms):
 * The number that the version had when ${alias} was put on it at that time; that it had then,
 * though it has left since, which only a history of aliases can tell.
 */
int64_t registry_case_index(const struct registry_case *k, const struct text *artifact,
	const struct text *alias, int64_t ms);
int64_t registry_case_past_index(const struct registry_case *k, const struct text *artifact,
	int64_t ms);

/**
 * registry_links(k), registry_aliases(k), registry_case_marks(k):
 * Tell of links and unlinks; of aliases; of tags, and count aliases and tags for the next time.
 */
void registry_links(struct registry_case *k);
void registry_aliases(struct registry_case *k);
void registry_case_marks(struct registry_case *k);

/**
 * registry_is_version_alias(name):
 * Whether it is one that every version has: v0, v1 and so on.
 */
bool registry_is_version_alias(const struct text *name);

#endif
