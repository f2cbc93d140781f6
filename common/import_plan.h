/*
 * import_plan - what becomes of each thing that was imported, by what is there already. For
 * config_import.
 */
#ifndef WB_IMPORT_PLAN_H
#define WB_IMPORT_PLAN_H

#include <sys/stat.h>

#include "config.h"
#include "imported.h"

/* A file that is to be there. */
struct import_file {
	const char *name, *path; /* in the directory; and all of it */
	struct text text;        /* p NULL: it is not to be there */
	bool exists, is_same;
	struct stat was;
};

enum import_fate { IMPORT_WRITTEN, IMPORT_UNCHANGED, IMPORT_LEFT };

struct import_plan {
	struct imported_item *item;
	struct import_file json, original; /* NAME.json, NAME.wandb */
	enum import_fate fate;
	const char *obstacle; /* why it is left; else NULL */
};

/* What is there. */
struct import_place {
	const char *dir; /* where files go */
	const struct config *config;
	bool replaces; /* what is there may be written over */
};

/**
 * import_plan_make(plan, in, place):
 * Fill in the plan for plan->item; those of the webhooks must be made before. Returns 0, or -1 with
 * errno set when plan->json.path cannot be read. Whether memory ran out is to be asked of ${in}.
 */
int import_plan_make(struct import_plan *plan, struct imported *in,
	const struct import_place *place);

#endif
