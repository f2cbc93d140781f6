/*
 * config_import - what was imported, written into a directory of configuration: a file for each
 * automation and webhook, and what could not be carried over beside it, as it was. What is there
 * already is left alone unless it is to be replaced; all that is written changes in one go, and
 * only if it is good with all else.
 */
#ifndef WB_CONFIG_IMPORT_H
#define WB_CONFIG_IMPORT_H

#include "config.h"
#include "imported.h"
#include "output.h"

#define CONFIG_IMPORT_ORIGINAL ".wandb" /* what files of originals end in, in place of .json */

struct config_import {
	char *const *paths; /* of the configuration; the only directory is where files go */
	size_t npaths;
	bool replaces, dry_run;
	bool is_verbose;          /* reasons of what is unchanged are told, too */
	config_report_fn *report; /* is told of errors */
};

struct config_import_counts {
	size_t automations, webhooks;     /* written, or there already just so: */
	size_t added, changed, unchanged; /* how many of both */
	size_t disabled;                  /* of the automations: not as they were */
	size_t lost;                      /* of the webhooks: their originals only */
	size_t left;                      /* not written, since something else is there */
	size_t news; /* disabled or lost, and not known to be so from an import before */
};

/**
 * config_import(how, in, out, counts):
 * Write the paths of the files that were made to ${out}, or, for a dry run, what would be in them.
 * Reasons are told as messages. Returns EXIT_DONE, or another exit status after a message: then no
 * file was changed.
 */
int config_import(const struct config_import *how, struct imported *in, struct output *out,
	struct config_import_counts *counts);

#endif
