/*
 * registry_work - one collection on its way from the server into the state: which of its pages are
 * still to be read, and whether what came fits together. Pure.
 */
#ifndef WB_REGISTRY_WORK_H
#define WB_REGISTRY_WORK_H

#include <stdbool.h>

#include "registry.h"
#include "registry_change.h"
#include "wandb_answer.h"
#include "wandb_query.h"

#define REGISTRY_WORK_READS 6 /* beside the first, of a collection that changes all the time */

struct registry_work {
	struct text id;
	struct wandb_collection wc;
	const struct registry_collection *old, *previous; /* of the state; as read the last time */
	struct text asked[WANDB_CONNECTIONS]; /* the cursors that were asked with last */
	bool is_denied[WANDB_CONNECTIONS];
	unsigned reads;
};

enum registry_step {
	REGISTRY_WORK_PART, /* ${part} is to be read into wc */
	REGISTRY_WORK_DONE, /* the collection is what the state is to know */
	REGISTRY_WORK_LATE, /* it never held still; at a baseline it is taken as it was last */
	REGISTRY_WORK_WRONG /* ${wrong} says what the server does */
};

/**
 * registry_work_next(w, changes, features, part, wrong):
 * What is to be done after something was read. At REGISTRY_WORK_DONE ${changes} has all that has
 * changed in the collection.
 */
enum registry_step registry_work_next(struct registry_work *w, struct registry_changes *changes,
	const struct wandb_features *features, struct wandb_part *part, const char **wrong);

#endif
