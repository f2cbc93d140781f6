/*
 * registry_metadata - the metadata of the versions that changes are of: asked for when it is
 * needed, since it is most of what a registry holds and may change at any time. It does no
 * I/O but for messages.
 */
#ifndef WB_REGISTRY_METADATA_H
#define WB_REGISTRY_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "names.h"
#include "registry.h"
#include "registry_change.h"
#include "registry_read.h"

struct registry_metadata {
	struct registry *memory;
	const struct registry_changes *changes; /* borrowed */
	struct names numbers;                   /* of artifacts */
	REGISTRY_LIST(struct text) artifacts;
	struct text *values; /* JSON objects without white space; p NULL: none */
	size_t batch;        /* to ask for in one query */
};

/**
 * registry_metadata_init(m, changes), registry_metadata_release(m):
 * Find out whose is needed. Returns whether there was memory for it.
 */
bool registry_metadata_init(struct registry_metadata *m, struct registry_changes *changes);
void registry_metadata_release(struct registry_metadata *m);

/**
 * registry_metadata_name(change, out):
 * What the version of ${change} is called, for messages: "acme/registry/fraud:v3", cut where it is
 * too long. Returns ${out}.
 */
#define REGISTRY_METADATA_NAME_MAX 512 /* bytes, NUL included */
const char *registry_metadata_name(const struct registry_change *change,
	char out[REGISTRY_METADATA_NAME_MAX]);

/**
 * registry_metadata_take(m, a, first, n):
 * Read the answer about ${n} artifacts from ${first} on. What is no JSON object is left out, with a
 * message, and so is what would be nested too deep in an event.
 */
bool registry_metadata_take(struct registry_metadata *m, struct answer *a, size_t first, size_t n);

/**
 * registry_metadata_finish(m, news):
 * Give each change what it has. Returns whether there was memory for it.
 */
bool registry_metadata_finish(struct registry_metadata *m, struct registry_news *news);

#endif
