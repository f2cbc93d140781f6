/*
 * builtin_maps - the texts of maps/ and of map_prelude.jq, which the Makefile makes C of.
 */
#ifndef WB_BUILTIN_MAPS_H
#define WB_BUILTIN_MAPS_H

#include <stddef.h>

struct builtin_map {
	const char *name; /* of the file, without .jq; NULL ends the list */
	const unsigned char *text;
	size_t len;
};

extern const struct builtin_map builtin_maps[];
extern const struct builtin_map map_prelude; /* of no name, and without comments in one line */

#endif
