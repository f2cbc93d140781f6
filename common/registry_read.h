/*
 * registry_read - read a registry from a server, and find what has changed since the state.
 *
 * A page of collections comes with all that belongs to them; what does not fit into it is asked for
 * afterwards, many collections in one query. What a server does not have, or refuses, is left out,
 * and what is too much for it is asked for in smaller pieces. A collection whose parts do not fit
 * together, since something happened while it was read, is read again until they do.
 */
#ifndef WB_REGISTRY_READ_H
#define WB_REGISTRY_READ_H

#include <stdbool.h>

#include "graphql.h"
#include "registry.h"
#include "registry_change.h"

/* Which collections. */
struct registry_scope {
	struct text organization; /* all its registries; or */
	struct text entity, project;
	struct text collection; /* len 0: all of them */
};

/* What is said of a server once, however often it is polled. */
struct registry_said {
	bool histories[REGISTRY_HISTORIES], tags, version_tags;
};

/* What is read, and where. */
struct registry_source {
	struct graphql *graphql;
	const struct registry_scope *scope;
	int signal_fd;             /* readable: stop; or -1 */
	struct registry_said said; /* from one poll to the next; begins with nothing */
};

enum registry_result {
	REGISTRY_READ,
	REGISTRY_FAILED,     /* after a message */
	REGISTRY_FAILED_NOW, /* the same; later it may go well */
	REGISTRY_STOPPED     /* by a signal */
};

/* What came of it, all in changes->memory. */
struct registry_news {
	struct registry_changes *changes;
	struct text *metadata; /* of each change, JSON; p NULL: none */
	size_t collections, versions;
};

/**
 * registry_read(source, old, news, next):
 * Add to ${next}, which is empty, what the state is to know, and what has changed since ${old} to
 * ${news}. ${old} must stay as long as ${news}.
 */
enum registry_result registry_read(struct registry_source *source, const struct registry *old,
	struct registry_news *news, struct registry *next);

#endif
