/*
 * match_record - what wb-match writes of an automation: wb-record(5), MATCH RECORDS. Pure.
 */
#ifndef WB_MATCH_RECORD_H
#define WB_MATCH_RECORD_H

#include "config.h"
#include "strbuf.h"

/**
 * match_record_end(sb, a, server):
 * Initialize ${sb} with what follows the event in a record of ${a}, newline included: its name and
 * action, with the webhook's definition, or, if a launch action does not say otherwise, the base
 * URL of the W&B ${server}.
 */
void match_record_end(struct strbuf *sb, const struct config_automation *a, const char *server);

#endif
