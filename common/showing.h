/*
 * showing - one automation, all there is to know of it: as it stands in its file, its webhook, and
 * what it does in words.
 */
#ifndef WB_SHOWING_H
#define WB_SHOWING_H

#include "config.h"
#include "output.h"

/**
 * showing_write(automation, out):
 * Write it, control characters shown as \xNN. ${automation} has no error. Returns 0, or -1 when
 * memory ran out.
 */
int showing_write(const struct config_automation *automation, struct output *out);

/**
 * showing_write_json(automation, out):
 * The same as a line of JSON, without the words: {"file":…,"line":…,"column":…,"automation":{…},
 * "webhook":{"name":…,"file":…,"line":…,"column":…,"definition":{…}}}, the last one null if there is
 * none.
 */
int showing_write_json(const struct config_automation *automation, struct output *out);

#endif
