/*
 * wandb_query - the queries by which a registry is read from W&B's API: a collection's versions,
 * tags and two histories are connections, nested into a page of collections, or asked for one by
 * one by the collection's id. Pure but for the buffers.
 */
#ifndef WB_WANDB_QUERY_H
#define WB_WANDB_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "registry.h"
#include "strbuf.h"

/* A collection's connections. The first two have the numbers of the histories. */
enum wandb_connection { WANDB_LINKS, WANDB_ALIASES, WANDB_MEMBERS, WANDB_TAGS, WANDB_CONNECTIONS };

/* What this server's version of the API has; what it refuses is left out. */
struct wandb_features {
	bool has[WANDB_CONNECTIONS];        /* WANDB_MEMBERS always */
	bool has_order[REGISTRY_HISTORIES]; /* histories can be asked for newest first */
	bool has_version_tags;
	bool is_nested[REGISTRY_HISTORIES]; /* as part of a page of collections */
};

/* Items that a page is asked to have; what a server makes of that is its own matter. */
struct wandb_sizes {
	unsigned collections, items, batch;
};

/* One collection in a query for many: what of it, and from where on. */
struct wandb_part {
	struct text id;
	bool wants[WANDB_CONNECTIONS];
	struct text after[WANDB_CONNECTIONS]; /* a cursor; p is NULL: from the start */
	bool is_all;                          /* from the start: its name too */
};

/**
 * wandb_connection_name(connection):
 * The field's name.
 */
const char *wandb_connection_name(enum wandb_connection connection);

/**
 * wandb_query_entity(query):
 * Whether there is an entity: $entity.
 */
void wandb_query_entity(struct strbuf *query);

/**
 * wandb_query_registries(query):
 * All registries of an organization: $org, $filters, $after.
 */
void wandb_query_registries(struct strbuf *query);

/**
 * wandb_query_collections(query, features, sizes):
 * A page of the collections of a project with all that is nested into them: $entity, $project,
 * $after.
 */
void wandb_query_collections(struct strbuf *query, const struct wandb_features *features,
	const struct wandb_sizes *sizes);

/**
 * wandb_query_collection(query, features, sizes):
 * The same of one collection: $entity, $project, $name.
 */
void wandb_query_collection(struct strbuf *query, const struct wandb_features *features,
	const struct wandb_sizes *sizes);

/**
 * wandb_query_parts(query, variables, features, sizes, parts, n):
 * Collections by their ids; the i-th one's is called c<i> in the answer.
 */
void wandb_query_parts(struct strbuf *query, struct strbuf *variables,
	const struct wandb_features *features, const struct wandb_sizes *sizes,
	const struct wandb_part *parts, size_t n);

/**
 * wandb_query_metadata(query, variables, artifacts, n):
 * The metadata of artifacts; the i-th one's is called a<i>.
 */
void wandb_query_metadata(struct strbuf *query, struct strbuf *variables,
	const struct text *artifacts, size_t n);

/**
 * wandb_variable(variables, name, value):
 * Add a member to ${variables}, which starts empty; p NULL: null. wandb_variables_end closes it.
 */
void wandb_variable(struct strbuf *variables, const char *name, const struct text *value);
void wandb_variables_end(struct strbuf *variables);

#endif
