/*
 * listing - the automations of a configuration, as a table or as JSON lines.
 */
#ifndef WB_LISTING_H
#define WB_LISTING_H

#include <stdbool.h>

#include "config.h"
#include "history.h"
#include "output.h"

/**
 * listing_write(config, last, json, out):
 * Write all automations of ${config}. ${last}, in their order, says when each was last executed;
 * NULL: not asked. Returns 0, or -1 when memory ran out.
 */
int listing_write(const struct config *config, const struct history_last *last, bool json,
	struct output *out);

#endif
