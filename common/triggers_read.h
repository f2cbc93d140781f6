/*
 * triggers_read - all saved automations and webhooks of an entity, a team or the one of an
 * organization, read from a server page by page. What the server's version does not have is done
 * without, and pages that are too much for it are asked for smaller.
 */
#ifndef WB_TRIGGERS_READ_H
#define WB_TRIGGERS_READ_H

#include "graphql.h"
#include "wandb_trigger.h"

/**
 * triggers_read(g, entity, out):
 * Read those of ${entity} into ${out}, whose lists are empty, each once. Returns 0, or -1 after a
 * message: then nothing in ${out} is to be used.
 */
int triggers_read(struct graphql *g, const char *entity, struct wandb_triggers *out);

#endif
