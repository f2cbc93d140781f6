#include "wandb_answer.h"

#include <stdlib.h>
#include <string.h>

#include "wandb_collection.h"
#include "wandb_text.h"

/* ---- collections ---- */

static bool
read_collection_node(struct answer *a, void *ctx)
{
	struct wandb_collections *out = ctx;
	struct wandb_collection wc = {.memory = out->memory}, *place;

	if (!wandb_read_collection(a, &wc))
		return false;
	if (wc.c != NULL && (place = registry_grow(out->memory, &out->list)) != NULL)
		*place = wc;
	return true;
}

static bool
read_collections(struct answer *a, void *ctx)
{
	struct wandb_collections *out = ctx;

	return wandb_read_connection(a, out->memory, &out->page, read_collection_node, out);
}

static bool
read_project_name(struct answer *a, void *ctx)
{
	struct wandb_collections *out = ctx;

	return wandb_read_name(a, out->memory, &out->project);
}

static bool
read_entity_name(struct answer *a, void *ctx)
{
	struct wandb_collections *out = ctx;

	return wandb_read_name(a, out->memory, &out->entity);
}

static bool
read_project(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"name", read_project_name, false},
		{"entityName", read_entity_name, false},
		{"artifactCollections", read_collections, true},
		{"artifactCollection", read_collection_node, true}, {NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_projects_data(struct answer *a, struct wandb_collections *out)
{
	static const struct answer_field fields[] = {{"project", read_project, false},
		{NULL, NULL, false}};

	if (!answer_object(a, fields, out) || !answer_end(a))
		return false;
	for (size_t i = 0; i < out->list.n; i++) {
		out->list.v[i].c->entity = out->entity;
		out->list.v[i].c->project = out->project;
	}
	return true;
}

bool
wandb_answer_collections(struct answer *a, struct wandb_collections *out)
{
	if (!read_projects_data(a, out))
		return false;
	return out->entity.p == NULL || out->page.is_there ||
	       answer_fail(a, "project.artifactCollections is missing");
}

bool
wandb_answer_collection(struct answer *a, struct wandb_collections *out)
{
	return read_projects_data(a, out);
}

/* ---- entities ---- */

static bool
read_entity(struct answer *a, void *ctx)
{
	bool *is_there = ctx;

	*is_there = !answer_is_null(a);
	return !*is_there || answer_object(a, &(struct answer_field){NULL, NULL, false}, NULL);
}

bool
wandb_answer_entity_is_there(struct answer *a, bool *is_there)
{
	static const struct answer_field fields[] = {{"entity", read_entity, false},
		{NULL, NULL, false}};

	return answer_object(a, fields, is_there) && answer_end(a);
}

/* ---- parts ---- */

/* The number behind the first letter of ${name}, below ${n}; or -1. */
static long
number_in(const struct json_span *name, size_t n)
{
	unsigned long number;
	char text[16], *end;

	if (name->len < 2 || name->len >= sizeof(text))
		return -1;
	memcpy(text, name->p, name->len);
	text[name->len] = '\0';
	number = strtoul(text + 1, &end, 10);
	return *end == '\0' && number < n ? (long)number : -1;
}

static bool
read_part(struct answer *a, const struct json_span *name, void *ctx)
{
	struct wandb_parts *out = ctx;
	const long i = number_in(name, out->n);

	return i < 0 ? answer_skip(a, NULL) : wandb_read_collection(a, &out->v[i]);
}

bool
wandb_answer_parts(struct answer *a, struct wandb_parts *out)
{
	return answer_members(a, read_part, out) && answer_end(a);
}

static bool
read_metadata(struct answer *a, void *ctx)
{
	struct json_span *out = ctx;
	const char *start = out->p;

	if (!answer_string_or_null(a, out))
		return false;
	if (out->type == JSON_NONE)
		out->p = start;
	return true;
}

static bool
read_metadata_of(struct answer *a, const struct json_span *name, void *ctx)
{
	static const struct answer_field fields[] = {{"metadata", read_metadata, false},
		{NULL, NULL, false}};
	struct wandb_metadata *out = ctx;
	const long i = number_in(name, out->n);

	if (i < 0)
		return answer_skip(a, NULL);
	out->v[i] = (struct json_span){.p = a->js.p, .type = JSON_NONE};
	return answer_is_null(a) || answer_object(a, fields, &out->v[i]);
}

bool
wandb_answer_metadata(struct answer *a, struct wandb_metadata *out)
{
	for (size_t i = 0; i < out->n; i++)
		out->v[i] = (struct json_span){.p = NULL, .type = JSON_NONE};
	if (!answer_members(a, read_metadata_of, out) || !answer_end(a))
		return false;
	for (size_t i = 0; i < out->n; i++)
		if (out->v[i].p == NULL)
			return answer_fail(a, "a%zu is missing", i);
	return true;
}

/* ---- registries ---- */

static bool
read_registry_name(struct answer *a, void *ctx)
{
	struct wandb_registries *out = ctx;
	struct text *name = registry_grow(out->memory, &out->names);

	return name != NULL ? wandb_read_name(a, out->memory, name)
			    : answer_fail(a, "out of memory");
}

static bool
read_registry(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"name", read_registry_name, false},
		{NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_registries(struct answer *a, void *ctx)
{
	struct wandb_registries *out = ctx;

	return answer_is_null(a) ||
	       wandb_read_connection(a, out->memory, &out->page, read_registry, out);
}

static bool
read_org_entity_name(struct answer *a, void *ctx)
{
	struct wandb_registries *out = ctx;

	return wandb_read_name(a, out->memory, &out->entity);
}

static bool
read_org_entity(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"name", read_org_entity_name, false},
		{"projects", read_registries, false}, {NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_organization(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"orgEntity", read_org_entity, false},
		{NULL, NULL, false}};

	if (answer_is_null(a))
		return true;
	((struct wandb_registries *)ctx)->has_organization = true;
	return answer_object(a, fields, ctx);
}

bool
wandb_answer_registries(struct answer *a, struct wandb_registries *out)
{
	static const struct answer_field fields[] = {{"organization", read_organization, false},
		{NULL, NULL, false}};

	return answer_object(a, fields, out) && answer_end(a);
}
