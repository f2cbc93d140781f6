#include "wandb_query.h"

#include <stdio.h>

#include "json_text.h"

#define PAGE "pageInfo{endCursor hasNextPage}"

static const struct {
	const char *name, *node, *order;
} connections[WANDB_CONNECTIONS] = {
	[WANDB_LINKS] = {"artifactCollectionActions",
		"id actionType createdAt user{username} artifact{id}", "-created_at"},
	[WANDB_ALIASES] = {"aliasActionHistory",
		"actionType alias createdAt user{username} sourceArtifact{id} targetArtifact{id}",
		"-created_at"},
	[WANDB_MEMBERS] = {"artifactMemberships",
		"id versionIndex createdAt aliases{alias} artifact{id}", NULL},
	[WANDB_TAGS] = {"tags", "name", NULL},
};

/* With the tags of versions, which older servers do not have. */
static const char members_with_tags[] =
	"id versionIndex createdAt aliases{alias} artifact{id tags{name}}";

const char *
wandb_connection_name(enum wandb_connection connection)
{
	return connections[connection].name;
}

/* ${after}: the name of a variable, or NULL. */
static void
add_connection(struct strbuf *query, enum wandb_connection i, const struct wandb_features *features,
	unsigned items, const char *after)
{
	const char *node = connections[i].node;

	if (i == WANDB_MEMBERS && features->has_version_tags)
		node = members_with_tags;
	strbuf_printf(query, " %s(first:%u", connections[i].name, items);
	if (connections[i].order != NULL && features->has_order[i])
		strbuf_printf(query, " order:\"%s\"", connections[i].order);
	if (after != NULL)
		strbuf_printf(query, " after:$%s", after);
	strbuf_printf(query, "){" PAGE " edges{node{%s}}}", node);
}

/* All of a collection, as part of a page. */
static void
add_nested(struct strbuf *query, const struct wandb_features *features,
	const struct wandb_sizes *sizes)
{
	strbuf_lit(query, "id name createdAt state");
	for (int i = 0; i < WANDB_CONNECTIONS; i++)
		if (features->has[i] && (i >= REGISTRY_HISTORIES || features->is_nested[i]))
			add_connection(query, (enum wandb_connection)i, features,
				i == WANDB_LINKS || i == WANDB_ALIASES ? (sizes->items + 1) / 2
								       : sizes->items,
				NULL);
}

void
wandb_query_entity(struct strbuf *query)
{
	strbuf_lit(query, "query WbEntity($entity:String!){entity(name:$entity){name}}");
}

void
wandb_query_registries(struct strbuf *query)
{
	strbuf_lit(query, "query WbRegistries($org:String!,$filters:JSONString,$after:String){"
			  "organization(name:$org){orgEntity{name"
			  " projects(filters:$filters first:100 after:$after){" PAGE
			  " edges{node{name}}}}}}");
}

void
wandb_query_collections(struct strbuf *query, const struct wandb_features *features,
	const struct wandb_sizes *sizes)
{
	strbuf_printf(query,
		"query WbCollections($entity:String!,$project:String!,$after:String){"
		"project(entityName:$entity name:$project){name entityName"
		" artifactCollections(first:%u after:$after collectionTypes:[PORTFOLIO]){" PAGE
		" edges{node{",
		sizes->collections);
	add_nested(query, features, sizes);
	strbuf_lit(query, "}}}}}");
}

void
wandb_query_collection(struct strbuf *query, const struct wandb_features *features,
	const struct wandb_sizes *sizes)
{
	strbuf_lit(query, "query WbCollection($entity:String!,$project:String!,$name:String!){"
			  "project(entityName:$entity name:$project){name entityName"
			  " artifactCollection(name:$name){");
	add_nested(query, features, sizes);
	strbuf_lit(query, "}}}");
}

void
wandb_query_parts(struct strbuf *query, struct strbuf *variables,
	const struct wandb_features *features, const struct wandb_sizes *sizes,
	const struct wandb_part *parts, size_t n)
{
	char name[48];

	strbuf_lit(query, "query WbParts(");
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "i%zu", i);
		strbuf_printf(query, "%s$%s:ID!", i > 0 ? "," : "", name);
		wandb_variable(variables, name, &parts[i].id);
		for (int j = 0; j < WANDB_CONNECTIONS; j++) {
			if (parts[i].after[j].p == NULL)
				continue;
			snprintf(name, sizeof(name), "a%zu_%d", i, j);
			strbuf_printf(query, ",$%s:String", name);
			wandb_variable(variables, name, &parts[i].after[j]);
		}
	}
	strbuf_lit(query, "){");
	for (size_t i = 0; i < n; i++) {
		strbuf_printf(query, "%sc%zu:artifactCollection(id:$i%zu){id name createdAt state",
			i > 0 ? " " : "", i, i);
		for (int j = 0; j < WANDB_CONNECTIONS; j++) {
			const bool goes_on = parts[i].after[j].p != NULL;

			if (!parts[i].wants[j] || !features->has[j])
				continue;
			snprintf(name, sizeof(name), "a%zu_%d", i, j);
			add_connection(query, (enum wandb_connection)j, features,
				goes_on ? sizes->items * 2 : sizes->items, goes_on ? name : NULL);
		}
		strbuf_lit(query, "}");
	}
	strbuf_lit(query, "}");
	wandb_variables_end(variables);
}

void
wandb_query_metadata(struct strbuf *query, struct strbuf *variables, const struct text *artifacts,
	size_t n)
{
	char name[32];

	strbuf_lit(query, "query WbMetadata(");
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "i%zu", i);
		strbuf_printf(query, "%s$%s:ID!", i > 0 ? "," : "", name);
		wandb_variable(variables, name, &artifacts[i]);
	}
	strbuf_lit(query, "){");
	for (size_t i = 0; i < n; i++)
		strbuf_printf(query, "%sa%zu:artifact(id:$i%zu){metadata}", i > 0 ? " " : "", i, i);
	strbuf_lit(query, "}");
	wandb_variables_end(variables);
}

void
wandb_variable(struct strbuf *variables, const char *name, const struct text *value)
{
	strbuf_printf(variables, "%s\"%s\":", variables->len == 0 ? "{" : ",", name);
	if (value->p == NULL)
		strbuf_lit(variables, "null");
	else
		json_quote_bytes(variables, value->p, value->len);
}

void
wandb_variables_end(struct strbuf *variables)
{
	strbuf_adds(variables, variables->len == 0 ? "{}" : "}");
}
