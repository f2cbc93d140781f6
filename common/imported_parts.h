/*
 * imported_parts - what an imported automation is made of: its conditions and its action. For
 * imported.c only.
 */
#ifndef WB_IMPORTED_PARTS_H
#define WB_IMPORTED_PARTS_H

#include "imported.h"

#define IMPORTED_NOTHING "{\"type\":\"none\"}" /* an action */

/**
 * imported_conditions(out, item, trigger):
 * Make item->on. What cannot be carried over is a reason; then it holds for no event, so that
 * somebody who enables the automation does not set it off more often than W&B did.
 */
void imported_conditions(struct imported *out, struct imported_item *item,
	const struct wandb_trigger *trigger);

/**
 * imported_action(out, item, trigger):
 * Make item->action, for item->webhook where it has one; the same with reasons: then it does
 * nothing.
 */
void imported_action(struct imported *out, struct imported_item *item,
	const struct wandb_trigger *trigger);

/**
 * imported_job(out, item, trigger):
 * The same for an action that puts a job on a queue.
 */
void imported_job(struct imported *out, struct imported_item *item,
	const struct wandb_trigger *trigger);

#endif
