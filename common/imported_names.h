/*
 * imported_names - names that are unique here, and the same at each import: of automations and
 * webhooks, of their files, and of secrets. Pure but for memory.
 */
#ifndef WB_IMPORTED_NAMES_H
#define WB_IMPORTED_NAMES_H

#include "imported.h"

/**
 * imported_name_all(out):
 * Give all items their names and those of their files. Where several are called the same, it is the
 * oldest one that keeps the name.
 */
void imported_name_all(struct imported *out);

/**
 * imported_name_secrets(out):
 * Give all secrets names that are ones here: their own, or, where that is none, one with a digest
 * of it, which depends on nothing else. A name that looks like one of the latter gets one, too.
 */
void imported_name_secrets(struct imported *out);

#endif
