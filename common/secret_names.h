/*
 * secret_names - the secrets that a configuration names.
 */
#ifndef WB_SECRET_NAMES_H
#define WB_SECRET_NAMES_H

#include "config.h"
#include "output.h"

/**
 * secret_names_write(config, out):
 * Write the names of all secrets that webhooks and launch actions of ${config} name, used or not,
 * each once, on a line of its own, in the order of the configuration. Returns 0, or -1 when memory
 * ran out.
 */
int secret_names_write(const struct config *config, struct output *out);

#endif
