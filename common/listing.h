/*
 * listing - the automations of a configuration, as a table or as JSON lines.
 */
#ifndef WB_LISTING_H
#define WB_LISTING_H

#include <stdbool.h>

#include "config.h"
#include "output.h"

/**
 * listing_write(config, journal, json, out):
 * Write all automations of ${config}, and, by the file ${journal} if it is not NULL, when each was
 * last executed. Returns an exit status, after messages: see history_last.
 */
int listing_write(const struct config *config, const char *journal, bool json, struct output *out);

#endif
