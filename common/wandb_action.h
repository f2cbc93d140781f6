/*
 * wandb_action - entries of a collection's histories in answers of W&B's API. Pure.
 */
#ifndef WB_WANDB_ACTION_H
#define WB_WANDB_ACTION_H

#include "wandb_collection.h"

/**
 * wandb_read_link(a, wc), wandb_read_alias_action(a, wc):
 * Read an entry of the history of links or of aliases into that of ${wc}->c, a struct
 * wandb_collection.
 */
bool wandb_read_link(struct answer *a, void *wc);
bool wandb_read_alias_action(struct answer *a, void *wc);

#endif
