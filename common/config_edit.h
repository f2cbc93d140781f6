/*
 * config_edit - one automation changed in its file: all other bytes of the file stay as they are,
 * and whoever reads it meanwhile sees it before or after.
 */
#ifndef WB_CONFIG_EDIT_H
#define WB_CONFIG_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/* Which automation, of which configuration. */
struct config_edit {
	char *const *paths;
	size_t npaths;
	const char *name;
	config_report_fn
		*report;    /* is told of errors that may be why there is no such automation */
	bool keeps_webhook; /* when deleting */
};

/**
 * config_edit_enable(edit, enabled):
 * Make it enabled or not. A file that says so already is left alone. Errors elsewhere keep nobody
 * from changing an automation. Returns an exit status, EXIT_USAGE or EXIT_IO after a message.
 */
int config_edit_enable(const struct config_edit *edit, bool enabled);

/**
 * config_edit_delete(edit, is_meant):
 * Take it out of its file, if ${is_meant}, which may be NULL, says so, and with it its webhook, if
 * that stands in the same file, no other automation uses it, nothing is unreadable that could, and
 * the file is not one of the paths itself: then others may be beside it. A file that holds nothing
 * else and is not one of the paths is removed. ${webhook}: what goes, too, or NULL.
 */
int config_edit_delete(const struct config_edit *edit,
	bool (*is_meant)(const struct config_automation *automation,
		const struct config_webhook *webhook));

#endif
