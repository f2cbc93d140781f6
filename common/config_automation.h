/*
 * config_automation - how an automation is written: wb-automations(5), AUTOMATIONS.
 */
#ifndef WB_CONFIG_AUTOMATION_H
#define WB_CONFIG_AUTOMATION_H

#include "config_file.h"

/**
 * config_automation_read(r, automation, regexes, payload_file):
 * Read the object that comes next into ${automation}; the webhook that it names is looked up later.
 * Errors are reported. *${payload_file} gets the file that the payload stands in, to be kept and
 * freed by the caller, or NULL.
 */
void config_automation_read(struct config_reader *r, struct config_automation *automation,
	struct regexes *regexes, struct config_file **payload_file);

#endif
