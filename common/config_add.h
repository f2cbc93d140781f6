/*
 * config_add - a new automation, in a file of its own.
 */
#ifndef WB_CONFIG_ADD_H
#define WB_CONFIG_ADD_H

#include "config.h"
#include "new_automation.h"
#include "policy.h"

/**
 * config_add_directory(paths, npaths):
 * Where new files go: the only directory of ${paths}; NULL if there is none, or several.
 */
const char *config_add_directory(char *const *paths, size_t npaths);

/* What is made, and of which configuration it is to be a part. */
struct config_add {
	char *const *paths;
	size_t npaths;
	const char *file;            /* NULL: one of its name, in the only directory */
	const struct policy *policy; /* by which its URL is judged */
	config_report_fn *report;    /* is told of what does not go together, or is not meant */
};

/**
 * config_add(add, new, made):
 * Make the file, if it is good together with all else, will be read by the paths, and there is no
 * such file; append its path to ${made}. A directory that is the only path is made, too. Where
 * new->webhook is called like one that there is, or neither a URL nor a template is given, no
 * webhook is made. What config_check warns of in the file is told, and is no reason not to make it.
 * Returns an exit status, after messages.
 */
int config_add(const struct config_add *add, const struct new_automation *new, struct strbuf *made);

#endif
