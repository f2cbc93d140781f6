/*
 * config_action - how an automation's action is written: wb-automations(5), ACTIONS.
 */
#ifndef WB_CONFIG_ACTION_H
#define WB_CONFIG_ACTION_H

#include "config_file.h"

/**
 * config_action_read(r, automation, payload_file):
 * Read the object that comes next into ${automation}. The file that a payload_file names is left in
 * *${payload_file}, NULL before, which then is the caller's. Errors are reported.
 */
void config_action_read(struct config_reader *r, struct config_automation *automation,
	struct config_file **payload_file);

#endif
