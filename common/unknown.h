/*
 * unknown - a message about the name of an automation that there is not.
 */
#ifndef WB_UNKNOWN_H
#define WB_UNKNOWN_H

#include "config.h"

/**
 * unknown_say(config, name):
 * Say that no automation of ${config}, which may be NULL, is called ${name}, and which one was
 * probably meant.
 */
void unknown_say(const struct config *config, const char *name);

#endif
