/*
 * config_webhook - how a webhook is written: wb-automations(5), WEBHOOKS.
 */
#ifndef WB_CONFIG_WEBHOOK_H
#define WB_CONFIG_WEBHOOK_H

#include "config_file.h"

/**
 * config_webhook_read(r, webhook):
 * Read the object that comes next into ${webhook}, whose name and place are set
 * already. Errors are reported.
 */
void config_webhook_read(struct config_reader *r, struct config_webhook *webhook);

#endif
