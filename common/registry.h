/*
 * registry - what is known of a registry at one moment: its collections, the versions linked to
 * them, their aliases and tags, and how far their histories have been told. A registry as it was
 * read from a server, and one as it stands in a state file, have the same shape; registry_diff
 * makes the second of the first.
 *
 * All memory is the registry's arena; texts are UTF-8, not NUL-terminated. Running out of memory
 * sticks: ${failed} is to be looked at once, at the end.
 */
#ifndef WB_REGISTRY_H
#define WB_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "names.h"

#define REGISTRY_NO_INDEX (-1)     /* of a version whose number is not known */
#define REGISTRY_NO_TIME INT64_MIN /* before all times */

/* Array ${v} of ${n} items, with room for ${size}. */
#define REGISTRY_LIST(type)                                                                        \
	struct {                                                                                   \
		type *v;                                                                           \
		size_t n, size;                                                                    \
	}

/*
 * An alias or tag. Changes that no server dates are told apart by how often it was put on: ${count}
 * times so far.
 */
struct registry_mark {
	struct text name;
	unsigned count;
	bool is_on; /* false: it was, ${count} times */
};

typedef REGISTRY_LIST(struct registry_mark) registry_marks;

/* A version's place in a collection: what ends when it is unlinked. */
struct registry_member {
	struct text id, artifact;
	int64_t index;
	int64_t linked_ms;
	unsigned ord; /* which of several links of the artifact within one tick of the clock */
	registry_marks aliases, tags; /* sorted by name */
};

/* An entry of one of a collection's two histories. Of links: no alias and no source. */
struct registry_action {
	uint64_t key;     /* the same for the same entry, whoever reads it */
	uint64_t old_key; /* as in states that has_old_keys is for */
	int64_t ms;
	unsigned page;  /* that it came with */
	uint64_t place; /* among those of one time, the earlier the smaller; a guess */
	uint64_t word;  /* of links: of the server's word for it; 0: none. Says but what is alike */
	struct text alias, source, target; /* artifacts; p is NULL where the server says null */
	struct text user;
	bool is_new; /* not told yet: registry_news says so */
};

/* An entry that was told: enough to know it again. */
struct registry_seen {
	uint64_t key;
	int64_t ms;
};

/*
 * A history: what was read of it, and which entries have been told. Those before ${floor_ms}
 * have, and among the others those whose keys are in ${seen}.
 */
struct registry_history {
	bool is_known;     /* floor and seen hold: it could be read some time */
	bool has_old_keys; /* seen has the keys of an older version */
	int64_t floor_ms, newest_ms;
	REGISTRY_LIST(struct registry_seen)
	seen;          /* sorted; one as often as there are such entries */
	bool is_read;  /* ${actions} are all that may be news */
	uint64_t news; /* the sum of the keys of what was news in it */
	REGISTRY_LIST(struct registry_action) actions;
};

/* An event that was told without its entry in a history, which may show it later. */
struct registry_owed {
	int type; /* of events */
	struct text artifact, alias;
	int64_t linked_ms;
	int64_t told_ms; /* when; REGISTRY_NO_TIME: not known */
};

/* A version's place that ended lately: another one of the same time has another number. */
struct registry_ended {
	struct text artifact;
	int64_t linked_ms;
	unsigned ord;
};

enum registry_history_kind { REGISTRY_LINKS, REGISTRY_ALIASES, REGISTRY_HISTORIES };

struct registry_collection {
	struct text id, name, entity, project;
	int64_t created_ms;
	int64_t gone_ms; /* since when it is not shown; REGISTRY_NO_TIME: it is */
	registry_marks tags;
	REGISTRY_LIST(struct registry_member) members; /* sorted by id */
	struct registry_history history[REGISTRY_HISTORIES];
	REGISTRY_LIST(struct registry_owed) owed;
	REGISTRY_LIST(struct registry_ended) ended;
	/* of what was read: */
	bool has_tags, has_version_tags; /* false: this server has none */
	bool is_torn;                    /* read in several requests, between which it may change */
	unsigned hidden;                 /* members that the server did not show */
};

struct registry {
	struct arena arena;
	struct names ids;
	REGISTRY_LIST(struct registry_collection *) collections;
	int64_t floor_ms; /* of collections that show later nothing older is told */
	int64_t read_ms;  /* when; REGISTRY_NO_TIME: not known */
	bool failed;
};

/**
 * registry_new(), registry_free(r):
 * An empty one; NULL when memory runs out.
 */
struct registry *registry_new(void);
void registry_free(struct registry *r);

/**
 * registry_grow(r, list):
 * Make room for one more item in ${list}, a REGISTRY_LIST, and count it. Returns a pointer to it,
 * zeroed, or NULL.
 */
#define registry_grow(r, list)                                                                     \
	registry_list_grow((r), (void **)&(list)->v, &(list)->n, &(list)->size, sizeof(*(list)->v))
void *registry_list_grow(struct registry *r, void **v, size_t *n, size_t *size, size_t item);

/**
 * registry_text(r, p, len):
 * A copy of ${len} bytes; p is never NULL.
 */
struct text registry_text(struct registry *r, const char *p, size_t len);

/**
 * registry_find(r, id):
 * The collection with this id, or NULL.
 */
struct registry_collection *registry_find(const struct registry *r, const struct text *id);

/**
 * registry_collection_new(r, id), registry_add(r, c):
 * A collection that is not in ${r} yet; put it there, in the place of one with the same id.
 */
struct registry_collection *registry_collection_new(struct registry *r, struct text id);
void registry_add(struct registry *r, struct registry_collection *c);

/**
 * registry_copy(r, c):
 * A copy of ${c}, of another registry, without what was only read; it is not added to ${r}.
 */
struct registry_collection *registry_copy(struct registry *r, const struct registry_collection *c);

/**
 * registry_sort(c):
 * Bring a collection that was read into order: members by id, each once (the one read last), and
 * marks by name, each once.
 */
void registry_sort(struct registry_collection *c);

/**
 * registry_same(a, b):
 * Whether two collections, sorted, hold the same members with the same marks on, and their
 * histories the same news.
 */
bool registry_same(const struct registry_collection *a, const struct registry_collection *b);

/**
 * registry_member(c, id):
 * The member with this id of a sorted collection, or NULL.
 */
const struct registry_member *registry_member(const struct registry_collection *c,
	const struct text *id);

/**
 * registry_mark(marks, name):
 * The mark with this name of sorted ${marks}, or NULL.
 */
const struct registry_mark *registry_mark(const registry_marks *marks, const struct text *name);

/* Versions by artifact, in whatever collection. */
struct registry_artifacts {
	struct names names;
	const struct registry_member **members; /* owned; by their numbers in names */
};

/**
 * registry_artifacts_init(a, r), registry_artifacts_release(a):
 * Those of ${r}, which may be NULL and must stay. Returns whether there was memory for it.
 */
bool registry_artifacts_init(struct registry_artifacts *a, const struct registry *r);
void registry_artifacts_release(struct registry_artifacts *a);

/**
 * registry_artifacts_find(a, artifact):
 * One of its places, or NULL.
 */
const struct registry_member *registry_artifacts_find(const struct registry_artifacts *a,
	const struct text *artifact);

/**
 * registry_key(parts, n):
 * The key of a history's entry: a digest of ${n} texts.
 */
uint64_t registry_key(const struct text *parts, size_t n);

#endif
