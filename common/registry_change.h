/*
 * registry_change - what has changed in a registry, and the ids by which a change is known whoever
 * sees it. Pure.
 */
#ifndef WB_REGISTRY_CHANGE_H
#define WB_REGISTRY_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "registry.h"

#define REGISTRY_CHANGE_ID 33 /* bytes of an id, its NUL included */

/* Indexes of event types. */
enum {
	CHANGE_LINK = 0,
	CHANGE_ALIAS = 1,
	CHANGE_UNLINK = 3,
	CHANGE_TAG = 4,
	CHANGE_UNTAG = 5,
	CHANGE_COLLECTION_TAG = 6,
	CHANGE_COLLECTION_UNTAG = 7
};

struct registry_change {
	int type;
	bool is_dated;
	int64_t ms;                                   /* when; if not dated: when it was noticed */
	const struct registry_collection *collection; /* borrowed, as are the texts */
	struct text artifact;                         /* p is NULL: of the collection itself */
	int64_t index;
	struct text mark; /* the alias or tag */
	struct text user; /* p is NULL: not known */
	char id[REGISTRY_CHANGE_ID];
	/* order among those of one time: */
	uint64_t place; /* the earlier the smaller; a guess */
	bool is_ended;  /* of an alias: an unlink has taken it away from there */
	size_t seq;
};

/* What is told of a registry without a state. */
enum registry_first { REGISTRY_NOT_FIRST, REGISTRY_BASELINE, REGISTRY_SINCE, REGISTRY_ALL };

struct registry_changes {
	struct registry *memory;
	REGISTRY_LIST(struct registry_change) list;
	enum registry_first first;
	int64_t since_ms;  /* of collections that the state does not know nothing older is told */
	int64_t now_ms;    /* the time of what has none */
	int64_t before_ms; /* of the state; REGISTRY_NO_TIME: not known */
	bool with_latest;
	bool is_new;                            /* the collection at hand is one of these */
	const struct registry_artifacts *known; /* all versions of the state; NULL: none */
};

/* What makes one change different from others of its kind on the same artifact. */
struct registry_identity {
	const struct registry_collection *collection;
	int type;
	struct text artifact, mark;
	int64_t linked_ms; /* of the version's place in the collection; 0 where it is not needed */
	unsigned ord;
	uint64_t key;   /* of the entry in the history that says it, or 0 */
	int64_t at_ms;  /* when, where nothing else is known */
	unsigned count; /* how often it happened before */
};

/**
 * registry_change_id(identity, out):
 * The digest of all that.
 */
void registry_change_id(const struct registry_identity *identity, char out[REGISTRY_CHANGE_ID]);

/**
 * registry_tell(changes, change, linked_ms):
 * Add ${change}, unless nothing is told, or nothing so old. ${linked_ms}: since when the version is
 * in the collection, or the collection in the registry, which dates what has no time itself.
 */
void registry_tell(struct registry_changes *changes, const struct registry_change *change,
	int64_t linked_ms);

#endif
